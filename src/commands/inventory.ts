import * as Flags from '@oclif/core/flags';
import { clusterText, mergedText } from '../lib/cluster-draft.js';
import { ClusterCommand } from '../lib/command.js';
import { readDraft } from '../lib/inventory-draft.js';
import type { Draft } from '../lib/model/draft.js';
import { createFile, replaceFile } from '../lib/output-file.js';

export default class Inventory extends ClusterCommand<typeof Inventory> {
  static override summary = 'Write a cluster.yaml from what is registered, to be edited and completed.';
  static override description = `What a master configures, holds or is connected to now is listed. What is only left in the database is commented out, with who used it last: a stopped master's things look just like those that are left over for good, so a person decides. Then "complete: true" makes it certain what is left over.

With --basedir and --load-config, what that master's own configuration says is listed instead of what it has registered. Its master.cfg is run for it, by the Buildbot that is installed; of what is in it only names are read. For more masters, run it in each base directory with --merge.`;
  static override examples = [
    '<%= config.bin %> inventory --output cluster.yaml',
    '<%= config.bin %> inventory --basedir /srv/bb/blue --load-config --merge cluster.yaml --output cluster.yaml --force',
  ];
  static override flags = {
    output: Flags.string({ description: 'write there instead, whole or not at all', helpValue: 'FILE' }),
    merge: Flags.string({
      description: 'this cluster.yaml as it is, with what is not yet named in it',
      helpValue: 'FILE',
    }),
    force: Flags.boolean({ description: 'write over a file that is there', default: false }),
  };

  async run(): Promise<Draft> {
    const { output, merge, force } = this.flags;
    const database = await this.openDatabase();
    const draft = await readDraft(database, { expireAfter: this.expireAfter, loadFrom: this.loadFrom() });
    const text = merge === undefined ? await clusterText(draft) : await mergedText(merge, draft);
    if (output === undefined) process.stdout.write(this.jsonEnabled() ? '' : text);
    else (force ? replaceFile : createFile)(output, text);
    return draft;
  }

  /** The base directory whose configuration is to be loaded. */
  private loadFrom(): string | null {
    const { basedir, loadConfig } = this.settingsInput;
    return loadConfig ? (basedir ?? process.cwd()) : null;
  }
}
