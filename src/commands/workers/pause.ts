import * as Args from '@oclif/core/args';
import { ChangeCommand } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { pauseWorkers } from '../../lib/operations/pause-workers.js';

export default class WorkersPause extends ChangeCommand<typeof WorkersPause> {
  static override summary = 'Pause workers: they take no new builds.';
  static override description = `Masters that run read it only when they start: bbctl says which do not know it yet, and how to tell them. The text of --reason is kept beside the worker, where Buildbot has a place for it (3.10).`;
  static override examples = ['<%= config.bin %> workers pause mac1 --reason "new disk"'];
  static override strict = false;
  static override args = { worker: Args.string({ description: 'whole names or ids', required: true }) };

  async run(): Promise<Report<Step>> {
    return this.change(
      pauseWorkers({
        workers: this.words,
        paused: true,
        reason: this.reason,
        expireAfter: this.expireAfter,
        inventory: await this.inventory(),
      }),
    );
  }
}
