import type { Cluster } from '../model/cluster.js';
import type { Details } from '../model/details.js';
import { groupBy } from '../model/group-by.js';
import type { Transaction } from './connect.js';
import { chunks } from './chunks.js';
import { schemaDrift } from './schema.js';

type Raw = Record<string, unknown>;

/** How far back newest rows are looked at: enough to tell a rhythm, little enough for every minute. */
const newestBuildsets = 1000;
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
    firings: await readFirings(tx),
    openBuildsets: await readOpenBuildsets(tx, cluster.now),
    requestsOfCompleteBuildsets: await readRequestsOfCompleteBuildsets(tx, cluster),
    requestsWithBuild: await readRequestsWithBuild(tx, cluster),
    leftOpen: await readLeftOpen(tx, cluster.now),
    dangling: thorough ? await readDangling(tx) : [],
    size,
    tables,
    schemaDrift: schemaDrift(tx.schema),
    missingIndexes: thorough ? await tx.dialect.missingIndexes(tx.sql) : [],
  };
}

async function newestId(tx: Transaction, table: string): Promise<number> {
  const row = await tx.sql(table).max({ id: 'id' }).first<{ id: number | null }>();
  return row.id ?? 0;
}

/** Who asked for a buildset is a property of it: `["nightly", "Scheduler"]`. */
async function readFirings(tx: Transaction): Promise<Map<string, number[]>> {
  const rows = await tx
    .sql('buildsets as s')
    .join('buildset_properties as p', 'p.buildsetid', 's.id')
    .where('s.id', '>', (await newestId(tx, 'buildsets')) - newestBuildsets)
    .where('p.property_name', 'scheduler')
    .orderBy('s.id', 'desc')
    .select<Raw[]>('p.property_value', 's.submitted_at');
  const firings = groupBy(rows, (row) => schedulerOf(String(row['property_value'])));
  return new Map([...firings].map(([name, fired]) => [name, fired.map((row) => Number(row['submitted_at']))]));
}

function schedulerOf(property: string): string {
  try {
    const value: unknown = JSON.parse(property);
    return Array.isArray(value) ? String(value[0]) : '';
  } catch {
    return '';
  }
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

async function readRequestsOfCompleteBuildsets(tx: Transaction, { claimed, now }: Cluster): Promise<number[]> {
  const complete = new Set<number>();
  for (const some of chunks([...new Set(claimed.map((request) => request.buildsetId))])) {
    const rows = await tx
      .sql('buildsets')
      .whereIn('id', some)
      .where('complete', 1)
      .where('complete_at', '<', Math.floor(now) - settledSeconds)
      .select<{ id: number }[]>('id');
    for (const row of rows) complete.add(row.id);
  }
  return claimed.filter((request) => complete.has(request.buildsetId)).map((request) => request.id);
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

/** Small tables only: the large ones would be scanned. */
const references: readonly (readonly [table: string, column: string, parent: string])[] = [
  ['scheduler_masters', 'masterid', 'masters'],
  ['scheduler_masters', 'schedulerid', 'schedulers'],
  ['changesource_masters', 'masterid', 'masters'],
  ['changesource_masters', 'changesourceid', 'changesources'],
  ['builder_masters', 'masterid', 'masters'],
  ['builder_masters', 'builderid', 'builders'],
  ['configured_workers', 'buildermasterid', 'builder_masters'],
  ['configured_workers', 'workerid', 'workers'],
  ['connected_workers', 'masterid', 'masters'],
  ['connected_workers', 'workerid', 'workers'],
  ['object_state', 'objectid', 'objects'],
];

async function readDangling(tx: Transaction): Promise<Details['dangling']> {
  const dangling: { table: string; column: string; rows: number }[] = [];
  for (const [table, column, parent] of references) {
    const row = await tx
      .sql(`${table} as c`)
      .leftJoin(`${parent} as p`, 'p.id', `c.${column}`)
      .whereNull('p.id')
      .count({ rows: '*' })
      .first<{ rows: number | string }>();
    if (Number(row.rows) > 0) dangling.push({ table, column, rows: Number(row.rows) });
  }
  return dangling;
}
