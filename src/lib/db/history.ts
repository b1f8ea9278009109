import type { Knex } from 'knex';
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
  const counts: Record<string, number> = {};
  for (const some of chunks(keys)) add(counts, await purgeBy(tx, table, 'id', some));
  return counts;
}

/** Ids, or what makes the statement that selects them (a statement itself would be run when it is waited for). */
type Selection = readonly number[] | (() => Knex.QueryBuilder);

async function purgeBy(
  tx: Transaction,
  table: string,
  column: string,
  selection: Selection,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  if (!tx.schema.has(table, column) || (selection.length === 0 && typeof selection !== 'function')) return counts;
  const children = hangsOn[table] ?? [];
  const ids = children.length === 0 || column === 'id' ? selection : await idsOf(tx, table, column, selection);
  for (const [child, by] of children) add(counts, await purgeBy(tx, child, by, ids));
  for (const some of parts(selection)) add(counts, { [table]: await tx.sql(table).whereIn(column, some as never).delete() }); // prettier-ignore
  return counts;
}

function parts(selection: Selection): (number[] | Knex.QueryBuilder)[] {
  return typeof selection === 'function' ? [selection()] : chunks(selection);
}

async function idsOf(tx: Transaction, table: string, column: string, selection: Selection): Promise<Selection> {
  if (tx.dialect.deletesBySubquery) {
    return () => tx.sql(table).whereIn(column, parts(selection)[0] as never).select('id'); // prettier-ignore
  }
  const ids: number[] = [];
  for (const some of parts(selection)) {
    const rows = await tx.sql(table).whereIn(column, some as never).select<{ id: number }[]>('id'); // prettier-ignore
    ids.push(...rows.map((row) => row.id));
  }
  return ids;
}

function add(counts: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [table, rows] of Object.entries(more)) if (rows > 0) counts[table] = (counts[table] ?? 0) + rows;
}
