import type { RowSet } from '../model/rows.js';
import type { Transaction } from './connect.js';
import { readRows } from './rows.js';

/** What one transaction deletes at most, so that nobody waits long for it. */
const mostRows = 4000;
const mostBytes = 8 * 1024 ** 2;
/** Buildbot cuts logs into chunks of at most so many bytes. */
const chunkBytes = 65_536;
const lineBytes = 100;

interface Weight {
  readonly rows: number;
  readonly bytes: number;
}

type Counted = Record<string, unknown>[];

/**
 * Of these builds as many as one transaction should delete, the first of them first; of a build that is too much for
 * one, a part of what hangs on it.
 */
export async function piece(tx: Transaction, builds: readonly number[]): Promise<RowSet[]> {
  const [first] = builds;
  if (first === undefined) return [];
  const weights = await weigh(tx, builds);
  const keys = fitting(builds, weights);
  if (keys.length > 0) return [{ kind: 'purge', table: 'builds', keys }];
  return (await partOfLog(tx, first)) ?? (await partOfTests(tx, first)) ?? [{ kind: 'purge', table: 'builds', keys: [first] }]; // prettier-ignore
}

function fitting(builds: readonly number[], weights: ReadonlyMap<number, Weight>): number[] {
  let [rows, bytes] = [0, 0];
  const end = builds.findIndex((id) => {
    rows += weights.get(id)?.rows ?? 1;
    bytes += weights.get(id)?.bytes ?? 0;
    return rows > mostRows || bytes > mostBytes;
  });
  return builds.slice(0, end === -1 ? builds.length : end);
}

async function weigh(tx: Transaction, builds: readonly number[]): Promise<Map<number, Weight>> {
  const weights = new Map<number, Weight>(builds.map((id) => [id, { rows: 1, bytes: 0 }]));
  const add = (id: unknown, rows: unknown, bytes = 0): void => {
    const weight = weights.get(Number(id));
    if (weight) weights.set(Number(id), { rows: weight.rows + Number(rows), bytes: weight.bytes + bytes });
  };
  for (const row of await countStepsAndChunks(tx, builds)) {
    const lines = Number(row['last']) - Number(row['first']) + Number(row['chunks']);
    add(row['id'], row['rows'], Math.min(Number(row['chunks']) * chunkBytes, lines * lineBytes));
  }
  if (tx.schema.has('test_results')) for (const row of await countTests(tx, builds)) add(row['id'], row['rows']);
  return weights;
}

function countStepsAndChunks(tx: Transaction, builds: readonly number[]): Promise<Counted> {
  return tx
    .sql('steps')
    .leftJoin('logs', 'logs.stepid', 'steps.id')
    .leftJoin('logchunks', 'logchunks.logid', 'logs.id')
    .whereIn('steps.buildid', builds)
    .groupBy('steps.buildid')
    .select({ id: 'steps.buildid' })
    .count({ rows: '*', chunks: 'logchunks.logid' })
    .sum({ first: 'logchunks.first_line', last: 'logchunks.last_line' });
}

function countTests(tx: Transaction, builds: readonly number[]): Promise<Counted> {
  return tx
    .sql('test_result_sets')
    .join('test_results', 'test_results.test_result_setid', 'test_result_sets.id')
    .whereIn('test_result_sets.buildid', builds)
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
