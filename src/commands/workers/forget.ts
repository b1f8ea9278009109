import * as Args from '@oclif/core/args';
import { ChangeCommand, confirmFlag, forceFlag } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { forgetWorkers } from '../../lib/operations/forget-workers.js';

export default class WorkersForget extends ChangeCommand<typeof WorkersForget> {
  static override summary = 'Remove workers that no master has any more.';
  static override description = `Refused for a worker that a master configures, is connected to, or builds with. Its builds stay, without the name of their worker. It is certain that nobody will configure it again only by a cluster.yaml that says "complete: true"; without one, --force and its name are needed.`;
  static override examples = [
    '<%= config.bin %> workers forget old-mac --config cluster.yaml',
    '<%= config.bin %> workers forget old-mac --force --dry-run',
  ];
  static override strict = false;
  static override args = { worker: Args.string({ description: 'whole names or ids', required: true }) };
  static override flags = { ...confirmFlag, ...forceFlag };

  async run(): Promise<Report<Step>> {
    return this.change(
      forgetWorkers({
        workers: this.words,
        expireAfter: this.expireAfter,
        inventory: await this.inventory(),
        force: this.flags.force,
      }),
    );
  }
}
