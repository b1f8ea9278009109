/** Rows as the database has them: what a change did to them, and what the journal keeps of it. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** Rows of one table that change in the same way. */
export type RowSet =
  | {
      readonly kind: 'update';
      readonly table: string;
      readonly keys: readonly number[];
      readonly before: Row;
      readonly after: Row;
    }
  | { readonly kind: 'delete'; readonly table: string; readonly rows: readonly Row[] }
  | { readonly kind: 'insert'; readonly table: string; readonly rows: readonly Row[] }
  /** Each row in a way of its own: from an image of some columns to another. */
  | { readonly kind: 'replace'; readonly table: string; readonly rows: readonly Replacement[] }
  /** History that goes with all that hangs on it (`db/history.ts`): too much for a journal, so it keeps the keys alone. */
  | {
      readonly kind: 'purge';
      readonly table: string;
      readonly keys: readonly number[];
      /** Of a log that is too long for one transaction: its chunks up to the one that begins with this line. */
      readonly upToLine?: number;
      /** Rows that hang on them, by table, where they were counted: those may be left to the database to delete. */
      readonly hanging?: Readonly<Record<string, number>>;
    }
  /** History that comes back from an archive; of the rows the journal keeps the keys. */
  | {
      readonly kind: 'load';
      readonly table: string;
      readonly keys: readonly number[];
      readonly rows: readonly LoadedRow[];
    };

/** Rows of history have blobs. */
export type LoadedRow = Readonly<Record<string, Value | Uint8Array>>;

export interface Replacement {
  readonly key: number;
  readonly before: Row;
  readonly after: Row;
}

/** Sets of these cannot be taken back from the journal: it has not kept the rows. */
export function isBulk(set: RowSet): boolean {
  return set.kind === 'purge' || set.kind === 'load';
}

/** What identifies a row, table by table; `id` where nothing else is said. */
const keyColumns: Readonly<Record<string, readonly [string, ...string[]]>> = {
  buildrequest_claims: ['brid'],
  scheduler_masters: ['schedulerid'],
  changesource_masters: ['changesourceid'],
  scheduler_changes: ['schedulerid', 'changeid'],
  object_state: ['objectid', 'name'],
  // Never changed but with all others of what they hang on.
  logchunks: ['logid'],
  build_properties: ['buildid'],
  buildset_properties: ['buildsetid'],
};

export function keyColumnsOf(table: string): readonly [string, ...string[]] {
  return keyColumns[table] ?? ['id'];
}

/** The column that rows are looked up by. */
export function keyColumn(table: string): string {
  return keyColumnsOf(table)[0];
}

/** A number, or where it takes several columns to tell a row, those as text. */
export type Key = number | string;

export function keyOf(table: string, row: Row): Key {
  const [first, ...others] = keyColumnsOf(table);
  if (others.length === 0) return Number(row[first]);
  return [first, ...others].map((column) => row[column]).join(' ');
}

export function keysOf(set: RowSet): Key[] {
  if (set.kind === 'replace') return set.rows.map((row) => row.key);
  if (set.kind === 'delete' || set.kind === 'insert') return set.rows.map((row) => keyOf(set.table, row));
  return [...set.keys];
}

/** What the rows of a set are looked up by: each once. */
export function lookupKeys(set: RowSet): number[] {
  const isOfRows = set.kind === 'delete' || set.kind === 'insert';
  const keys = isOfRows ? set.rows.map((row) => Number(row[keyColumn(set.table)])) : keysOf(set).map(Number);
  return [...new Set(keys)];
}

/** The part of a set that concerns these keys. */
export function onlyKeys(set: RowSet, keys: ReadonlySet<Key>): RowSet {
  if (set.kind === 'replace') return { ...set, rows: set.rows.filter((row) => keys.has(row.key)) };
  if (set.kind === 'update' || set.kind === 'purge') return { ...set, keys: set.keys.filter((key) => keys.has(key)) };
  if (set.kind === 'load') return { ...set, keys: set.keys.filter((key) => keys.has(key)) };
  return { ...set, rows: set.rows.filter((row) => keys.has(keyOf(set.table, row))) };
}

/** What takes a set back. */
export function inverse(set: RowSet): RowSet {
  if (set.kind === 'update') return { ...set, before: set.after, after: set.before };
  if (set.kind === 'delete') return { ...set, kind: 'insert' };
  if (set.kind === 'insert') return { ...set, kind: 'delete' };
  if (set.kind === 'replace') return { ...set, rows: set.rows.map(turnedRound).reverse() };
  throw new Error(`The journal has not kept the rows of ${set.table}.`);
}

function turnedRound({ key, before, after }: Replacement): Replacement {
  return { key, before: after, after: before };
}

export function countRows(sets: readonly RowSet[]): number {
  return sets.reduce((sum, set) => sum + (set.kind === 'load' ? set.rows.length : keysOf(set).length), 0);
}

/** One set for each way in which the rows were before; each has its `id`. */
export function updatesOf(table: string, rows: readonly Row[], columns: readonly string[], after: Row): RowSet[] {
  const groups = new Map<string, { before: Row; keys: number[] }>();
  for (const row of rows) {
    const before = Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
    const group = groups.get(JSON.stringify(before)) ?? { before, keys: [] };
    groups.set(JSON.stringify(before), group);
    group.keys.push(Number(row['id']));
  }
  return [...groups.values()].map(({ before, keys }) => ({ kind: 'update', table, keys, before, after }));
}
