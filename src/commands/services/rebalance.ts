import { ChangeCommand } from '../../lib/change-command.js';
import type { Report, Step } from '../../lib/operation.js';
import { rebalanceServices } from '../../lib/operations/move-services.js';

export default class ServicesRebalance extends ChangeCommand<typeof ServicesRebalance> {
  static override summary = "Let the masters of bbctl's own share all services evenly again.";
  static override description = `Takes back what "bbctl services move" has written. The masters share evenly by themselves: one that has two services more than another hands one over, at its next look.`;
  static override examples = ['<%= config.bin %> services rebalance'];

  async run(): Promise<Report<Step>> {
    return this.change(rebalanceServices());
  }
}
