import type { Database } from './db/connect.js';
import { readDetails } from './db/details.js';
import { snapshot } from './db/snapshot.js';
import { findAll } from './model/checks/catalogue.js';
import type { FindOptions } from './model/checks/catalogue.js';
import type { Cluster } from './model/cluster.js';
import type { Finding } from './model/finding.js';
import type { Inventory } from './model/inventory.js';

export interface CheckUpOptions extends FindOptions {
  readonly expireAfter: number;
  /** Also what takes longer on a large database: dangling rows, sizes. */
  readonly thorough: boolean;
  /** What the cluster is meant to have, where somebody says so. */
  readonly inventory?: Inventory | null;
}

export interface CheckUp {
  readonly cluster: Cluster;
  readonly findings: readonly Finding[];
}

/** Every check, on one consistent look. */
export function checkUp(database: Database, options: CheckUpOptions): Promise<CheckUp> {
  return database.read(async (tx) => {
    const { expireAfter, thorough, inventory = null } = options;
    const cluster = await snapshot(tx, database.location.label, { expireAfter, deep: thorough });
    const details = await readDetails(tx, cluster, { thorough });
    return { cluster, findings: findAll({ cluster, details, inventory }, options) };
  });
}
