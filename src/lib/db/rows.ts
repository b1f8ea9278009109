import type { Knex } from 'knex';
import type { Row, RowSet } from '../model/rows.js';
import { keyColumn, keysOf } from '../model/rows.js';
import type { Transaction } from './connect.js';

/** Thrown inside a step when a row is not as it was seen: the step is taken back, nothing of it stays. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

/** The drivers' limits on parameters are 32,766 and more. */
const chunkSize = 5000;

export function chunks<T>(items: readonly T[], size = chunkSize): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** 0 where there is none. With a condition, SQLite's plan tells too that this is one look into the key. */
export async function newestId(tx: Transaction, table: string): Promise<number> {
  const row = await tx.sql(table).where('id', '>', 0).max({ id: 'id' }).first<{ id: number | null }>();
  return row.id ?? 0;
}

/** `null` where there is none. */
export async function oldestId(tx: Transaction, table: string): Promise<number | null> {
  const row = await tx.sql(table).where('id', '>', 0).min({ id: 'id' }).first<{ id: number | null }>();
  return row.id;
}

type ReadRows = (
  tx: Transaction,
  table: string,
  column: string,
  keys: readonly number[],
  columns?: readonly string[] | '*',
) => Promise<Row[]>;

/** The rows with these keys. */
export const readRows: ReadRows = (tx, table, column, keys, columns = '*') =>
  inChunks(keys, (some) => selectRows(tx, table, column, some, columns));

/** The same, locked until the transaction ends. */
export const lockRows: ReadRows = (tx, table, column, keys, columns = '*') =>
  inChunks(keys, (some) => tx.dialect.locking(selectRows(tx, table, column, some, columns)));

function selectRows(
  tx: Transaction,
  table: string,
  column: string,
  keys: readonly number[],
  columns: readonly string[] | '*',
): Knex.QueryBuilder<Row, Row[]> {
  return tx
    .sql<Row>(table)
    .whereIn(column, keys)
    .select<Row[]>(columns as string[]);
}

async function inChunks(keys: readonly number[], read: (some: number[]) => PromiseLike<Row[]>): Promise<Row[]> {
  const rows: Row[][] = [];
  for (const some of chunks(keys)) rows.push(await read(some));
  return rows.flat();
}

/** Writes what was worked out; each statement says what was seen, and throws where it is no longer so. */
export async function writeRows(tx: Transaction, sets: readonly RowSet[]): Promise<void> {
  for (const set of sets) await writers[set.kind](tx, set as never);
}

const writers = {
  update: async (tx: Transaction, set: Extract<RowSet, { kind: 'update' }>): Promise<void> => {
    for (const keys of chunks(set.keys)) {
      const seen = tx.sql(set.table).whereIn(keyColumn(set.table), keys).where(set.before);
      verifyCount(set, await seen.update(set.after), keys.length);
    }
  },
  delete: async (tx: Transaction, set: Extract<RowSet, { kind: 'delete' }>): Promise<void> => {
    for (const rows of chunks(set.rows)) {
      const keys = rows.map((row) => row[keyColumn(set.table)] ?? null);
      const seen = tx
        .sql(set.table)
        .whereIn(keyColumn(set.table), keys as number[])
        .where(commonColumns(rows));
      verifyCount(set, await seen.delete(), rows.length);
    }
  },
  insert: async (tx: Transaction, set: Extract<RowSet, { kind: 'insert' }>): Promise<void> => {
    // knex writes rows for SQLite as a union, of which it takes 500 parts.
    for (const rows of chunks(set.rows, 500)) {
      await tx.sql(set.table).insert(rows).onConflict().ignore();
      verifyCount(set, await countSame(tx, set.table, rows), rows.length);
    }
  },
};

function verifyCount(set: RowSet, written: number, expected: number): void {
  if (written === expected) return;
  throw new ChangedMeanwhile(`${expected - written} of ${expected} rows of ${set.table} are not as they were seen`);
}

/** The columns that have one value in all rows: the holder of a set of claims, for instance. */
function commonColumns(rows: readonly Row[]): Row {
  const [first = {}, ...rest] = rows;
  return Object.fromEntries(
    Object.entries(first).filter(([column, value]) => rest.every((row) => row[column] === value)),
  );
}

/** How many of the inserted rows are there as they were inserted; the drivers count ignored rows differently. */
async function countSame(tx: Transaction, table: string, rows: readonly Row[]): Promise<number> {
  const column = keyColumn(table);
  const keys = rows.map((row) => Number(row[column]));
  const there = await lockRows(tx, table, column, keys);
  const wanted = new Map(rows.map((row) => [Number(row[column]), row]));
  return there.filter((row) => isSame(row, wanted.get(Number(row[column])))).length;
}

function isSame(row: Row, wanted: Row | undefined): boolean {
  return wanted !== undefined && Object.entries(wanted).every(([column, value]) => row[column] === value);
}

export type Written = 'written' | 'not written' | 'changed';

/** Is each row of a set as the change left it, as it was before, or neither? In the order of `keysOf`. */
export async function stateOfRows(
  tx: Transaction,
  set: RowSet,
  read: ReadRows = readRows,
): Promise<Map<number, Written>> {
  const keys = keysOf(set);
  const rows = await read(tx, set.table, keyColumn(set.table), keys);
  const there = new Map(rows.map((row) => [Number(row[keyColumn(set.table)]), row]));
  const images =
    set.kind === 'update' ? null : new Map(set.rows.map((row) => [Number(row[keyColumn(set.table)]), row]));
  return new Map(keys.map((key) => [key, stateOf(there.get(key), set, images?.get(key))]));
}

function stateOf(row: Row | undefined, set: RowSet, image: Row | undefined): Written {
  if (set.kind === 'update') {
    if (row && isSame(row, set.after)) return 'written';
    return row && isSame(row, set.before) ? 'not written' : 'changed';
  }
  const [present, absent] =
    set.kind === 'insert' ? (['written', 'not written'] as const) : (['not written', 'written'] as const);
  if (row === undefined) return absent;
  return isSame(row, image) ? present : 'changed';
}
