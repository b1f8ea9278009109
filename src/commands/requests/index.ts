import * as Flags from '@oclif/core/flags';
import { ListCommand } from '../../lib/read-command.js';
import { listRequests } from '../../lib/db/request-lists.js';
import { snapshot } from '../../lib/db/snapshot.js';
import { stuckRequests } from '../../lib/model/cluster.js';
import { thousands } from '../../lib/model/names.js';
import { requestColumns, requestRows } from '../../lib/ui/views/requests.js';
import type { RequestRow } from '../../lib/ui/views/requests.js';

export default class RequestsCommand extends ListCommand<typeof RequestsCommand, { requests: RequestRow[] }> {
  static override summary = 'List build requests that are not complete.';
  static override examples = [
    '<%= config.bin %> requests',
    '<%= config.bin %> requests --stuck',
    '<%= config.bin %> requests --pending --sort -age',
  ];
  static override flags = {
    pending: Flags.boolean({ description: 'only those that nobody has claimed', default: false, exclusive: ['stuck'] }),
    stuck: Flags.boolean({ description: 'only those claimed by a master that will never build them', default: false }),
    limit: Flags.integer({
      description: 'most requests to read, the oldest first',
      default: 10_000,
      min: 1,
      helpValue: 'NUMBER',
    }),
  };

  protected async look(): Promise<{ requests: RequestRow[] }> {
    const database = await this.openDatabase();
    const { pending, stuck } = this.flags;
    // What is filtered or sorted must be read whole: the limit would hide what is looked for.
    const limit = this.isSelective ? Number.MAX_SAFE_INTEGER : this.flags.limit;
    const rows = await database.read(async (tx) => {
      const cluster = await snapshot(tx, database.location.label, { expireAfter: this.expireAfter });
      return requestRows(
        cluster,
        stuck ? stuckRequests(cluster).slice(0, limit) : await listRequests(tx, { pending, limit }),
      );
    });
    const requests = await this.list(rows, requestColumns, stuck ? 'No request is stuck.' : 'No request is open.');
    if (rows.length === limit) this.note(`Only the first ${thousands(limit)} were read; --limit reads more.`);
    return { requests };
  }
}
