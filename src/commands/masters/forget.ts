import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ChangeCommand, confirmFlag, forceFlag } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { forgetMaster } from '../../lib/operations/forget-master.js';

export default class MastersForget extends ChangeCommand<typeof MastersForget> {
  static override summary = 'Remove the row of a stopped master; its builds can become those of another one.';
  static override description = `Refused for a master that is not stopped, and for one that builds refer to, unless --reassign-to says whose they are to be. A master that starts again under its old name gets a new row.

It is certain that it will not come back only by a cluster.yaml that says "complete: true"; without one, --force and its name are needed.`;
  static override examples = [
    '<%= config.bin %> masters forget host1:/srv/bb/blue --config cluster.yaml',
    '<%= config.bin %> masters forget host1:/srv/bb/blue --reassign-to host2:/srv/bb/green --force',
  ];
  static override args = { master: Args.string({ description: 'its whole name, or its id', required: true }) };
  static override flags = {
    'reassign-to': Flags.string({
      description: 'another master, whose its builds are to be',
      helpGroup: 'CHANGE',
      helpValue: 'MASTER',
    }),
    ...confirmFlag,
    ...forceFlag,
  };

  async run(): Promise<Report<Step>> {
    return this.change(
      forgetMaster({
        master: this.args.master,
        reassignTo: this.flags['reassign-to'] ?? null,
        expireAfter: this.expireAfter,
        inventory: await this.inventory(),
        force: this.flags.force,
      }),
    );
  }
}
