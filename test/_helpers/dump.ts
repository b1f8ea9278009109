import type { Connection, Row } from './engines/connection.js';

export type Dump = Record<string, Row[]>;

/** What changed in one row; of a changed row only the columns that differ. */
export interface Difference {
  table: string;
  key: Row;
  before?: Row;
  after?: Row;
}

/** What makes a row the same row, where that is not its `id`. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  build_properties: ['buildid', 'name'],
  buildrequest_claims: ['brid'],
  buildset_properties: ['buildsetid', 'property_name'],
  change_files: ['changeid', 'filename'],
  change_properties: ['changeid', 'property_name'],
  change_users: ['changeid', 'uid'],
  changes: ['changeid'],
  changesource_masters: ['changesourceid'],
  logchunks: ['logid', 'first_line'],
  migrate_version: ['repository_id'],
  object_state: ['objectid', 'name'],
  scheduler_changes: ['schedulerid', 'changeid'],
  scheduler_masters: ['schedulerid'],
  users: ['uid'],
  users_info: ['uid', 'attr_type'],
};

export async function dumpOf(connection: Connection): Promise<Dump> {
  const dump: Dump = {};
  for (const table of (await connection.tables()).sort()) {
    const rows = await connection.query(`SELECT * FROM ${connection.quote(table)}`);
    dump[table] = rows.map(comparable).sort(compareRows);
  }
  return dump;
}

export function diffDumps(before: Dump, after: Dump): Difference[] {
  const tables = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return tables.flatMap((table) => diffTable(table, before[table] ?? [], after[table] ?? []));
}

function diffTable(table: string, before: Row[], after: Row[]): Difference[] {
  const columns = keyColumns(table, before, after);
  const old = byKey(before, columns);
  const new_ = byKey(after, columns);
  const removed = [...old].filter(([key]) => !new_.has(key)).map(([, row]) => row);
  const added = [...new_].filter(([key]) => !old.has(key)).map(([, row]) => row);
  return [
    ...removed.map((row) => ({ table, key: pick(row, columns), before: row })),
    ...[...old].flatMap(([key, row]) => diffRow(table, columns, row, new_.get(key))),
    ...added.map((row) => ({ table, key: pick(row, columns), after: row })),
  ];
}

function diffRow(table: string, key: readonly string[], before: Row, after: Row | undefined): Difference[] {
  if (!after) return [];
  const columns = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = columns.filter((column) => before[column] !== after[column]);
  if (changed.length === 0) return [];
  return [{ table, key: pick(before, key), before: pick(before, changed), after: pick(after, changed) }];
}

/** Old databases have rows twice that should be there once; then only the whole row says which one it is. */
function keyColumns(table: string, ...sides: Row[][]): readonly string[] {
  const sample = sides.flat()[0];
  if (!sample) return [];
  const columns = KEYS[table] ?? ['id'];
  const isKey =
    columns.every((column) => column in sample) && sides.every((rows) => byKey(rows, columns).size === rows.length);
  return isKey ? columns : Object.keys(sample);
}

function byKey(rows: readonly Row[], columns: readonly string[]): Map<string, Row> {
  const seen = new Map<string, number>();
  const isWhole = rows[0] !== undefined && columns.length === Object.keys(rows[0]).length;
  return new Map(
    rows.map((row) => {
      const key = JSON.stringify(Object.values(pick(row, columns)));
      const count = seen.get(key) ?? 0;
      seen.set(key, count + 1);
      return [isWhole ? `${key}#${count}` : key, row];
    }),
  );
}

function pick(row: Row, columns: readonly string[]): Row {
  return Object.fromEntries(columns.map((column) => [column, row[column]]));
}

function comparable(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plain(value)]));
}

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (typeof value === 'bigint') return Number(value);
  return value;
}

function compareRows(a: Row, b: Row): number {
  for (const column of Object.keys(a)) {
    const order = compareValues(a[column], b[column]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
