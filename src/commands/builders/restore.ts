import path from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ChangeCommand } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { restoreBuilder } from '../../lib/operations/restore-builder.js';

export default class BuildersRestore extends ChangeCommand<typeof BuildersRestore> {
  static override summary = 'Bring a builder and its history back from an archive.';
  static override description = `Reads what "builders forget --archive FILE" has written. Rows keep their ids where these are free, and get new ones where they are not. A master that made a part of the history and has no row any more comes back as stopped.

Interrupted, the same command goes on where it was. Masters that configure the builder need not be stopped.`;
  static override examples = [
    '<%= config.bin %> builders restore old-linux.jsonl.gz --dry-run',
    '<%= config.bin %> builders restore old-linux.jsonl.gz --as linux-2024',
  ];
  static override args = { file: Args.string({ description: 'the archive', required: true }) };
  static override flags = {
    as: Flags.string({ description: 'another name for it', helpGroup: 'CHANGE', helpValue: 'NAME' }),
  };

  async run(): Promise<Report<Step>> {
    return this.change(restoreBuilder({ file: path.resolve(this.args.file), as: this.flags.as ?? null }));
  }
}
