import type { Cluster } from '../model/cluster.js';
import type { Details } from '../model/details.js';
import type { Transaction } from './connect.js';
import { chunks } from './chunks.js';
import { readChunksWithoutLog, readDangling } from './dangling-rows.js';
import { readFirings } from './firings.js';
import { readLockRecords } from './master-versions.js';
import { newestId, readRows } from './rows.js';
import { schemaDrift } from './schema.js';

type Raw = Record<string, unknown>;

/** How far back steps and logs are looked at: little enough for every minute. */
const newestSteps = 2_500;
/** What was written within this time may be in the middle of being written. */
const settledSeconds = 120;

export interface DetailOptions {
  /** Also what only a person who looks wants to know: dangling rows, sizes. */
  readonly thorough: boolean;
}

/** What a check-up reads besides the snapshot, in the same transaction; each statement is bounded. */
export async function readDetails(tx: Transaction, cluster: Cluster, { thorough }: DetailOptions): Promise<Details> {
  const { size, tables } = thorough ? await tx.dialect.size(tx.sql) : { size: null, tables: [] };
  return {
    ...(await readFirings(tx)),
    openBuildsets: await readOpenBuildsets(tx, cluster.now),
    requestsOfCompleteBuildsets: await readRequestsOfCompleteBuildsets(tx, cluster.now),
    requestsWithBuild: await readRequestsWithBuild(tx, cluster),
    leftOpen: await readLeftOpen(tx, cluster.now),
    lockRecords: await readLockRecords(tx, cluster),
    dangling: thorough ? await readDangling(tx) : [],
    chunksWithoutLog: thorough ? await readChunksWithoutLog(tx) : { older: null, logs: [] },
    size,
    tables,
    schemaDrift: schemaDrift(tx.schema),
    missingIndexes: thorough ? await tx.dialect.missingIndexes(tx.sql) : [],
  };
}

async function readOpenBuildsets(tx: Transaction, now: number): Promise<number[]> {
  const rows = await tx
    .sql('buildsets as s')
    .leftJoin('buildrequests as r', (join) => join.on('r.buildsetid', 's.id').onVal('r.complete', 0))
    .where('s.complete', 0)
    .whereNull('r.id')
    .where('s.submitted_at', '<', Math.floor(now) - settledSeconds)
    .limit(1000)
    .select<{ id: number }[]>('s.id');
  const ids = rows.map((row) => row.id).sort((a, b) => a - b);
  if (ids.length === 0) return [];
  const fresh = await tx
    .sql('buildrequests')
    .whereIn('buildsetid', ids)
    .where('complete_at', '>=', Math.floor(now) - settledSeconds)
    .select<{ buildsetid: number }[]>('buildsetid');
  const settling = new Set(fresh.map((row) => row.buildsetid));
  return ids.filter((id) => !settling.has(id));
}

/** Pending ones too. By ids, as the snapshot reads claims: a join may go through all buildsets. */
async function readRequestsOfCompleteBuildsets(tx: Transaction, now: number): Promise<number[]> {
  const open = await tx
    .sql('buildrequests')
    .where('complete', 0)
    .select<{ id: number; buildsetid: number }[]>('id', 'buildsetid');
  const complete = new Set<number>();
  for (const some of chunks([...new Set(open.map((request) => request.buildsetid))])) {
    const rows = await tx
      .sql('buildsets')
      .whereIn('id', some)
      .where('complete', 1)
      .where('complete_at', '<', Math.floor(now) - settledSeconds)
      .select<{ id: number }[]>('id');
    for (const row of rows) complete.add(row.id);
  }
  const left = open.filter((request) => complete.has(request.buildsetid)).map((request) => request.id);
  return left.sort((a, b) => a - b);
}

async function readRequestsWithBuild(tx: Transaction, { claimed }: Cluster): Promise<Set<number>> {
  const built = new Set<number>();
  for (const some of chunks(claimed.map((request) => request.id))) {
    const rows = await tx.sql('builds').whereIn('buildrequestid', some).select<Raw[]>('buildrequestid');
    for (const row of rows) built.add(Number(row['buildrequestid']));
  }
  return built;
}

/** From what is open to its build: through keys, where a join may begin with all logs. */
async function readLeftOpen(tx: Transaction, now: number): Promise<Details['leftOpen']> {
  const newest = async (table: string): Promise<number> => (await newestId(tx, table)) - newestSteps;
  const logs = await tx
    .sql('logs')
    .where('id', '>', await newest('logs'))
    .where('complete', 0)
    .select<{ id: number; stepid: number }[]>('id', 'stepid');
  const steps = await tx
    .sql('steps')
    .where('id', '>', await newest('steps'))
    .whereNull('complete_at')
    .select<Raw[]>('id', 'buildid');
  const logged = await readRows(tx, 'steps', 'id', [...new Set(logs.map((log) => log.stepid))], ['id', 'buildid']);
  const buildOf = new Map([...steps, ...logged].map((step) => [Number(step['id']), Number(step['buildid'])]));
  const ended = await endedBuilds(tx, [...new Set(buildOf.values())], now);
  const isLeft = (step: number): boolean => ended.has(buildOf.get(step) ?? 0);
  return {
    steps: steps.map((step) => Number(step['id'])).filter(isLeft),
    logs: logs.filter((log) => isLeft(log.stepid)).map((log) => log.id),
  };
}

async function endedBuilds(tx: Transaction, ids: readonly number[], now: number): Promise<Set<number>> {
  const builds = await readRows(tx, 'builds', 'id', ids, ['id', 'complete_at']);
  const before = Math.floor(now) - settledSeconds;
  return new Set(builds.flatMap(({ id, complete_at: at }) => (at !== null && Number(at) < before ? [Number(id)] : [])));
}
