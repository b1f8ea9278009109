import * as Args from '@oclif/core/args';
import { drainFlags } from '../../lib/drain-command.js';
import { ShutDownCommand } from '../../lib/shut-down-command.js';

export default class MastersStop extends ShutDownCommand<typeof MastersStop> {
  static override summary = 'Stop masters at once, and watch until they have; Buildbot may lose running work.';
  static override description = `By its "control" in cluster.yaml (a master of bbctl's own also without). The running builds of bbctl's own masters end as RETRY and are built again. Those of a Buildbot master may end as CANCELLED with their requests complete, so that nobody builds them again: where it builds, its name must be typed. "masters drain" lets builds finish.`;
  static override examples = [
    '<%= config.bin %> masters stop blue --config cluster.yaml',
    '<%= config.bin %> masters stop blue --deadline 5m --on-deadline kill',
  ];
  static override strict = false;
  static override args = {
    master: Args.string({ description: 'whole names, ids, or keys of cluster.yaml', required: true }),
  };
  static override flags = { ...drainFlags };

  async run(): Promise<void> {
    return this.shutDown({ verb: 'stop', onDeadline: this.flags['on-deadline'], force: false });
  }
}
