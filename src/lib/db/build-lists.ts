import type { OpenBuild } from '../model/build.js';
import type { Cluster } from '../model/cluster.js';
import { isClockAhead, isLiving } from '../model/master.js';
import type { Transaction } from './connect.js';
import { chunks } from './chunks.js';

type Raw = Record<string, unknown>;

const buildColumns = [
  'b.id',
  'b.number',
  'b.builderid',
  'b.buildrequestid',
  'b.workerid',
  'b.masterid',
  'b.started_at',
];

function buildOf(row: Raw): OpenBuild {
  return {
    id: Number(row['id']),
    number: Number(row['number']),
    builderId: Number(row['builderid']),
    requestId: Number(row['buildrequestid']),
    workerId: row['workerid'] === null ? null : Number(row['workerid']),
    masterId: Number(row['masterid']),
    startedAt: Number(row['started_at']),
  };
}

/** `builds.complete_at` has no index: the way to running builds is through the requests that are open. */
export async function readRunningBuilds(tx: Transaction, requestIds: readonly number[]): Promise<OpenBuild[]> {
  const running: OpenBuild[] = [];
  for (const some of chunks(requestIds)) {
    const rows = await tx
      .sql('builds as b')
      .whereIn('b.buildrequestid', some)
      .whereNull('b.complete_at')
      .select<Raw[]>(...buildColumns);
    running.push(...rows.map(buildOf));
  }
  return running.sort((a, b) => a.id - b.id);
}

/**
 * The other way: every open build of a master whose heart does not beat, also under a finished request. The masters
 * are joined from the left, and those that live are left out, so that MySQL reads the builds master by master, by their
 * index: knowing which masters it is, it may take a scan of all builds to be quicker.
 */
export async function readAbandonedBuilds(tx: Transaction, cluster: Cluster): Promise<OpenBuild[]> {
  const living = cluster.masters.filter((master) => isLiving(master) && !isClockAhead(master)).map(({ id }) => id);
  const rows = await tx
    .sql('masters as m')
    .leftJoin('builds as b', (join) => join.on('b.masterid', 'm.id').onNull('b.complete_at'))
    .whereNotIn('m.id', living)
    .select<Raw[]>(...buildColumns);
  const known = new Set(cluster.builds.map((build) => build.id));
  const others = rows.filter((row) => row['id'] !== null).map(buildOf).filter((build) => !known.has(build.id)); // prettier-ignore
  return [...cluster.builds, ...others.sort((a, b) => a.id - b.id)];
}

export interface FoundBuild extends OpenBuild {
  readonly complete: boolean;
}

/** Builds by id, ended ones too. */
export async function findBuilds(tx: Transaction, ids: readonly number[]): Promise<FoundBuild[]> {
  const found: FoundBuild[] = [];
  for (const some of chunks(ids)) {
    const rows = await tx
      .sql('builds as b')
      .whereIn('b.id', some)
      .orderBy('b.id')
      .select<Record<string, unknown>[]>(...buildColumns, 'b.complete_at');
    found.push(...rows.map((row) => ({ ...buildOf(row), complete: row['complete_at'] !== null })));
  }
  return found;
}
