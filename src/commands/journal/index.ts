import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../lib/base-command.js';
import { listFlags } from '../../lib/list-flags.js';
import { readJournal } from '../../lib/journal.js';
import { resolveSettings, journalDirectory } from '../../lib/settings.js';
import { journalColumns, journalRow } from '../../lib/ui/views/journal.js';
import type { JournalRow } from '../../lib/ui/views/journal.js';

export default class JournalCommand extends BaseCommand<typeof JournalCommand> {
  static override summary = 'List what bbctl has changed, the newest first: what, when, by whom, why.';
  static override description = `Without a database: the changes of all of them. One that is "open" was interrupted: "undo" takes it back, "journal complete" finishes it.`;
  static override examples = ['<%= config.bin %> journal', '<%= config.bin %> journal --filter state=open'];
  static override flags = {
    db: Flags.string({ description: 'only changes of this database', helpValue: 'URL' }),
    context: Flags.string({ description: 'only changes of this named database, from its journal' }),
    ...listFlags,
  };

  async run(): Promise<{ changes: JournalRow[] }> {
    const { db, context } = this.flags;
    const input = { db, context, loadConfig: false, configDir: this.config.configDir };
    const label = db !== undefined || context !== undefined ? (await resolveSettings(input)).location.label : null;
    const entries = readJournal(await journalDirectory(input)).filter(
      (entry) => label === null || entry.database === label,
    );
    return { changes: await this.list(entries.map(journalRow), journalColumns, 'bbctl has changed nothing.') };
  }
}
