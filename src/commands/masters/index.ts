import { ListCommand } from '../../lib/read-command.js';
import { masterColumnsFor, masterRow } from '../../lib/ui/views/masters.js';
import type { MasterRow } from '../../lib/ui/views/masters.js';

export default class MastersCommand extends ListCommand<typeof MastersCommand, { masters: MasterRow[] }> {
  static override summary = 'List the masters: which live, which are dead, and what each holds.';
  static override examples = ['<%= config.bin %> masters', '<%= config.bin %> masters --filter state=dead --json'];

  protected async look(): Promise<{ masters: MasterRow[] }> {
    const cluster = await this.readCluster();
    const rows = cluster.masters.map(masterRow);
    return { masters: await this.list(rows, masterColumnsFor(rows), 'No master has ever started.') };
  }
}
