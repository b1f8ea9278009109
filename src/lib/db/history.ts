import type { Knex } from 'knex';
import type { Transaction } from './connect.js';
import type { Reference } from './dialect.js';
import { chunks } from './chunks.js';

/**
 * What hangs on a row, by the column that names it. Whether the database cascades differs by engine and by how its
 * schema came to be (SQLite and MyISAM never do): only what was probed to cascade is left to it; all else is deleted
 * table by table, before what it hangs on.
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

type Counts = Record<string, number>;

/**
 * Deletes these rows with all that hangs on them; doing it again does nothing. Rows deleted, by table: of what is left to
 * the database, which does not tell, as they were counted before. What was not counted is not left to it.
 */
export async function purgeHistory(
  tx: Transaction,
  table: string,
  keys: readonly number[],
  hanging?: Readonly<Counts>,
): Promise<Counts> {
  const purge = { tx, isLeft: (reference: Reference) => hanging !== undefined && tx.schema.cascades(reference) };
  const counts: Counts = {};
  for (const some of chunks(keys)) {
    add(counts, await purgeChildren(purge, table, some));
    add(counts, { [table]: await tx.dialect.among(tx.sql(table), 'id', some).delete() });
  }
  const left = referencesBelow(tx, table).filter(purge.isLeft);
  return { ...counts, ...pick(hanging ?? {}, left.map((reference) => reference.table)) }; // prettier-ignore
}

/** Of these logs the chunks up to the one that begins with this line. */
export async function purgeChunks(tx: Transaction, logs: readonly number[], upToLine: number): Promise<Counts> {
  return { logchunks: await tx.sql('logchunks').whereIn('logid', logs).where('first_line', '<=', upToLine).delete() };
}

interface Purge {
  readonly tx: Transaction;
  /** Is it deleted by the database, when the rows that it names are? */
  readonly isLeft: (reference: Reference) => boolean;
}

/** What names rows of the table, in tables that this version has. */
function referencesTo(tx: Transaction, parent: string): Reference[] {
  const references = (hangsOn[parent] ?? []).map(([table, column]) => ({ table, column, parent }));
  return references.filter(({ table, column }) => tx.schema.has(table, column));
}

function referencesBelow(tx: Transaction, parent: string): Reference[] {
  return referencesTo(tx, parent).flatMap((reference) => [reference, ...referencesBelow(tx, reference.table)]);
}

/** Ids, or what makes the statement that selects them (a statement itself would be run when it is waited for). */
type Selection = readonly number[] | (() => Knex.QueryBuilder);

/** Also below what is left to the database there may be something that is not. */
async function purgeChildren(purge: Purge, parent: string, selection: Selection): Promise<Counts> {
  const { tx, isLeft } = purge;
  const counts: Counts = {};
  for (const reference of referencesTo(tx, parent)) {
    const { table, column } = reference;
    if (!referencesBelow(tx, table).every(isLeft)) {
      add(counts, await purgeChildren(purge, table, await idsOf(tx, table, column, selection)));
    }
    if (isLeft(reference)) continue;
    for (const some of parts(selection)) add(counts, { [table]: await selected(tx, table, column, some).delete() });
  }
  return counts;
}

function selected(
  tx: Transaction,
  table: string,
  column: string,
  part: readonly number[] | Knex.QueryBuilder,
): Knex.QueryBuilder {
  const query: Knex.QueryBuilder = tx.sql(table);
  return Array.isArray(part) ? tx.dialect.among(query, column, part) : query.whereIn(column, part as Knex.QueryBuilder);
}

function parts(selection: Selection): (number[] | Knex.QueryBuilder)[] {
  return typeof selection === 'function' ? [selection()] : chunks(selection);
}

async function idsOf(tx: Transaction, table: string, column: string, selection: Selection): Promise<Selection> {
  if (tx.dialect.deletesBySubquery) {
    return () => selected(tx, table, column, parts(selection)[0] ?? []).select('id');
  }
  const ids: number[] = [];
  for (const some of parts(selection)) {
    const rows = await selected(tx, table, column, some).select<{ id: number }[]>('id');
    ids.push(...rows.map((row) => row.id));
  }
  return ids;
}

function add(counts: Counts, more: Readonly<Counts>): void {
  for (const [table, rows] of Object.entries(more)) if (rows > 0) counts[table] = (counts[table] ?? 0) + rows;
}

/** Tables without rows are left out. */
function pick(counts: Readonly<Counts>, tables: readonly string[]): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([table, rows]) => rows > 0 && tables.includes(table)));
}
