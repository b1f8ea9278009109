import type { Knex } from 'knex';
import type { Key, Row, RowSet } from '../model/rows.js';
import { groupBy } from '../model/group-by.js';
import { isBulk, keyColumn, keyColumnsOf, keyOf, lookupKeys } from '../model/rows.js';
import type { Transaction } from './connect.js';
import { chunks } from './chunks.js';
import { purgeChunks, purgeHistory } from './history.js';

/** Thrown inside a step when a row is not as it was seen: the step is taken back, nothing of it stays. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
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

/** The same, of rows that are to be deleted: nobody can begin to refer to them. */
export const lockRowsToDelete: ReadRows = (tx, table, column, keys, columns = '*') =>
  inChunks(keys, (some) => tx.dialect.lockingToDelete(selectRows(tx, table, column, some, columns)));

function selectRows(
  tx: Transaction,
  table: string,
  column: string,
  keys: readonly number[],
  columns: readonly string[] | '*',
): Knex.QueryBuilder<Row, Row[]> {
  const query = tx.sql<Row>(table).select<Row[]>(columns as string[]);
  return tx.dialect.among(query, column, keys);
}

async function inChunks(keys: readonly number[], read: (some: number[]) => PromiseLike<Row[]>): Promise<Row[]> {
  const rows: Row[][] = [];
  for (const some of chunks(keys)) rows.push(await read(some));
  return rows.flat();
}

/** Writes what was worked out; each statement says what was seen, and throws where it is no longer so. */
export async function writeRows(tx: Transaction, sets: readonly RowSet[]): Promise<RowCounts> {
  const counts: Record<string, number> = {};
  for (const set of sets) {
    const written = await writers[set.kind](tx, set as never);
    for (const [table, rows] of Object.entries(written)) counts[table] = (counts[table] ?? 0) + rows;
  }
  return counts;
}

/** Rows written, by table. */
export type RowCounts = Readonly<Record<string, number>>;

type SetOf<K extends RowSet['kind']> = Extract<RowSet, { kind: K }>;

const writers = {
  update: async (tx: Transaction, set: SetOf<'update'>): Promise<RowCounts> => {
    for (const keys of chunks(set.keys)) {
      const seen = tx.sql(set.table).whereIn(keyColumn(set.table), keys).where(set.before);
      verifyCount(set, await seen.update(set.after), keys.length);
    }
    return { [set.table]: set.keys.length };
  },
  replace: async (tx: Transaction, set: SetOf<'replace'>): Promise<RowCounts> => {
    for (const { key, before, after } of set.rows) {
      const seen = tx.sql(set.table).where(keyColumn(set.table), key).where(before);
      verifyCount(set, await seen.update(after), 1);
    }
    return { [set.table]: set.rows.length };
  },
  delete: async (tx: Transaction, set: SetOf<'delete'>): Promise<RowCounts> => {
    for (const rows of batchesOf(set)) {
      const seen = tx.sql(set.table).where(commonColumns(rows));
      for (const column of keyColumnsOf(set.table)) {
        const keys = [...new Set(rows.map((row) => row[column] ?? null))];
        void seen.whereIn(column, keys as number[]);
      }
      verifyCount(set, await seen.delete(), rows.length);
    }
    return { [set.table]: set.rows.length };
  },
  insert: async (tx: Transaction, set: SetOf<'insert'>): Promise<RowCounts> => {
    // knex writes rows for SQLite as a union, of which it takes 500 parts.
    for (const rows of chunks(set.rows, 500)) {
      await tx.sql(set.table).insert(rows).onConflict().ignore();
      verifyCount(set, await countSame(tx, set.table, rows), rows.length);
    }
    return { [set.table]: set.rows.length };
  },
  purge: (tx: Transaction, set: SetOf<'purge'>): Promise<RowCounts> =>
    set.upToLine === undefined
      ? purgeHistory(tx, set.table, set.keys, set.hanging)
      : purgeChunks(tx, set.keys, set.upToLine),
  load: async (tx: Transaction, set: SetOf<'load'>): Promise<RowCounts> => {
    for (const rows of chunks(set.rows, 500)) await tx.sql(set.table).insert(rows);
    return { [set.table]: set.rows.length };
  },
};

/** Where it takes several columns to tell a row, those that have the first in common: the others tell them apart. */
function batchesOf({ table, rows }: SetOf<'delete'>): Row[][] {
  const [first, ...others] = keyColumnsOf(table);
  if (others.length === 0) return chunks(rows);
  return [...groupBy(rows, (row) => row[first]).values()].flatMap((some) => chunks(some));
}

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
  const there = await lockRows(tx, table, keyColumn(table), lookupKeys({ kind: 'insert', table, rows }));
  const wanted = new Map(rows.map((row) => [keyOf(table, row), row]));
  return there.filter((row) => isSame(row, wanted.get(keyOf(table, row)))).length;
}

function isSame(row: Row, wanted: Row | undefined): boolean {
  return wanted !== undefined && Object.entries(wanted).every(([column, value]) => row[column] === value);
}

export type Written = 'written' | 'not written' | 'changed';

/** Is each row of a set as the change left it, as it was before, or neither? In the order of `keysOf`. */
export async function stateOfRows(tx: Transaction, set: RowSet, read: ReadRows = readRows): Promise<Map<Key, Written>> {
  const columns = isBulk(set) ? [keyColumn(set.table)] : '*';
  const rows = await read(tx, set.table, keyColumn(set.table), lookupKeys(set), columns);
  const there = new Map(rows.map((row) => [keyOf(set.table, row), row]));
  return new Map(imagesOf(set).map(({ key, before, after }) => [key, stateOf(there.get(key), before, after)]));
}

/** What a row must show to be as before or as after; `null`: it is not there, `{}`: it is there. */
interface Images {
  readonly key: Key;
  readonly before: Row | null;
  readonly after: Row | null;
}

function imagesOf(set: RowSet): Images[] {
  if (set.kind === 'replace') return [...set.rows];
  if (set.kind === 'update') return set.keys.map((key) => ({ key, before: set.before, after: set.after }));
  if (set.kind === 'purge') return set.keys.map((key) => ({ key, before: {}, after: null }));
  if (set.kind === 'load') return set.keys.map((key) => ({ key, before: null, after: {} }));
  return set.rows.map((row) => {
    const key = keyOf(set.table, row);
    return set.kind === 'insert' ? { key, before: null, after: row } : { key, before: row, after: null };
  });
}

function stateOf(row: Row | undefined, before: Row | null, after: Row | null): Written {
  const shows = (image: Row | null): boolean => (image === null ? row === undefined : row !== undefined && isSame(row, image)); // prettier-ignore
  if (shows(after)) return 'written';
  return shows(before) ? 'not written' : 'changed';
}
