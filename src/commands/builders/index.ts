import * as Flags from '@oclif/core/flags';
import { ListCommand } from '../../lib/read-command.js';
import { readLastBuilds } from '../../lib/db/builder-lists.js';
import { snapshot } from '../../lib/db/snapshot.js';
import { isOrphanedBuilder } from '../../lib/model/builder.js';
import { builderColumns, builderRows, orphanColumns } from '../../lib/ui/views/builders.js';
import type { BuilderRow } from '../../lib/ui/views/builders.js';

export default class BuildersCommand extends ListCommand<typeof BuildersCommand, { builders: BuilderRow[] }> {
  static override summary = 'List builders, and which masters configure each.';
  static override description = `A builder that no master configures is likely left over from a rename or removal; but a stopped master's builders look just the same. --orphaned shows the master that built on it last, which may be the one it belongs to. With a cluster.yaml (--config) that names everything, a left-over one is told from one whose master is only missing.`;
  static override examples = ['<%= config.bin %> builders', '<%= config.bin %> builders --orphaned'];
  static override flags = {
    orphaned: Flags.boolean({ description: 'only those that no master configures', default: false }),
  };

  protected async look(): Promise<{ builders: BuilderRow[] }> {
    const database = await this.openDatabase();
    const inventory = await this.inventory();
    const rows = await database.read(async (tx) => {
      const cluster = await snapshot(tx, database.location.label, { expireAfter: this.expireAfter });
      const orphans = cluster.builders.filter(isOrphanedBuilder).map((builder) => builder.id);
      return builderRows(cluster, await readLastBuilds(tx, orphans), inventory);
    });
    const { orphaned } = this.flags;
    const chosen = orphaned ? rows.filter((row) => row.orphaned !== 'no') : rows;
    return {
      builders: await this.list(
        chosen,
        orphaned ? orphanColumns : builderColumns,
        orphaned ? 'Every builder is configured by a master.' : 'No builder was ever configured.',
      ),
    };
  }
}
