import * as Flags from '@oclif/core/flags';
import { ListCommand } from '../../lib/read-command.js';
import { workerColumns, workerRows } from '../../lib/ui/views/workers.js';
import type { WorkerRow } from '../../lib/ui/views/workers.js';

export default class WorkersCommand extends ListCommand<typeof WorkersCommand, { workers: WorkerRow[] }> {
  static override summary = 'List workers, and which masters each is connected to.';
  static override examples = ['<%= config.bin %> workers --connected', '<%= config.bin %> workers --orphaned'];
  static override flags = {
    orphaned: Flags.boolean({
      description: 'only those that no master configures and none is connected to',
      default: false,
      exclusive: ['connected'],
    }),
    connected: Flags.boolean({ description: 'only those that are said to be connected', default: false }),
  };

  protected async look(): Promise<{ workers: WorkerRow[] }> {
    const rows = workerRows(await this.readCluster(), await this.inventory());
    const { orphaned, connected } = this.flags;
    const chosen = rows.filter(
      (row) => (!orphaned || row.orphaned !== 'no') && (!connected || row.connectedTo.length > 0),
    );
    return { workers: await this.list(chosen, workerColumns, 'No such worker.') };
  }
}
