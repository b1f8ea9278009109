import type { Cluster } from '../model/cluster.js';
import type { Details } from '../model/details.js';
import type { Transaction } from './connect.js';
import { readChunksWithoutLog, readDangling } from './dangling-rows.js';
import { readFirings } from './firings.js';
import { readLockRecords } from './master-versions.js';
import { chunks, newestId } from './rows.js';
import { schemaDrift } from './schema.js';

type Raw = Record<string, unknown>;

/** How far back: little enough for every minute. */
const newestBuilds = 1000;
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
  };
}

async function readOpenBuildsets(tx: Transaction, now: number): Promise<number[]> {
  const rows = await tx
    .sql('buildsets as s')
    .leftJoin('buildrequests as r', (join) => join.on('r.buildsetid', 's.id').onVal('r.complete', 0))
    .where('s.complete', 0)
    .whereNull('r.id')
    .where('s.submitted_at', '<', Math.floor(now) - settledSeconds)
    .orderBy('s.id')
    .limit(1000)
    .select<{ id: number }[]>('s.id');
  const ids = rows.map((row) => row.id);
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

async function readLeftOpen(tx: Transaction, now: number): Promise<Details['leftOpen']> {
  const ended = (): ReturnType<typeof stepsOfEnded> => stepsOfEnded(tx, newest, now);
  const newest = (await newestId(tx, 'builds')) - newestBuilds;
  const steps = await ended().whereNull('s.complete_at').select<{ id: number }[]>('s.id');
  const logs = await ended()
    .join('logs as l', 'l.stepid', 's.id')
    .where('l.complete', 0)
    .select<{ id: number }[]>('l.id');
  return { steps: steps.map((row) => row.id), logs: logs.map((row) => row.id) };
}

function stepsOfEnded(tx: Transaction, after: number, now: number) {
  return tx
    .sql('builds as b')
    .join('steps as s', 's.buildid', 'b.id')
    .where('b.id', '>', after)
    .where('b.complete_at', '<', Math.floor(now) - settledSeconds);
}
