import { stuckRequests } from '../../model/cluster.js';
import type { Cluster, DatabaseFacts } from '../../model/cluster.js';
import { findAtAGlance } from '../../model/checks/catalogue.js';
import type { Finding } from '../../model/finding.js';
import type { Inventory } from '../../model/inventory.js';
import { buildRows } from './builds.js';
import type { BuildRow } from './builds.js';
import { masterRow } from './masters.js';
import type { MasterRow } from './masters.js';
import { serviceRows } from './services.js';
import type { ServiceRow } from './services.js';

/** The cluster as `bbctl status --json` prints it. */
export interface Status {
  readonly database: DatabaseFacts;
  /** The database's clock, epoch seconds. */
  readonly now: number;
  readonly findings: readonly Finding[];
  readonly masters: readonly MasterRow[];
  readonly services: readonly ServiceRow[];
  readonly requests: { open: number; pending: number; claimed: number; stuck: number; oldestPendingAt: number | null };
  readonly builds: readonly BuildRow[];
  readonly builders: number;
  readonly workers: { known: number; connected: number };
}

export function statusOf(cluster: Cluster, inventory: Inventory | null = null): Status {
  const pending = cluster.queues.reduce((sum, queue) => sum + queue.length, 0);
  const oldest = cluster.queues.map((queue) => queue.oldestSubmittedAt);
  return {
    database: cluster.database,
    now: cluster.now,
    findings: findAtAGlance(cluster, inventory),
    masters: cluster.masters.map(masterRow),
    services: serviceRows(cluster, inventory),
    requests: {
      open: pending + cluster.claimed.length,
      pending,
      claimed: cluster.claimed.length,
      stuck: stuckRequests(cluster).length,
      oldestPendingAt: oldest.length === 0 ? null : Math.min(...oldest),
    },
    builds: buildRows(cluster),
    builders: cluster.builders.length,
    workers: {
      known: cluster.workers.length,
      connected: cluster.workers.filter((worker) => worker.connectedTo.length > 0).length,
    },
  };
}
