import type { Details } from '../model/details.js';
import type { Transaction } from './connect.js';
import { oldestId } from './rows.js';

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

export async function readDangling(tx: Transaction): Promise<Details['dangling']> {
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

/** How many log ids, from the newest back, are looked at one by one. */
const newestLogs = 1000;

/**
 * Log chunks are most of a database, and have no key but `logid`. So their two ends are asked for, which an index tells
 * at once: whoever prunes deletes the oldest logs. In between only the newest ids are looked at.
 * Chunks are read before logs: a log is there before its first chunk, so that none that is just written looks orphaned.
 */
export async function readChunksWithoutLog(tx: Transaction): Promise<Details['chunksWithoutLog']> {
  const newest = await endOf(tx, 'max');
  if (newest === null) return { older: null, logs: [] };
  const oldestLog = (await oldestId(tx, 'logs')) ?? newest + 1;
  const [from, to] = [await endOf(tx, 'min', oldestLog), await endOf(tx, 'max', oldestLog)];
  const older = from === null || to === null ? null : { from, to };
  return { older, logs: await readGaps(tx, Math.max(oldestLog, newest - newestLogs + 1), newest) };
}

/** The lowest or highest `logid` of all chunks, or of those before a log. */
async function endOf(tx: Transaction, end: 'min' | 'max', before?: number): Promise<number | null> {
  const chunks = tx.sql('logchunks');
  if (before !== undefined) void chunks.where('logid', '<', before);
  const row = await chunks[end]({ id: 'logid' }).first<{ id: number | null }>();
  return row.id;
}

async function readGaps(tx: Transaction, from: number, to: number): Promise<number[]> {
  const rows = await tx.sql('logs').where('id', '>=', from).where('id', '<=', to).select<{ id: number }[]>('id');
  const there = new Set(rows.map((row) => row.id));
  const gone = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index).filter(
    (id) => !there.has(id),
  );
  if (gone.length === 0) return [];
  const left = await tx.sql('logchunks').whereIn('logid', gone).distinct<{ logid: number }[]>('logid').orderBy('logid');
  return left.map((row) => row.logid);
}
