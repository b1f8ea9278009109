import * as Args from '@oclif/core/args';
import { ReadCommand } from '../../lib/read-command.js';
import { findNamed } from '../../lib/model/find.js';
import { masterDetails, renderMaster } from '../../lib/ui/views/masters.js';
import type { MasterDetails } from '../../lib/ui/views/masters.js';

export default class MastersShow extends ReadCommand<typeof MastersShow, { masters: MasterDetails[] }> {
  static override summary = 'Show a master: its state and why, its services, builders, workers, builds and claims.';
  static override examples = ['<%= config.bin %> masters show host1:/srv/bb/blue'];
  static override args = { master: Args.string({ description: 'its whole name, or its id', required: true }) };

  protected async look(): Promise<{ masters: MasterDetails[] }> {
    const cluster = await this.readCluster();
    const masters = findNamed(cluster.masters, this.args.master, 'master').map((master) =>
      masterDetails(cluster, master),
    );
    for (const master of masters) this.log(renderMaster(master, cluster.now));
    return { masters };
  }
}
