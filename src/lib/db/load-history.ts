/*
 * Brings rows of an archive back. Each row keeps its id where that is free, and gets a new one where somebody else has
 * it by now; what refers to it follows. What is there already, by a key of its own, is left: so that it may be done
 * again after it broke off.
 */
import type { LoadedRow, Row, RowSet } from '../model/rows.js';
import { keyColumn } from '../model/rows.js';
import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';

export type Content = Readonly<Record<string, readonly LoadedRow[]>>;

/** What the archive's ids of small things are here. */
export interface Place {
  readonly builderId: number;
  readonly masters: ReadonlyMap<number, number>;
  readonly workers: ReadonlyMap<number, number>;
}

interface Table {
  readonly name: string;
  /** Column → the table that it refers to. */
  readonly refers: Readonly<Record<string, string>>;
  /** Found by this column, and the same row by these. */
  readonly by: string;
  readonly key: readonly string[];
  readonly hasId: boolean;
}

const table = (name: string, refers: Table['refers'], by: string, key: string[], hasId = true): Table => ({ name, refers, by, key, hasId }); // prettier-ignore

/** In an order in which what is referred to comes first. */
const tables: readonly Table[] = [
  table('sourcestamps', { patchid: 'patches' }, 'ss_hash', ['ss_hash']),
  table('buildsets', {}, 'id', ['id', 'submitted_at', 'reason', 'external_idstring']),
  table('buildset_properties', { buildsetid: 'buildsets' }, 'buildsetid', ['buildsetid', 'property_name'], false),
  table('buildset_sourcestamps', { buildsetid: 'buildsets', sourcestampid: 'sourcestamps' }, 'buildsetid', ['buildsetid', 'sourcestampid']),
  table('buildrequests', { builderid: 'builders', buildsetid: 'buildsets' }, 'buildsetid', ['buildsetid', 'builderid']),
  table('buildrequest_claims', { brid: 'buildrequests', masterid: 'masters' }, 'brid', ['brid'], false),
  table('builds', { builderid: 'builders', buildrequestid: 'buildrequests', masterid: 'masters', workerid: 'workers' }, 'buildrequestid', ['builderid', 'number']),
  table('build_properties', { buildid: 'builds' }, 'buildid', ['buildid', 'name'], false),
  table('build_data', { buildid: 'builds' }, 'buildid', ['buildid', 'name']),
  table('steps', { buildid: 'builds' }, 'buildid', ['buildid', 'number']),
  table('logs', { stepid: 'steps' }, 'stepid', ['stepid', 'slug']),
  table('logchunks', { logid: 'logs' }, 'logid', ['logid', 'first_line'], false),
  table('test_names', { builderid: 'builders' }, 'builderid', ['name']),
  table('test_code_paths', { builderid: 'builders' }, 'builderid', ['path']),
  table('test_result_sets', { builderid: 'builders', buildid: 'builds', stepid: 'steps' }, 'buildid', ['buildid', 'stepid', 'description', 'category', 'value_unit']),
  table('test_results', { builderid: 'builders', test_result_setid: 'test_result_sets', test_nameid: 'test_names', test_code_pathid: 'test_code_paths' }, 'test_result_setid', ['test_result_setid', 'test_nameid', 'test_code_pathid', 'line', 'duration_ns', 'value']),
]; // prettier-ignore

export const loadedTables: readonly string[] = ['patches', ...tables.map(({ name }) => name)];

/** Columns that a newer schema wants and an older archive has not. */
const wanted: Readonly<Record<string, Row>> = { builds: { locks_duration_s: 0 } };

/** Ids here by the archive's ids, table by table. */
type Ids = Map<string, Map<number, number | null>>;

/** What of these rows is not there yet; the first such table alone if `isLook`, without giving ids. */
export async function loadContent(
  tx: Transaction,
  place: Place,
  content: Content,
  { isLook = false } = {},
): Promise<RowSet[]> {
  const ids: Ids = new Map<string, Map<number, number | null>>([
    ['masters', new Map(place.masters)],
    ['workers', new Map(place.workers)],
  ]);
  const sets: RowSet[] = [];
  for (const one of tables) {
    const rows = (content[one.name] ?? []).map((row) => referring(row, one, ids, place));
    const { missing, found } = await compare(tx, one, rows);
    ids.set(one.name, found);
    if (missing.length === 0) continue;
    if (isLook) return [{ kind: 'load', table: one.name, keys: [0], rows: missing }];
    if (one.name === 'sourcestamps') sets.push(...(await loadPatches(tx, content, missing, ids)));
    sets.push(...(await setsOf(tx, one, missing, ids)));
  }
  return sets;
}

function referring(row: LoadedRow, { name, refers }: Table, ids: Ids, place: Place): LoadedRow {
  const columns = Object.entries(refers).map(([column, parent]) => {
    if (parent === 'builders') return [column, place.builderId];
    const id = row[column] ?? null;
    const known = ids.get(parent)?.get(Number(id));
    // A worker that is gone is no worker, as Buildbot has it; what dangled goes on dangling.
    return [column, id === null ? null : (known ?? (parent === 'workers' ? null : id))];
  });
  return { ...wanted[name], ...row, ...(Object.fromEntries(columns) as LoadedRow) };
}

interface Comparison {
  readonly missing: readonly LoadedRow[];
  readonly found: Map<number, number | null>;
}

/** Several rows may have the same key: as many of them are there as were found. */
async function compare(tx: Transaction, one: Table, rows: readonly LoadedRow[]): Promise<Comparison> {
  const columns = one.key.filter((column) => tx.schema.has(one.name, column));
  const keyOf = (row: LoadedRow): string => JSON.stringify(columns.map((column) => row[column] ?? null));
  const there = new Map<string, number[]>();
  for (const { row, id } of await lookUp(tx, one, rows, columns)) {
    there.set(keyOf(row), [...(there.get(keyOf(row)) ?? []), id]);
  }
  const found = new Map<number, number | null>();
  const missing = rows.filter((row) => {
    const id = there.get(keyOf(row))?.shift();
    if (id !== undefined) found.set(Number(row['id']), id);
    return id === undefined;
  });
  return { missing, found };
}

/** A row that is there; `row.id` is the archive's, where the two differ. */
interface There {
  readonly row: Row;
  readonly id: number;
}

async function lookUp(tx: Transaction, one: Table, rows: readonly LoadedRow[], columns: string[]): Promise<There[]> {
  const values = [...new Set(rows.map((row) => row[one.by]))] as number[];
  const found: There[] = [];
  const order = one.hasId ? 'id' : one.by;
  const wantedColumns = [...new Set([order, ...columns])];
  for (const some of chunks(values)) {
    const there = await tx.sql<Row>(one.name).whereIn(one.by, some).orderBy(order).select<Row[]>(wantedColumns);
    found.push(...there.map((row) => ({ row, id: Number(row['id']) })));
  }
  const mayBeHalf = one.name === 'buildsets' && tx.schema.withoutTransactions.includes('buildsets');
  return mayBeHalf ? [...found, ...(await abandonedBuildsets(tx, rows, found))] : found;
}

const sameBuildset = ['submitted_at', 'reason', 'external_idstring'] as const;

/** Without transactions a load that broke off may have left buildsets with new ids, which have no requests yet. */
async function abandonedBuildsets(
  tx: Transaction,
  rows: readonly LoadedRow[],
  found: readonly There[],
): Promise<There[]> {
  const requests = tx.sql('buildrequests').where('buildsetid', tx.sql.ref('buildsets.id')).select('buildrequests.id');
  const left = await tx
    .sql('buildsets')
    .whereIn('submitted_at', [...new Set(rows.map((row) => row['submitted_at']))] as number[])
    .whereNotExists(requests)
    .select<Row[]>('id', ...sameBuildset);
  const known = new Set(found.map(({ id }) => id));
  const unmatched = rows.filter((row) => !known.has(Number(row['id'])));
  return left.flatMap((row): There[] => {
    const isSame = (one: LoadedRow): boolean => sameBuildset.every((column) => one[column] === row[column]);
    const index = known.has(Number(row['id'])) ? -1 : unmatched.findIndex(isSame);
    const [mine] = index === -1 ? [] : unmatched.splice(index, 1);
    return mine ? [{ row: { ...row, id: Number(mine['id']) }, id: Number(row['id']) }] : [];
  });
}

async function setsOf(tx: Transaction, one: Table, missing: readonly LoadedRow[], ids: Ids): Promise<RowSet[]> {
  const known = missing.map((row) => onlyKnown(tx, one.name, row));
  const rows = one.name === 'buildsets' ? await withParents(tx, known) : known;
  const placed = one.hasId ? await withIds(tx, one.name, rows) : rows;
  for (const [index, row] of placed.entries()) {
    if (one.hasId) ids.get(one.name)?.set(Number(missing[index]?.['id']), Number(row['id']));
  }
  const column = one.hasId ? 'id' : keyColumn(one.name);
  const keys = [...new Set(placed.map((row) => Number(row[column])))];
  return [{ kind: 'load', table: one.name, keys, rows: placed }];
}

function onlyKnown(tx: Transaction, name: string, row: LoadedRow): LoadedRow {
  return Object.fromEntries(Object.entries(row).filter(([column]) => tx.schema.has(name, column)));
}

/** They keep their ids where nobody has them. */
export async function withIds<R extends LoadedRow>(tx: Transaction, name: string, rows: readonly R[]): Promise<R[]> {
  const taken = new Set<number>();
  for (const some of chunks(rows.map((row) => Number(row['id'])))) {
    const there = await tx.sql(name).whereIn('id', some).select<{ id: number }[]>('id');
    for (const { id } of there) taken.add(id);
  }
  const kept = rows.map((row) => Number(row['id'])).filter((id) => !taken.has(id));
  if (kept.length > 0) await tx.dialect.raiseIds(tx, name, Math.max(...kept));
  if (taken.size === 0) return [...rows];
  const fresh = await tx.dialect.newIds(tx, name, taken.size);
  return rows.map((row) => (taken.has(Number(row['id'])) ? { ...row, id: fresh.shift() ?? null } : row));
}

/** Of the builds of other builders that buildsets came from, some may be gone. */
async function withParents(tx: Transaction, rows: readonly LoadedRow[]): Promise<LoadedRow[]> {
  const columns = ['parent_buildid', 'rebuilt_buildid'] as const;
  const named = rows
    .flatMap((row) => columns.map((column) => row[column]))
    .filter((id): id is number => typeof id === 'number');
  const there = await tx.sql('builds').whereIn('id', [...new Set(named)]).select<{ id: number }[]>('id'); // prettier-ignore
  const ids = new Set<unknown>(there.map((row) => row.id));
  return rows.map((row) => {
    const lost = columns.filter((column) => row[column] !== undefined && !ids.has(row[column]));
    return { ...row, ...(Object.fromEntries(lost.map((column) => [column, null])) as LoadedRow) };
  });
}

/** Those of source stamps that are missing. */
async function loadPatches(tx: Transaction, content: Content, stamps: readonly LoadedRow[], ids: Ids): Promise<RowSet[]> {
  const needed = new Set<unknown>(stamps.map((row) => row['patchid']).filter((id) => id !== null));
  const patches = (content['patches'] ?? []).filter((row) => needed.has(row['id']));
  if (patches.length === 0) return [];
  const rows = await withIds(tx, 'patches', patches);
  const fresh = new Map(patches.map((row, index) => [Number(row['id']), Number(rows[index]?.['id'])]));
  ids.set('patches', fresh);
  for (const stamp of stamps) Object.assign(stamp, { patchid: fresh.get(Number(stamp['patchid'])) ?? null });
  return [{ kind: 'load', table: 'patches', keys: rows.map((row) => Number(row['id'])), rows }];
} // prettier-ignore
