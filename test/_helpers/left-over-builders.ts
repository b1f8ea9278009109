// Builders that nobody configures any more, with something in every table that history is in.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { forgetBuilders, type ForgetBuilderStep, type ForgetWorld } from '../../src/lib/operations/forget-builders.js';
import type { Operation } from '../../src/lib/operation.js';
import type { Inventory } from '../../src/lib/model/inventory.js';
import { databaseFrom, type Dump, type EngineName, type TestDatabase } from './database.js';
import type { Row } from './engines/connection.js';
import { makeUnclean } from './killed.js';
import { idOf } from './clusters.js';

/** Names nothing, and says that this is all: whatever nobody configures is left over. */
export const certainlyAll: Inventory = {
  file: 'cluster.yaml',
  complete: true,
  tokenFile: null,
  masters: [],
  builders: new Set(),
  workers: new Set(),
  schedulers: new Set(),
  changeSources: new Set(),
};

/** Forgets a builder that is left over for certain, after it was archived. */
export function forgetting(builder: string, file: string): Operation<ForgetWorld, ForgetBuilderStep> {
  const common = {
    builders: [builder],
    inventory: certainlyAll,
    force: false,
    expireAfter: 600,
    pauseMs: 0,
    index: 'none' as const,
  };
  return forgetBuilders({ ...common, archive: { file, bbctl: '0.0.0' } });
}

export const versions = ['0.9.15.post1', '2.10.5', '3.7.0', '4.3.0'] as const;

/** All masters of the recording stopped in good order, and nothing left open. */
export async function stoppedCluster(t: ExecutionContext, engine: EngineName, version: string): Promise<TestDatabase> {
  const db = await databaseFrom(engine, `${version}/killed`);
  t.teardown(() => db.close());
  await makeUnclean(db);
  for (const sql of [
    'DELETE FROM connected_workers',
    'UPDATE builds SET complete_at = started_at, results = 0 WHERE complete_at IS NULL',
    'UPDATE steps SET complete_at = started_at, results = 0 WHERE complete_at IS NULL',
    'UPDATE logs SET complete = 1',
    'UPDATE buildrequests SET complete = 1, complete_at = submitted_at, results = 0 WHERE complete = 0',
    'UPDATE buildsets SET complete = 1, complete_at = submitted_at, results = 0 WHERE complete = 0',
  ])
    await db.exec(sql);
  return db;
}

/** `quick` gets what recordings lack: a part in every table, ties to `slow`, and a log of many chunks. */
export async function leftoverBuilders(
  t: ExecutionContext,
  engine: EngineName,
  version: string,
): Promise<TestDatabase> {
  const db = await stoppedCluster(t, engine, version);
  const [quick, slow] = [await idOf(db, 'builders', 'quick'), await idOf(db, 'builders', 'slow')];
  const [build = 0, second = 0] = await idsOf(db, `SELECT id FROM builds WHERE builderid = ${quick} ORDER BY id`);
  const [slowBuild = 0] = await idsOf(db, `SELECT id FROM builds WHERE builderid = ${slow} ORDER BY id`);
  const [step = 0] = await idsOf(db, `SELECT id FROM steps WHERE buildid = ${second} ORDER BY id`);
  const [tag = 0] = await idsOf(db, 'SELECT id FROM tags ORDER BY id');
  const rows: [string, Row][] = [
    ...(await hasTag(db, quick) ? [] : [['builders_tags', { id: 9001, builderid: quick, tagid: tag }] as [string, Row]]),
    ['build_data', { id: 9001, buildid: build, name: 'data', value: everyByte, length: 256, source: 'test' }],
    ['build_data', { id: 9002, buildid: second, name: 'empty', value: Buffer.alloc(0), length: 0, source: 'test' }],
    ['test_names', { id: 9001, builderid: quick, name: 'a test' }],
    ['test_names', { id: 9002, builderid: slow, name: 'a test' }],
    ['test_code_paths', { id: 9001, builderid: quick, path: 'a/path' }],
    ['test_result_sets', { id: 9001, builderid: quick, buildid: second, stepid: step, category: 'c', value_unit: 'u', complete: 1 }],
    ['test_results', { id: 9001, builderid: quick, test_result_setid: 9001, test_nameid: 9001, test_code_pathid: 9001, line: 7, value: 'ok' }],
    ['test_results', { id: 9002, builderid: quick, test_result_setid: 9001, test_nameid: 9001, value: 'ok' }],
    ['patches', { id: 9001, patchlevel: 1, patch_base64: 'cGF0Y2g=', patch_author: 'a', patch_comment: '', subdir: '' }],
    ['sourcestamps', { id: 9001, ss_hash: 'h'.repeat(40), patchid: 9001, repository: 'r', codebase: '', project: '', created_at: 9 }],
    ...buildset(9001, [quick, slow]),
    ...buildset(9002, [quick], build),
    ...buildset(9003, [slow], second, build),
    ...buildset(9004, [quick], slowBuild),
    ['logs', { id: 9001, name: 'long', slug: 'long', stepid: step, complete: 1, num_lines: 9_000_000, type: 's' }],
    ...Array.from({ length: 300 }, (_, index): [string, Row] => ['logchunks', { logid: 9001, first_line: index, last_line: index, content: index % 2 ? everyByte : Buffer.from(`o ${index}\n`), compressed: index % 3 }]),
  ]; // prettier-ignore
  for (const [table, row] of rows) await insert(db, table, row);
  if (engine === 'postgres') await raiseSequences(db);
  return db;
}

export const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

function buildset(id: number, builders: readonly number[], parent?: number, rebuilt?: number): [string, Row][] {
  const times = { submitted_at: id, complete: 1, complete_at: id + 1, results: 0 };
  return [
    ['buildsets', { id, reason: 'made up', ...times, parent_buildid: parent ?? null, parent_relationship: parent ? 'Triggered' : null, rebuilt_buildid: rebuilt ?? null }],
    ['buildset_properties', { buildsetid: id, property_name: 'owner', property_value: '["me", "test"]' }],
    ['buildset_sourcestamps', { id, buildsetid: id, sourcestampid: 9001 }],
    ...builders.flatMap((builderid, index): [string, Row][] => [
      ['buildrequests', { id: 10 * id + index, buildsetid: id, builderid, priority: 0, waited_for: 0, ...times }],
      ['buildrequest_claims', { brid: 10 * id + index, masterid: 1, claimed_at: id }],
    ]),
  ]; // prettier-ignore
}

async function hasTag(db: TestDatabase, builder: number): Promise<boolean> {
  return (await db.query('SELECT id FROM builders_tags WHERE builderid = ?', [builder])).length > 0;
}

async function idsOf(db: TestDatabase, sql: string): Promise<number[]> {
  return (await db.query(sql)).map((row) => Number(row.id));
}

/** Tables and columns that this version has not are left out. */
async function insert(db: TestDatabase, table: string, row: Row): Promise<void> {
  const known = await db.columns(table);
  const columns = Object.keys(row).filter((column) => known.includes(column));
  if (columns.length === 0) return;
  const places = columns.map(() => '?').join(', ');
  await db.query(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`, columns.map((column) => row[column])); // prettier-ignore
}

async function raiseSequences(db: TestDatabase): Promise<void> {
  for (const table of await db.tables()) {
    if (!(await db.columns(table)).includes('id')) continue;
    await db.exec(
      `SELECT setval(pg_get_serial_sequence('${table}', 'id'), (SELECT max(id) FROM ${table})) WHERE pg_get_serial_sequence('${table}', 'id') IS NOT NULL`,
    );
  }
}

interface Reference {
  readonly table: string;
  readonly column: string;
  readonly parent: string;
  /** `id`, mostly. */
  readonly key: string;
  /** The constraint's. */
  readonly name: string;
  /** `ON DELETE CASCADE` */
  readonly action: string;
}

/** What refers to what, as PostgreSQL is told by that version of Buildbot. */
export function referencesOf(version: string): Reference[] {
  const sql = readFileSync(join(process.cwd(), 'test/fixtures', version, 'pg/fresh.schema.sql'), 'utf8');
  const pattern =
    /ALTER TABLE ONLY public\.(\w+)\s+ADD CONSTRAINT (\w+) FOREIGN KEY \((\w+)\) REFERENCES public\.(\w+)\((\w+)\)(.*);/g;
  return [...sql.matchAll(pattern)].map(([, table = '', name = '', column = '', parent = '', key = '', action = '']) => ({ table, column, parent, key, name, action })); // prettier-ignore
}

/** InnoDB with the foreign keys that Buildbot makes there; the recordings are of MyISAM, which has none. */
export async function addForeignKeys(db: TestDatabase, version: string): Promise<void> {
  await db.exec('SET foreign_key_checks = 0');
  for (const reference of referencesOf(version)) await db.exec(constraint(reference));
  await db.exec('SET foreign_key_checks = 1');
}

/** Makes the foreign key do something else, or takes it away. */
export async function changeForeignKey(
  db: TestDatabase,
  version: string,
  column: string,
  action: string | null,
): Promise<void> {
  const reference = referencesOf(version).find((one) => `${one.table}.${one.column}` === column);
  if (!reference) throw new Error(`${column} is no foreign key in ${version}`);
  const kind = db.engine === 'postgres' ? 'CONSTRAINT' : 'FOREIGN KEY';
  await db.exec(`ALTER TABLE ${reference.table} DROP ${kind} ${reference.name}`);
  if (action !== null) await db.exec(constraint({ ...reference, action }));
}

function constraint({ table, column, parent, key, name, action }: Reference): string {
  return `ALTER TABLE ${table} ADD CONSTRAINT ${name} FOREIGN KEY (${column}) REFERENCES ${parent} (${key}) ${action}`;
}

/** What must be left of a database when a builder is forgotten, worked out from the schema alone. */
export function withoutBuilder(before: Dump, version: string, builder: number): Dump {
  const references = referencesOf(version);
  let dump = remove(before, 'builders', (row) => row.id === builder);
  const gone = (buildset: Row): boolean => {
    const mine = (side: Dump): Row[] => (side.buildrequests ?? []).filter((row) => row.buildsetid === buildset.id);
    return mine(before).length > 0 && mine(dump).length === 0;
  };
  for (let rows = -1; rows !== size(dump);) {
    rows = size(dump);
    for (const reference of references) dump = settle(dump, reference);
    dump = remove(dump, 'buildsets', gone);
  }
  return dump;
}

/** Rows whose parent is gone go too; a buildset only forgets which build it came from. */
function settle(dump: Dump, { table, column, parent }: Reference): Dump {
  const there = new Set((dump[parent] ?? []).map((row) => row[parent === 'changes' ? 'changeid' : parent === 'users' ? 'uid' : 'id'])); // prettier-ignore
  const dangles = (row: Row): boolean => row[column] !== null && row[column] !== undefined && !there.has(row[column]);
  if (table !== 'buildsets') return remove(dump, table, dangles);
  return { ...dump, buildsets: (dump.buildsets ?? []).map((row) => (dangles(row) ? { ...row, [column]: null } : row)) };
}

function remove(dump: Dump, table: string, isGone: (row: Row) => boolean): Dump {
  return { ...dump, [table]: (dump[table] ?? []).filter((row) => !isGone(row)) };
}

function size(dump: Dump): number {
  return Object.values(dump).reduce((sum, rows) => sum + rows.length, 0);
}
