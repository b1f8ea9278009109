import { isOrphanedBuilder } from '../model/builder.js';
import type { Cluster } from '../model/cluster.js';
import type { LastUse, LastUses } from '../model/draft.js';
import { isOrphanedWorker } from '../model/worker.js';
import { readLastBuilds } from './builder-lists.js';
import type { Transaction } from './connect.js';
import { chunks } from './chunks.js';
import { readRows } from './rows.js';
import { readServiceActivity } from './service-activity.js';

type Raw = Record<string, unknown>;

/** Of everything that no master configures or holds. */
export async function readLastUses(tx: Transaction, cluster: Cluster): Promise<LastUses> {
  const builders = await readLastBuilds(tx, cluster.builders.filter(isOrphanedBuilder).map(({ id }) => id)); // prettier-ignore
  return {
    builders: new Map([...builders].map(([id, { masterId, startedAt }]) => [id, { masterId, at: startedAt }])),
    workers: await readLastBuildsOfWorkers(tx, cluster.workers.filter(isOrphanedWorker).map(({ id }) => id)), // prettier-ignore
    services: await readServiceUses(tx, cluster),
  };
}

/** The newest build on each of these workers, by the index on `builds.workerid`. */
export async function readLastBuildsOfWorkers(
  tx: Transaction,
  workerIds: readonly number[],
): Promise<Map<number, LastUse>> {
  const newest: number[] = [];
  for (const some of chunks(workerIds)) {
    const rows = await tx.sql('builds as b').whereIn('b.workerid', some).groupBy('b.workerid').max<Raw[]>({ id: 'b.id' }); // prettier-ignore
    newest.push(...rows.map((row) => Number(row['id'])));
  }
  const builds = await readRows(tx, 'builds', 'id', newest, ['workerid', 'masterid', 'started_at']);
  return new Map(
    builds.map((row) => [
      Number(row['workerid']),
      { masterId: Number(row['masterid']), at: Number(row['started_at']) },
    ]),
  );
}

/** Buildbot keeps what a service did last, not which master it ran on. */
async function readServiceUses(tx: Transaction, cluster: Cluster): Promise<Map<string, LastUse>> {
  const uses = new Map<string, LastUse>();
  for (const service of cluster.services.filter(({ holderId }) => holderId === null)) {
    const { lastActivity } = await readServiceActivity(tx, service);
    if (lastActivity !== null) uses.set(`${service.kind} ${service.id}`, { masterId: null, at: lastActivity });
  }
  return uses;
}
