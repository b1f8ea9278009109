import * as Flags from '@oclif/core/flags';
import { ListCommand } from '../../lib/read-command.js';
import { listRequests } from '../../lib/db/request-lists.js';
import type { Transaction } from '../../lib/db/connect.js';
import { snapshot } from '../../lib/db/snapshot.js';
import type { Cluster } from '../../lib/model/cluster.js';
import { stuckRequests } from '../../lib/model/cluster.js';
import { thousands } from '../../lib/model/names.js';
import { requestColumns, requestRows, unservableColumns } from '../../lib/ui/views/requests.js';
import type { RequestRow } from '../../lib/ui/views/requests.js';

export default class RequestsCommand extends ListCommand<typeof RequestsCommand, { requests: RequestRow[] }> {
  static override summary = 'List build requests that are not complete.';
  static override examples = [
    '<%= config.bin %> requests',
    '<%= config.bin %> requests --stuck',
    '<%= config.bin %> requests --pending --sort -age',
    '<%= config.bin %> requests --unservable',
  ];
  static override flags = {
    pending: Flags.boolean({ description: 'only those that nobody has claimed', default: false, exclusive: ['stuck'] }),
    unservable: Flags.boolean({
      description: 'only those that no living master can build now, and why',
      default: false,
      exclusive: ['stuck', 'pending'],
    }),
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
    const { pending, stuck, unservable } = this.flags;
    // What is filtered or sorted must be read whole: the limit would hide what is looked for.
    const limit = this.isSelective ? Number.MAX_SAFE_INTEGER : this.flags.limit;
    const rows = await database.read(async (tx) => {
      const cluster = await snapshot(tx, database.location.label, { expireAfter: this.expireAfter });
      if (stuck) return requestRows(cluster, stuckRequests(cluster).slice(0, limit));
      if (unservable) return (await unservableRows(tx, cluster)).slice(0, limit);
      return requestRows(cluster, await listRequests(tx, { pending, limit }));
    });
    const columns = unservable ? unservableColumns : requestColumns;
    const kind = stuck ? 'stuck' : unservable ? 'unservable' : 'open';
    const requests = await this.list(rows, columns, `No request is ${kind}.`);
    if (rows.length === limit) this.note(`Only the first ${thousands(limit)} were read; --limit reads more.`);
    return { requests };
  }
}

async function unservableRows(tx: Transaction, cluster: Cluster): Promise<RequestRow[]> {
  const pending = await listRequests(tx, { pending: true, limit: Number.MAX_SAFE_INTEGER });
  return requestRows(cluster, pending).filter((row) => row.unservable !== null);
}
