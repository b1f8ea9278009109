import type { RowSet } from '../model/rows.js';
import type { Transaction } from './connect.js';
import { readRows } from './rows.js';

/** What one transaction deletes at most, so that nobody waits long for it; more where it only locks the rows themselves. */
const mostRows = 4000;
const mostLockedRows = 24_000;
const mostBytes = 8 * 1024 ** 2;
/** Buildbot cuts logs into chunks of at most so many bytes. */
const chunkBytes = 65_536;
const lineBytes = 100;

/** What hangs on a build. */
interface Weight {
  /** Table → rows. */
  readonly rows: Record<string, number>;
  bytes: number;
}

type Weights = ReadonlyMap<number, Weight>;
type Counted = Record<string, unknown>[];

/**
 * Of these builds as many as one transaction should delete, the first of them first; of a build that is too much for
 * one, a part of what hangs on it.
 */
export async function piece(tx: Transaction, builds: readonly number[]): Promise<RowSet[]> {
  const [first] = builds;
  if (first === undefined) return [];
  const weights = await weigh(tx, builds);
  const whole = (keys: number[]): RowSet => ({ kind: 'purge', table: 'builds', keys, hanging: hangingOn(keys, weights) });
  const keys = fitting(builds, weights, rowsAtOnce(tx));
  if (keys.length > 0) return [whole(keys)];
  return (await partOfLog(tx, first)) ?? (await partOfTests(tx, first)) ?? [whole([first])];
} // prettier-ignore

function rowsAtOnce({ dialect, schema }: Transaction): number {
  return dialect.locksRows && !schema.withoutTransactions.includes('builds') ? mostLockedRows : mostRows;
}

function fitting(builds: readonly number[], weights: Weights, atMost: number): number[] {
  let [rows, bytes] = [0, 0];
  const end = builds.findIndex((id) => {
    const weight = weights.get(id);
    rows += Object.values(weight?.rows ?? {}).reduce((sum, some) => sum + some, 1);
    bytes += weight?.bytes ?? 0;
    return rows > atMost || bytes > mostBytes;
  });
  return builds.slice(0, end === -1 ? builds.length : end);
}

function hangingOn(builds: readonly number[], weights: Weights): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const id of builds) {
    const rows = Object.entries(weights.get(id)?.rows ?? {});
    for (const [table, some] of rows) sums[table] = (sums[table] ?? 0) + some;
  }
  return sums;
}

/** One table of what names a build. */
const onBuilds = ['build_properties', 'build_data', 'test_result_sets'] as const;

async function weigh(tx: Transaction, builds: readonly number[]): Promise<Weights> {
  const weights = new Map<number, Weight>(builds.map((id) => [id, { rows: {}, bytes: 0 }]));
  const add = (table: string, id: unknown, rows: unknown): void => {
    const weight = weights.get(Number(id));
    if (weight && Number(rows) > 0) weight.rows[table] = Number(rows);
  };
  for (const row of await countSteps(tx, builds)) {
    for (const table of ['steps', 'logs', 'logchunks']) add(table, row['id'], row[table]);
    const lines = Number(row['last']) - Number(row['first']) + Number(row['logchunks']);
    const weight = weights.get(Number(row['id']));
    if (weight) weight.bytes = Math.min(Number(row['logchunks']) * chunkBytes, lines * lineBytes);
  }
  for (const table of onBuilds.filter((name) => tx.schema.has(name)))
    for (const row of await countOf(tx, table, builds)) add(table, row['id'], row['rows']);
  if (tx.schema.has('test_results')) for (const row of await countTests(tx, builds)) add('test_results', row['id'], row['rows']); // prettier-ignore
  return weights;
}

/** With their logs, and the chunks of those. */
function countSteps(tx: Transaction, builds: readonly number[]): Promise<Counted> {
  const steps = tx.dialect.among(tx.sql('steps'), 'steps.buildid', builds);
  return steps
    .leftJoin('logs', 'logs.stepid', 'steps.id')
    .leftJoin('logchunks', 'logchunks.logid', 'logs.id')
    .groupBy('steps.buildid')
    .select({ id: 'steps.buildid' })
    .countDistinct({ steps: 'steps.id', logs: 'logs.id' })
    .count({ logchunks: 'logchunks.logid' })
    .sum({ first: 'logchunks.first_line', last: 'logchunks.last_line' });
}

function countOf(tx: Transaction, table: string, builds: readonly number[]): Promise<Counted> {
  return tx.dialect
    .among(tx.sql(table), 'buildid', builds)
    .groupBy('buildid')
    .select({ id: 'buildid' })
    .count({ rows: '*' });
}

function countTests(tx: Transaction, builds: readonly number[]): Promise<Counted> {
  const sets = tx.dialect.among(tx.sql('test_result_sets'), 'test_result_sets.buildid', builds);
  return sets
    .join('test_results', 'test_results.test_result_setid', 'test_result_sets.id')
    .groupBy('test_result_sets.buildid')
    .select({ id: 'test_result_sets.buildid' })
    .count({ rows: '*' });
}

/** The first chunks of a log, as many as one transaction should delete; `null`: no log of the build has so many. */
async function partOfLog(tx: Transaction, build: number): Promise<RowSet[] | null> {
  const most = mostBytes / chunkBytes;
  const steps = await readRows(tx, 'steps', 'buildid', [build], ['id']);
  const logs = await readRows(tx, 'logs', 'stepid', steps.map((row) => Number(row['id'])), ['id']); // prettier-ignore
  for (const { id } of logs) {
    const row = await tx
      .sql('logchunks')
      .where('logid', Number(id))
      .orderBy('first_line')
      .offset(most)
      .first<{ first_line: number } | undefined>('first_line');
    if (row) return [{ kind: 'purge', table: 'logchunks', keys: [Number(id)], upToLine: row.first_line }];
  }
  const keys = logs.slice(0, most / 8).map((row) => Number(row['id']));
  return keys.length > 0 ? [{ kind: 'purge', table: 'logs', keys }] : null;
}

async function partOfTests(tx: Transaction, build: number): Promise<RowSet[] | null> {
  if (!tx.schema.has('test_results')) return null;
  const rows = await tx
    .sql('test_results')
    .join('test_result_sets', 'test_result_sets.id', 'test_results.test_result_setid')
    .where('test_result_sets.buildid', build)
    .limit(mostRows)
    .select<{ id: number }[]>('test_results.id');
  return rows.length > 0 ? [{ kind: 'purge', table: 'test_results', keys: rows.map((row) => row['id']) }] : null;
}
