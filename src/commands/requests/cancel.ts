import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ChangeCommand } from '../../lib/change-command.js';
import { Failure } from '../../lib/errors.js';
import type { Report, Step } from '../../lib/operation.js';
import { cancelRequests } from '../../lib/operations/cancel-requests.js';

export default class RequestsCancel extends ChangeCommand<typeof RequestsCancel> {
  static override summary = 'Complete requests as CANCELLED, and their buildsets when they were the last.';
  static override description = `Only requests that nobody builds. Refused for one that a running build waits for: that build would never hear of it.

Many are selected instead of named: all of a builder, or with --unservable those that nobody has claimed and whose builder no living master configures. What cannot be cancelled is left alone then.`;
  static override examples = [
    '<%= config.bin %> requests cancel 1732 1733',
    '<%= config.bin %> requests cancel --unservable --dry-run',
    '<%= config.bin %> requests cancel --builder old-tests',
  ];
  static override strict = false;
  static override args = { request: Args.string({ description: 'ids' }) };
  static override flags = {
    unservable: Flags.boolean({
      description: 'those that wait for a builder that no living master configures',
      default: false,
    }),
    builder: Flags.string({
      description: 'all that are open of this builder, or with --unservable of this one only; may be repeated',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
    }),
  };

  async run(): Promise<Report<Step>> {
    const { unservable, builder: builders = [] } = this.flags;
    const isSelected = unservable || builders.length > 0;
    if (isSelected === this.words.length > 0)
      throw new Failure('usage', 'Either ids or a selection must be given.', {
        try: 'Name requests by their ids; or use --unservable, --builder NAME, or both.',
      });
    return this.change(
      cancelRequests({
        requests: this.words,
        unservable,
        builders,
        inventory: await this.inventory(),
        expireAfter: this.expireAfter,
      }),
    );
  }
}
