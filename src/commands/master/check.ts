import path from 'node:path';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../lib/base-command.js';
import { checkClusterConfig } from '../../lib/cluster-file/check.js';
import { clusterFileOf, configFlag } from '../../lib/config-flag.js';
import { parseDatabaseUrl } from '../../lib/db/url.js';
import { listFlags } from '../../lib/list-flags.js';
import { printable } from '../../lib/model/names.js';
import { masterConfigColumns, masterConfigRows, shownConfig } from '../../lib/ui/views/cluster-config.js';

type Checked = ReturnType<typeof shownConfig> & { warnings: readonly string[] };

export default class MasterCheck extends BaseCommand<typeof MasterCheck> {
  static override summary = 'Check a cluster.yaml as a whole, and show what each master would run.';
  static override description = `All that is wrong is told at once, each with its path and line, and ends with status 2: a master would not take that file. What is allowed and probably not meant is a warning. Files with passwords and the token are looked at, as far as the masters read them; the database is not.`;
  static override examples = ['<%= config.bin %> master check', '<%= config.bin %> master check --name blue --json'];
  static override flags = {
    ...configFlag,
    name: Flags.string({ description: 'only this master, by its key in the file', helpValue: 'KEY' }),
    ...listFlags,
  };

  async run(): Promise<Checked> {
    const file = clusterFileOf(this.flags);
    const { config, masters, warnings } = await checkClusterConfig(file, this.flags.name);
    await this.list(masterConfigRows(config, masters), masterConfigColumns, 'There is no master.');
    for (const warning of warnings) if (!this.jsonEnabled()) process.stderr.write(`Warning: ${printable(warning)}\n`);
    const database =
      config.database && parseDatabaseUrl(config.database, path.dirname(path.resolve(config.file))).label;
    return { ...shownConfig(config, masters, database), warnings };
  }
}
