import * as Args from '@oclif/core/args';
import { ChangeCommand } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { pauseWorkers } from '../../lib/operations/pause-workers.js';

export default class WorkersResume extends ChangeCommand<typeof WorkersResume> {
  static override summary = 'Let paused workers take builds again.';
  static override description = `Masters that run read it only when they start: bbctl says which do not know it yet, and how to tell them.`;
  static override examples = ['<%= config.bin %> workers resume mac1'];
  static override strict = false;
  static override args = { worker: Args.string({ description: 'whole names or ids', required: true }) };

  async run(): Promise<Report<Step>> {
    return this.change(
      pauseWorkers({
        workers: this.words,
        paused: false,
        reason: this.reason,
        expireAfter: this.expireAfter,
        inventory: await this.inventory(),
      }),
    );
  }
}
