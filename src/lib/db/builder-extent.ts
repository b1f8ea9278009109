import type { Knex } from 'knex';
import type { BuilderHistory, Range, Sample } from '../model/builder-history.js';
import type { Database, Transaction } from './connect.js';
import { sumOfBytes } from './dialect.js';
import { testTables } from './forget-builder.js';

/** So many builds are looked at, evenly spread, where there are more. */
const sampleSize = 100;

/** What these builders have, by the indexes of `builds` and `buildrequests`; what hangs on builds from a sample. */
export async function readBuilderHistories(tx: Transaction, builderIds: readonly number[]): Promise<BuilderHistory[]> {
  const histories: BuilderHistory[] = [];
  for (const id of builderIds) histories.push(await readHistory(tx, id));
  return histories;
}

async function readHistory(tx: Transaction, id: number): Promise<BuilderHistory> {
  const row = await tx.sql('builders').where('id', id).first<{ name_hash: string }>('name_hash');
  const { count: builds, range: numbers } = await extent(tx, 'builds', 'number', id);
  const { count: requests, range: requestIds } = await extent(tx, 'buildrequests', 'id', id);
  const open = (table: string) => tx.sql(table).where('builderid', id).orderBy('id').limit(9);
  const openBuilds = await open('builds').whereNull('complete_at').select<{ id: number }[]>('id');
  const openRequests = await open('buildrequests').where('complete', 0).select<{ id: number }[]>('id');
  return {
    builderId: id,
    nameHash: row.name_hash,
    ...{ builds, numbers, requests, requestIds },
    openBuilds: openBuilds.map((build) => build.id),
    openRequests: openRequests.map((request) => request.id),
    sample: await readSample(tx, id, builds, numbers),
    hasTests: await hasTests(tx, id),
  };
}

async function extent(
  tx: Transaction,
  table: string,
  column: string,
  builderId: number,
): Promise<{ count: number; range: Range | null }> {
  const row = await tx
    .sql(table)
    .where('builderid', builderId)
    .min({ from: column })
    .max({ to: column })
    .count({ rows: '*' })
    .first<{ from: number | null; to: number | null; rows: number | string }>();
  const range = row.from === null || row.to === null ? null : { from: row.from, to: row.to };
  return { count: Number(row.rows), range };
}

async function readSample(tx: Transaction, id: number, builds: number, numbers: Range | null): Promise<Sample> {
  if (numbers === null) return { builds: 0, steps: 0, logs: 0, logBytes: 0 };
  const query = tx.sql('builds').where('builderid', id);
  const chosen = builds <= sampleSize ? query : query.whereIn('number', spread(numbers));
  const ids = (await chosen.select<{ id: number }[]>('id')).map((row) => row.id);
  const steps = await count(tx.sql('steps as s').whereIn('s.buildid', ids));
  const logs = tx.sql('steps as s').join('logs as l', 'l.stepid', 's.id').whereIn('s.buildid', ids);
  const chunks = logs.clone().join('logchunks as c', 'c.logid', 'l.id');
  const { bytes } = await chunks.first<{ bytes: number | string | null }>(sumOfBytes(tx.sql, 'c.content'));
  return { builds: ids.length, steps, logs: await count(logs), logBytes: Number(bytes) };
}

function spread({ from, to }: Range): number[] {
  const step = (to - from) / (sampleSize - 1);
  return [...new Set(Array.from({ length: sampleSize }, (_, index) => Math.round(from + index * step)))];
}

async function count(query: Knex.QueryBuilder): Promise<number> {
  const row = await query.clone().count({ rows: '*' }).first<{ rows: number | string }>();
  return Number(row.rows);
}

async function hasTests(tx: Transaction, id: number): Promise<boolean> {
  for (const table of ['test_result_sets', ...testTables].filter((name) => tx.schema.has(name))) {
    if (await tx.sql(table).where('builderid', id).first('id')) return true;
  }
  return false;
}

/** The ids that there are in a table that is not scanned. */
export async function idsOfTable(tx: Transaction, table: string): Promise<Range | null> {
  const lowest = await tx.sql(table).min({ id: 'id' }).first<{ id: number | null }>();
  const highest = await tx.sql(table).max({ id: 'id' }).first<{ id: number | null }>();
  return lowest.id === null || highest.id === null ? null : { from: lowest.id, to: highest.id };
}

export function builderHistoryOf(database: Database, builderId: number): Promise<BuilderHistory> {
  return database.read((tx) => readHistory(tx, builderId));
}
