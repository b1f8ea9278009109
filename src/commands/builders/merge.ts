import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ChangeCommand, wakeFlags } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { mergeBuilders } from '../../lib/operations/merge-builders.js';

export default class BuildersMerge extends ChangeCommand<typeof BuildersMerge> {
  static override summary = 'Give a builder the history of another one, which goes.';
  static override description = `For a builder that was renamed in master.cfg, so that there are two now: the old one with the history, and the new one, which masters may be using meanwhile. Builds, requests (also open ones), tags and test results of FROM become those of INTO.

Builds keep their numbers as far as each number is higher than the one before it, in the order in which the builds were started (by their ids); the others get the next one.`;
  static override examples = ['<%= config.bin %> builders merge linux linux-x86 --dry-run'];
  static override args = {
    from: Args.string({ description: 'whole name or id of the builder that goes', required: true }),
    into: Args.string({ description: 'whole name or id of the builder that stays', required: true }),
  };
  static override flags = {
    force: Flags.boolean({
      description:
        'also where it is not certain that nobody configures FROM, or where a running build gets another number',
      helpGroup: 'CHANGE',
      default: false,
    }),
    ...wakeFlags,
  };

  async run(): Promise<Report<Step>> {
    const { from, into } = this.args;
    const inventory = await this.inventory();
    return this.change(
      mergeBuilders({ from, into, expireAfter: this.expireAfter, inventory, force: this.flags.force }),
    );
  }
}
