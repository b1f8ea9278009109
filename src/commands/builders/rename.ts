import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ChangeCommand } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { renameBuilderTo } from '../../lib/operations/rename-builder.js';

export default class BuildersRename extends ChangeCommand<typeof BuildersRename> {
  static override summary = 'Give a builder another name; its history stays with it.';
  static override description = `For a builder that is renamed in master.cfg: stop its masters, rename it here and there, start them. Refused while a master configures the old name, and where the new name exists already: a master that was started with it has made it, and "bbctl builders merge" joins the two.`;
  static override examples = ['<%= config.bin %> builders rename linux linux-x86'];
  static override args = {
    builder: Args.string({ description: 'its whole name or id', required: true }),
    name: Args.string({ description: 'the new name', required: true }),
  };
  static override flags = {
    force: Flags.boolean({
      description: 'also where it is not certain that nobody configures the old name',
      helpGroup: 'CHANGE',
      default: false,
    }),
  };

  async run(): Promise<Report<Step>> {
    const { builder, name } = this.args;
    const inventory = await this.inventory();
    return this.change(renameBuilderTo({ builder, name, expireAfter: this.expireAfter, inventory, force: this.flags.force })); // prettier-ignore
  }
}
