import * as Args from '@oclif/core/args';
import { ChangeCommand } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { completeChange } from '../../lib/operations/complete-change.js';
import { operationNamed } from '../../lib/operations/registry.js';

export default class JournalComplete extends ChangeCommand<typeof JournalComplete> {
  static override summary = 'Finish a change that was interrupted: the steps of it that were not written.';
  static override examples = ['<%= config.bin %> journal complete 12'];
  static override args = { change: Args.string({ description: 'its number', required: true }) };

  async run(): Promise<Report<Step>> {
    const entry = await this.findChange(this.args.change);
    return this.change(completeChange(entry, operationNamed(entry.operation)), { completes: entry.id });
  }
}
