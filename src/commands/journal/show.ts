import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../lib/base-command.js';
import { findEntry } from '../../lib/journal.js';
import type { Entry } from '../../lib/journal.js';
import { parseId } from '../../lib/model/find.js';
import { operationNamed } from '../../lib/operations/registry.js';
import { journalDirectory } from '../../lib/settings.js';
import { renderEntry } from '../../lib/ui/views/journal.js';

export default class JournalShow extends BaseCommand<typeof JournalShow> {
  static override summary = 'Show a change: its plan, what became of each step, the rows before and after.';
  static override examples = ['<%= config.bin %> journal show 12', '<%= config.bin %> journal show 12 --json'];
  static override args = { change: Args.string({ description: 'its number', required: true }) };
  static override flags = { context: Flags.string({ description: 'the journal of this named database' }) };

  async run(): Promise<Entry> {
    const directory = await journalDirectory({
      context: this.flags.context,
      loadConfig: false,
      configDir: this.config.configDir,
    });
    const entry = findEntry(directory, parseId(this.args.change, 'change'));
    this.log(renderEntry(entry, (step) => operationNamed(entry.operation).describe(step)));
    return entry;
  }
}
