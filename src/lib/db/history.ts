import type { Row } from '../model/rows.js';
import type { Transaction } from './connect.js';
import { chunks } from './chunks.js';

/**
 * What hangs on a row, by the column that names it. Whether the database would cascade differs by engine and by how its
 * schema came to be (SQLite and MyISAM never do): children are deleted one by one, before what they hang on.
 */
const hangsOn: Readonly<Record<string, readonly (readonly [table: string, column: string])[]>> = {
  builds: [
    ['steps', 'buildid'],
    ['test_result_sets', 'buildid'],
    ['build_properties', 'buildid'],
    ['build_data', 'buildid'],
  ],
  steps: [
    ['logs', 'stepid'],
    ['test_result_sets', 'stepid'],
  ],
  logs: [['logchunks', 'logid']],
  test_result_sets: [['test_results', 'test_result_setid']],
  test_names: [['test_results', 'test_nameid']],
  test_code_paths: [['test_results', 'test_code_pathid']],
  buildrequests: [['buildrequest_claims', 'brid']],
  buildsets: [
    ['buildset_properties', 'buildsetid'],
    ['buildset_sourcestamps', 'buildsetid'],
  ],
};

/** Every table that history is in, for LOCK TABLES. */
export const historyTables: readonly string[] = [
  ...new Set(Object.entries(hangsOn).flatMap(([table, children]) => [table, ...children.map(([child]) => child)])),
];

/** Deletes these rows with all that hangs on them; doing it again does nothing. Rows deleted, by table. */
export async function purgeHistory(
  tx: Transaction,
  table: string,
  keys: readonly number[],
  upToLine?: number,
): Promise<Record<string, number>> {
  if (upToLine !== undefined) {
    return { [table]: await tx.sql(table).whereIn('logid', keys).where('first_line', '<=', upToLine).delete() };
  }
  return purgeBy(tx, table, 'id', keys);
}

async function purgeBy(
  tx: Transaction,
  table: string,
  column: string,
  keys: readonly number[],
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  if (!tx.schema.has(table, column) || keys.length === 0) return counts;
  const children = hangsOn[table] ?? [];
  // MySQL finds the rows of a subquery in a DELETE one by one: they are named instead.
  const ids = children.length === 0 || column === 'id' ? keys : await idsBy(tx, table, column, keys);
  for (const [child, by] of children) add(counts, await purgeBy(tx, child, by, ids));
  for (const some of chunks(keys)) add(counts, { [table]: await tx.sql(table).whereIn(column, some).delete() });
  return counts;
}

async function idsBy(tx: Transaction, table: string, column: string, keys: readonly number[]): Promise<number[]> {
  const ids: number[] = [];
  for (const some of chunks(keys)) {
    const rows = await tx.sql<Row>(table).whereIn(column, some).select<{ id: number }[]>('id');
    ids.push(...rows.map((row) => row.id));
  }
  return ids;
}

function add(counts: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [table, rows] of Object.entries(more)) if (rows > 0) counts[table] = (counts[table] ?? 0) + rows;
}
