import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { drainFlags } from '../../lib/drain-command.js';
import { ShutDownCommand } from '../../lib/shut-down-command.js';

export default class MastersDrain extends ShutDownCommand<typeof MastersDrain> {
  static override summary = 'Let masters finish their builds and stop, and watch until they have.';
  static override description = `Asks each master to shut down gracefully, by its "control" in cluster.yaml (a master of bbctl's own also without), and watches the database until it has stopped: builds left, how long they are likely to take, services held. What a command says of itself is not believed.

Ctrl-C ends the watching alone; the same command goes on with it. If the deadline comes first: "fail" (status 7, the drain goes on), "wait", "stop" (at once, by control.stop), "kill" (by control.kill; its process is seen to be gone, and it is expired).`;
  static override examples = [
    '<%= config.bin %> masters drain blue --config cluster.yaml',
    '<%= config.bin %> masters drain host1:/srv/bb/blue --deadline 2h --on-deadline stop',
    '<%= config.bin %> masters drain blue --cancel',
  ];
  static override strict = false;
  static override args = {
    master: Args.string({ description: 'whole names, ids, or keys of cluster.yaml', required: true }),
  };
  static override flags = {
    ...drainFlags,
    cancel: Flags.boolean({ description: "take the drain of a master of bbctl's own back", default: false }),
    force: Flags.boolean({
      description: 'also where a build waits for what a draining master would not start',
      helpGroup: 'CHANGE',
      default: false,
    }),
  };

  async run(): Promise<void> {
    if (this.flags.cancel) return this.cancelDrain();
    return this.shutDown({ verb: 'drain', onDeadline: this.flags['on-deadline'], force: this.flags.force });
  }
}
