import * as Args from '@oclif/core/args';
import { ChangeCommand, confirmFlag, forceFlag } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { forgetServices } from '../../lib/operations/forget-services.js';

export default class ServicesForget extends ChangeCommand<typeof ServicesForget> {
  static override summary = 'Remove schedulers and change sources that nobody runs any more, with the state they kept.';
  static override description = `Refused for a service that a master holds. Where masters live it is looked at twice, 5 minutes apart: by then each has taken what it configures. It is certain that nobody will configure it again only by a cluster.yaml that says "complete: true"; without one, --force and its name are needed.`;
  static override examples = [
    '<%= config.bin %> services forget nightly-old --config cluster.yaml',
    '<%= config.bin %> services forget nightly-old --force --dry-run',
  ];
  static override strict = false;
  static override args = { service: Args.string({ description: 'whole names or ids', required: true }) };
  static override flags = { ...confirmFlag, ...forceFlag };

  async run(): Promise<Report<Step>> {
    return this.change(
      forgetServices({
        services: this.words,
        expireAfter: this.expireAfter,
        inventory: await this.inventory(),
        force: this.flags.force,
      }),
    );
  }
}
