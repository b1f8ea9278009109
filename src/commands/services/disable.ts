import * as Args from '@oclif/core/args';
import { ChangeCommand } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { enableServices } from '../../lib/operations/enable-services.js';

export default class ServicesDisable extends ChangeCommand<typeof ServicesDisable> {
  static override summary = 'Switch schedulers off.';
  static override examples = ['<%= config.bin %> services disable nightly'];
  static override strict = false;
  static override args = { service: Args.string({ description: 'whole names or ids of schedulers', required: true }) };

  async run(): Promise<Report<Step>> {
    return this.change(enableServices({ services: this.words, enabled: false }));
  }
}
