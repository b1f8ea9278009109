import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../lib/base-command.js';
import { clusterTemplate } from '../../lib/cluster-file/template.js';
import { printable, shellWord } from '../../lib/model/names.js';
import { createFile, replaceFile } from '../../lib/output-file.js';

export default class MasterInit extends BaseCommand<typeof MasterInit> {
  static override summary = "Write a commented cluster.yaml for a cluster of bbctl's own masters.";
  static override description = `It has one master, one local worker, one builder and one scheduler on an SQLite database; all else is in its comments. For a cluster that there is already, "bbctl inventory" writes what is registered.`;
  static override examples = [
    '<%= config.bin %> master init',
    '<%= config.bin %> master init /srv/bb/cluster.yaml --force',
  ];
  static override args = { file: Args.string({ description: 'where to write it', default: 'cluster.yaml' }) };
  static override flags = {
    force: Flags.boolean({ description: 'write over a file that is there', default: false }),
  };

  run(): Promise<{ file: string; next: string[] }> {
    const { file } = this.args;
    (this.flags.force ? replaceFile : createFile)(file, clusterTemplate);
    const config = `--config ${shellWord(file)}`;
    const next = ['master check', 'db init', 'master run --name blue'].map((command) => `bbctl ${command} ${config}`);
    this.log([`Wrote ${printable(file)}. Look through it, then:`, ...next.map((line) => `  ${line}`)].join('\n'));
    return Promise.resolve({ file, next });
  }
}
