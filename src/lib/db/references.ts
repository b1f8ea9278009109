import type { RowSet } from '../model/rows.js';
import { keyColumn } from '../model/rows.js';
import type { Transaction } from './connect.js';

/** Rows of a big table that name one worker or master; neighbours by their keys, so that a range is a batch. */
export interface Batch {
  readonly first: number;
  readonly last: number;
  readonly rows: number;
}

/** `builds.workerid`, `builds.masterid` and `buildrequest_claims.masterid` are indexed. */
export interface Reference {
  readonly table: 'builds' | 'buildrequest_claims';
  readonly column: 'workerid' | 'masterid';
  /** What the column says. */
  readonly id: number;
}

type Raw = Record<string, unknown>;

/** Counted by ranges of this many keys. */
const range = 1000;
/** A batch holds its locks for a fraction of a second. */
const rowsPerBatch = 5000;

/** All rows that refer to it, in batches of about 5000, in the order of their keys. */
export async function readBatches(tx: Transaction, { table, column, id }: Reference): Promise<Batch[]> {
  const key = keyColumn(table);
  const rows = await tx
    .sql(table)
    .where(column, id)
    .groupBy('batch')
    .orderBy('batch')
    .count({ rows: '*' })
    .select<Raw[]>(tx.sql.raw('?? - ?? % ? as ??', [key, key, range, 'batch']));
  const batches: Batch[] = [];
  for (const row of rows) {
    const [first, count] = [Number(row['batch']), Number(row['rows'])];
    const before = batches.at(-1);
    const next = { first, last: first + range - 1, rows: count };
    if (before === undefined || before.rows + count > rowsPerBatch) batches.push(next);
    else batches[batches.length - 1] = { first: before.first, last: next.last, rows: before.rows + count };
  }
  return batches;
}

export function countReferences(batches: readonly Batch[]): number {
  return batches.reduce((sum, { rows }) => sum + rows, 0);
}

/** Those of a batch that still refer to it, and what they are to say instead. */
export async function redirect(
  tx: Transaction,
  { table, column, id }: Reference,
  { first, last }: Batch,
  to: number | null,
): Promise<RowSet[]> {
  const key = keyColumn(table);
  const rows = await tx.dialect.locking(
    tx.sql(table).where(column, id).whereBetween(key, [first, last]).orderBy(key).select<Record<string, number>[]>(key),
  );
  const keys = rows.map((row) => Number(row[key]));
  return [{ kind: 'update', table, keys, before: { [column]: id }, after: { [column]: to } }];
}

/** Does anything refer to it still? */
export async function isReferredTo(tx: Transaction, { table, column, id }: Reference): Promise<boolean> {
  const row = await tx.sql(table).where(column, id).first<Raw | undefined>(keyColumn(table));
  return row !== undefined;
}
