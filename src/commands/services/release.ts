import * as Args from '@oclif/core/args';
import { ChangeCommand } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { releaseServices } from '../../lib/operations/release-services.js';

export default class ServicesRelease extends ChangeCommand<typeof ServicesRelease> {
  static override summary = 'Release the claims of schedulers and change sources that a dead master still holds.';
  static override description = `Without names: every stuck one. A claim of a master that may be running is never released: that master would go on running the service, and another one would run it too. Of an inactive master, which may be starting, a named service is looked at twice.`;
  static override examples = [
    '<%= config.bin %> services release --dry-run',
    '<%= config.bin %> services release nightly',
  ];
  static override strict = false;
  static override args = { service: Args.string({ description: 'whole names or ids; none means all that are stuck' }) };

  async run(): Promise<Report<Step>> {
    return this.change(releaseServices({ services: this.words, expireAfter: this.expireAfter }));
  }
}
