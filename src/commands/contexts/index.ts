import { BaseCommand } from '../../lib/base-command.js';
import { listFlags } from '../../lib/list-flags.js';
import { readContexts } from '../../lib/contexts.js';
import { parseDatabaseUrl } from '../../lib/db/url.js';
import { contextColumns, contextRows } from '../../lib/ui/views/contexts.js';
import type { ContextRow } from '../../lib/ui/views/contexts.js';

export default class ContextsCommand extends BaseCommand<typeof ContextsCommand> {
  static override summary = 'List the databases that have a name, and which is used when none is said.';
  static override examples = ['<%= config.bin %> contexts'];
  static override flags = listFlags;

  async run(): Promise<{ contexts: ContextRow[] }> {
    const all = await readContexts(this.config.configDir);
    const contexts = contextRows(all, (url) => parseDatabaseUrl(url).label);
    return {
      contexts: await this.list(
        contexts,
        contextColumns,
        'There is none. Make one with "bbctl contexts add NAME --db URL".',
      ),
    };
  }
}
