import * as Args from '@oclif/core/args';
import { ReadCommand } from '../../lib/read-command.js';
import { readServiceActivity } from '../../lib/db/service-activity.js';
import { snapshot } from '../../lib/db/snapshot.js';
import { findNamed } from '../../lib/model/find.js';
import { renderService, serviceRows } from '../../lib/ui/views/services.js';
import type { ServiceDetails } from '../../lib/ui/views/services.js';

export default class ServicesShow extends ReadCommand<typeof ServicesShow, { services: ServiceDetails[] }> {
  static override summary = 'Show a scheduler or change source: its holder, its last activity, the state it keeps.';
  static override examples = ['<%= config.bin %> services show nightly'];
  static override args = { service: Args.string({ description: 'its whole name, or its id', required: true }) };

  protected async look(): Promise<{ services: ServiceDetails[] }> {
    const database = await this.openDatabase();
    const inventory = await this.inventory();
    return database.read(async (tx) => {
      const cluster = await snapshot(tx, database.location.label, { expireAfter: this.expireAfter });
      const services: ServiceDetails[] = [];
      for (const row of findNamed(serviceRows(cluster, inventory), this.args.service, 'service')) {
        services.push({ ...row, ...(await readServiceActivity(tx, row)) });
      }
      for (const service of services) this.log(renderService(service, cluster.now));
      return { services };
    });
  }
}
