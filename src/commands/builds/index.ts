import * as Flags from '@oclif/core/flags';
import { ListCommand } from '../../lib/read-command.js';
import { buildColumns, buildRows } from '../../lib/ui/views/builds.js';
import type { BuildRow } from '../../lib/ui/views/builds.js';

export default class BuildsCommand extends ListCommand<typeof BuildsCommand, { builds: BuildRow[] }> {
  static override summary = 'List builds that have not ended.';
  static override examples = ['<%= config.bin %> builds', '<%= config.bin %> builds --abandoned'];
  static override flags = {
    running: Flags.boolean({
      description: 'only those of a master that may be alive',
      default: false,
      exclusive: ['abandoned'],
    }),
    abandoned: Flags.boolean({ description: 'only those that no living master will end', default: false }),
  };

  protected async look(): Promise<{ builds: BuildRow[] }> {
    const { running, abandoned } = this.flags;
    // Builds of masters that are gone, also under finished requests; the running ones have open requests.
    const rows = buildRows(await this.readCluster({ deep: !running }));
    const chosen = rows.filter(
      (row) => (!running || row.state === 'running') && (!abandoned || row.state === 'abandoned'),
    );
    return {
      builds: await this.list(chosen, buildColumns, abandoned ? 'No build is abandoned.' : 'No build is running.'),
    };
  }
}
