import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ChangeCommand, wakeFlags } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { expireMasters } from '../../lib/operations/expire-masters.js';

export default class MastersExpire extends ChangeCommand<typeof MastersExpire> {
  static override summary = 'Clean up after dead masters: their builds, request claims, services and registrations.';
  static override description = `Does what a surviving master's housekeeping does, and what it forgets: open builds, steps and logs end as RETRY, claims of open requests are released, connected workers, registrations and service claims are removed, and the master is marked inactive.

Without names: every dead master, and what unclean ones have left. An active master is never expired. One that is late, silent or starting must be named, and is looked at twice.`;
  static override examples = [
    '<%= config.bin %> masters expire --dry-run',
    '<%= config.bin %> masters expire host1:/srv/bb/blue',
    '<%= config.bin %> masters expire --yes --reason "power loss in rack 3"',
  ];
  static override strict = false;
  static override args = {
    master: Args.string({ description: 'whole names or ids; none means all that are dead or unclean' }),
  };
  static override flags = {
    force: Flags.boolean({
      description: 'also a late or silent one, if a second look a heartbeat later finds it unchanged',
      helpGroup: 'CHANGE',
      default: false,
    }),
    ...wakeFlags,
  };

  async run(): Promise<Report<Step>> {
    return this.change(expireMasters({ masters: this.words, expireAfter: this.expireAfter, force: this.flags.force }));
  }
}
