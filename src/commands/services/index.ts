import { ListCommand } from '../../lib/read-command.js';
import { serviceColumnsFor, serviceRows } from '../../lib/ui/views/services.js';
import type { ServiceRow } from '../../lib/ui/views/services.js';

export default class ServicesCommand extends ListCommand<typeof ServicesCommand, { services: ServiceRow[] }> {
  static override summary = 'List schedulers and change sources, and which master holds each.';
  static override examples = ['<%= config.bin %> services', '<%= config.bin %> services --filter state=stuck'];

  protected async look(): Promise<{ services: ServiceRow[] }> {
    const cluster = await this.readCluster();
    const rows = serviceRows(cluster, await this.inventory());
    const empty = 'No scheduler or change source was ever configured.';
    return { services: await this.list(rows, serviceColumnsFor(rows), empty) };
  }
}
