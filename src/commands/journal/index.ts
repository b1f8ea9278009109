import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../lib/command.js';
import { readJournal } from '../../lib/journal.js';
import { resolveSettings, journalDirectory } from '../../lib/settings.js';
import { selectRows } from '../../lib/ui/list.js';
import { renderList } from '../../lib/ui/table.js';
import { journalColumns, journalRow } from '../../lib/ui/views/journal.js';
import type { JournalRow } from '../../lib/ui/views/journal.js';

export default class JournalCommand extends BaseCommand<typeof JournalCommand> {
  static override summary = 'List what bbctl has changed, the newest first: what, when, by whom, why.';
  static override description = `Without a database: the changes of all of them. One that is "open" was interrupted: "undo" takes it back, "journal complete" finishes it.`;
  static override examples = ['<%= config.bin %> journal', '<%= config.bin %> journal --filter state=open'];
  static override flags = {
    db: Flags.string({ description: 'only changes of this database', helpValue: 'URL' }),
    context: Flags.string({ description: 'only changes of this named database, from its journal' }),
    columns: Flags.string({ description: 'columns to show, separated by commas', helpGroup: 'OUTPUT' }),
    sort: Flags.string({ description: 'columns to sort by, "-" before one to turn it round', helpGroup: 'OUTPUT' }),
    filter: Flags.string({
      description: 'only rows with this, * stands for anything',
      helpGroup: 'OUTPUT',
      helpValue: 'COLUMN=TEXT',
      multiple: true,
      multipleNonGreedy: true,
    }),
  };

  async run(): Promise<{ changes: JournalRow[] }> {
    const { db, context } = this.flags;
    const input = { db, context, loadConfig: false, configDir: this.config.configDir };
    const label = db !== undefined || context !== undefined ? (await resolveSettings(input)).location.label : null;
    const entries = readJournal(await journalDirectory(input)).filter(
      (entry) => label === null || entry.database === label,
    );
    const changes = selectRows(entries.map(journalRow), journalColumns, this.flags);
    this.log(renderList(changes, journalColumns, this.flags, 'bbctl has changed nothing.'));
    return { changes };
  }
}
