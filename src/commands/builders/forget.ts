import path from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ChangeCommand, confirmFlag, forceFlag } from '../../lib/change-command.js';
import { durationFlag } from '../../lib/duration-flag.js';
import type { Report, Step } from '../../lib/operation.js';
import { forgetBuilders } from '../../lib/operations/forget-builders.js';

export default class BuildersForget extends ChangeCommand<typeof BuildersForget> {
  static override summary = 'Delete builders that no master configures, with their history.';
  static override description = `Builds, steps, logs, requests, and buildsets that nothing else is of, go with the builder. It cannot be taken back: --archive keeps it first, for "builders restore".

It is done in small batches that hold no lock for long, and waits when a master's heart gets late. Interrupted, the same command goes on where it was. A builder is left over for certain only by a cluster.yaml with "complete: true" (--config); else --force is needed, and its name must be typed.`;
  static override examples = [
    '<%= config.bin %> builders --orphaned',
    '<%= config.bin %> builders forget old-linux --dry-run',
    '<%= config.bin %> builders forget old-linux --config cluster.yaml --pause-between 200ms',
    '<%= config.bin %> builders forget old-linux --archive old-linux.jsonl.gz --force --confirm=old-linux',
  ];
  static override strict = false;
  static override args = { builder: Args.string({ description: 'whole names or ids', required: true }) };
  static override flags = {
    ...confirmFlag,
    ...forceFlag,
    archive: Flags.string({
      description: 'keep all of it in this file first, for "builders restore"',
      helpGroup: 'CHANGE',
      helpValue: 'FILE',
    }),
    'with-index': Flags.boolean({
      description: 'make the indexes first that PostgreSQL lacks for this, and drop them afterwards',
      helpGroup: 'CHANGE',
      default: false,
    }),
    'keep-index': Flags.boolean({
      description: 'the same, and keep them',
      helpGroup: 'CHANGE',
      default: false,
    }),
    'pause-between': durationFlag('wait so long between two batches', 0, '0s', 'CHANGE'),
  };

  async run(): Promise<Report<Step>> {
    const { force, 'pause-between': pause, archive: file, 'with-index': withIndex, 'keep-index': keep } = this.flags;
    const index = keep ? 'keep' : withIndex ? 'drop' : 'none';
    const archive = file === undefined ? null : { file: path.resolve(file), bbctl: this.config.version };
    const inventory = await this.inventory();
    const { words: builders, expireAfter } = this;
    return this.change(
      forgetBuilders({ builders, inventory, force, expireAfter, archive, index, pauseMs: pause * 1000 }),
    );
  }
}
