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
  | { readonly kind: 'insert'; readonly table: string; readonly rows: readonly Row[] };

/** What identifies a row, table by table; `id` where nothing else is said. */
const keyColumns: Record<string, string> = {
  buildrequest_claims: 'brid',
  scheduler_masters: 'schedulerid',
  changesource_masters: 'changesourceid',
};

export function keyColumn(table: string): string {
  return keyColumns[table] ?? 'id';
}

export function keysOf(set: RowSet): number[] {
  return set.kind === 'update' ? [...set.keys] : set.rows.map((row) => Number(row[keyColumn(set.table)]));
}

/** What takes a set back. */
export function inverse(set: RowSet): RowSet {
  if (set.kind === 'update') return { ...set, before: set.after, after: set.before };
  return { ...set, kind: set.kind === 'delete' ? 'insert' : 'delete' };
}

export function countRows(sets: readonly RowSet[]): number {
  return sets.reduce((sum, set) => sum + (set.kind === 'update' ? set.keys.length : set.rows.length), 0);
}
