import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ChangeCommand, wakeFlags } from '../lib/change-command.js';
import type { Report, Step } from '../lib/operation.js';
import { operationNamed } from '../lib/operations/registry.js';
import { undoChange } from '../lib/operations/undo-change.js';

export default class Undo extends ChangeCommand<typeof Undo> {
  static override summary = 'Take back a change, row by row, as far as nobody has gone on from it.';
  static override description = `Refused where rows are not as the change left them: a master came back, a request was taken. All or nothing for each master or request. An undo is a change like any other: it has its own plan and journal entry, and can be undone.`;
  static override examples = ['<%= config.bin %> undo 12 --dry-run', '<%= config.bin %> undo 12'];
  static override args = { change: Args.string({ description: 'its number, see "bbctl journal"', required: true }) };
  static override flags = {
    force: Flags.boolean({
      description: 'leave out what has changed since, and take back the rest',
      helpGroup: 'CHANGE',
      default: false,
    }),
    ...wakeFlags,
  };

  async run(): Promise<Report<Step>> {
    const entry = await this.findChange(this.args.change);
    const { describe } = operationNamed(entry.operation);
    return this.change(
      undoChange(entry, (step) => describe(step), this.flags.force),
      { undoes: entry.id },
    );
  }
}
