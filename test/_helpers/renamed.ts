// A builder that was renamed in master.cfg: the old one with its history, which no master configures any more, and the
// new one, which a living master builds on.
import type { ExecutionContext } from 'ava';
import type { Difference, Dump, EngineName, TestDatabase } from './database.js';
import { beatHeart } from './killed.js';
import { databaseAged } from './recordings.js';

type Row = Record<string, unknown>;

export interface Renamed {
  db: TestDatabase;
  from: { id: number; name: string };
  into: { id: number; name: string };
  /** Open requests of the old one, which nobody has claimed. */
  open: number[];
}

/** From the recording of any version: `quick` was renamed to `slow`; each built a while, as `order` says. */
export async function renamedBuilder(
  t: ExecutionContext,
  engine: EngineName,
  fixture = '3.7.0/killed',
  order = 'ffffififfiii',
): Promise<Renamed> {
  const db = await databaseAged(t, engine, fixture, 0);
  await beatHeart(db);
  const from = { id: await idOf(db, 'quick'), name: 'quick' };
  const into = { id: await idOf(db, 'slow'), name: 'slow' };
  await unregister(db, from.id);
  for (const letter of order) await addBuild(db, letter === 'f' ? from.id : into.id);
  const open = [await addRequest(db, from.id, { complete: 0 }), await addRequest(db, from.id, { complete: 0 })];
  await addTags(db, from.id, into.id);
  if ((await db.tables()).includes('test_result_sets')) await addTestResults(db, from.id, into.id);
  return { db, from, into, open };
}

async function idOf(db: TestDatabase, name: string): Promise<number> {
  const [row] = await db.query('SELECT id FROM builders WHERE name = ?', [name]);
  return Number(row?.id);
}

async function unregister(db: TestDatabase, builder: number): Promise<void> {
  const links = await db.query('SELECT id FROM builder_masters WHERE builderid = ?', [builder]);
  for (const { id } of links) await db.query('DELETE FROM configured_workers WHERE buildermasterid = ?', [id]);
  await db.query('DELETE FROM builder_masters WHERE builderid = ?', [builder]);
}

async function next(db: TestDatabase, column: string, table: string, where = '1 = 1'): Promise<number> {
  const [row] = await db.query(`SELECT MAX(${column}) AS top FROM ${table} WHERE ${where}`);
  return Number(row?.top ?? 0) + 1;
}

async function insert(db: TestDatabase, table: string, row: Row): Promise<void> {
  const columns = Object.keys(row);
  const places = columns.map(() => '?').join(', ');
  await db.query(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`, Object.values(row));
}

/** A request that is like the others, complete and without a claim unless said otherwise. */
export async function addRequest(db: TestDatabase, builder: number, how: { complete: 0 | 1 }): Promise<number> {
  const [other] = await db.query('SELECT * FROM buildrequests ORDER BY id LIMIT 1');
  const id = await next(db, 'id', 'buildrequests');
  const end =
    how.complete === 1 ? { complete_at: other?.submitted_at, results: 0 } : { complete_at: null, results: -1 };
  await insert(db, 'buildrequests', { ...other, id, builderid: builder, complete: how.complete, ...end });
  return id;
}

/** As a master does it: the number after the highest. */
export async function addBuild(db: TestDatabase, builder: number, columns: Row = {}): Promise<Row> {
  const request = await addRequest(db, builder, { complete: 1 });
  const row = await buildRow(db, builder, { buildrequestid: request, ...columns });
  await insert(db, 'builds', row);
  return row;
}

export async function buildRow(db: TestDatabase, builder: number, columns: Row = {}): Promise<Row> {
  const [other] = await db.query('SELECT * FROM builds WHERE complete_at IS NOT NULL ORDER BY id LIMIT 1');
  const number = await next(db, 'number', 'builds', `builderid = ${builder}`);
  return { ...other, id: await next(db, 'id', 'builds'), builderid: builder, number, ...columns };
}

/** One that both have, and one that only the old one has. */
async function addTags(db: TestDatabase, from: number, into: number): Promise<void> {
  await db.query('DELETE FROM builders_tags WHERE builderid IN (?, ?)', [from, into]);
  for (const [id, name] of [[91, 'both'], [92, 'old']] as const) await insert(db, 'tags', { id, name, name_hash: name }); // prettier-ignore
  const links = [[91, from], [92, from], [91, into]] as const; // prettier-ignore
  for (const [index, [tagid, builderid]] of links.entries())
    await insert(db, 'builders_tags', { id: 91 + index, builderid, tagid });
}

async function addTestResults(db: TestDatabase, ...builders: number[]): Promise<void> {
  for (const [index, builderid] of builders.entries()) {
    const id = 91 + index;
    const [build] = await db.query('SELECT id FROM builds WHERE builderid = ? ORDER BY id LIMIT 1', [builderid]);
    const [step] = await db.query('SELECT id FROM steps ORDER BY id LIMIT 1');
    await insert(db, 'test_names', { id, builderid, name: 'a test' });
    await insert(db, 'test_code_paths', { id, builderid, path: 'a/file' });
    const set = { id, builderid, buildid: build?.id, stepid: step?.id, category: 'pass', value_unit: '', complete: 1 };
    await insert(db, 'test_result_sets', set);
    const result = { test_result_setid: id, test_nameid: id, test_code_pathid: id, value: '1' };
    await insert(db, 'test_results', { id, builderid, ...result });
  }
}

/** What a merge changes, by the rule as it is told to people; nothing of the program is asked. */
export function expectedMerge(before: Dump, from: number, into: number): Difference[] {
  const moved = (table: string): Difference[] =>
    (before[table] ?? [])
      .filter((row) => row.builderid === from)
      .map(({ id }) => ({ table, key: { id }, before: { builderid: from }, after: { builderid: into } }));
  const tables = ['buildrequests', 'test_names', 'test_code_paths', 'test_result_sets', 'test_results'];
  return [
    ...expectedBuilds(before, from, into),
    ...tables.flatMap(moved),
    ...expectedTags(before, from, into),
    ...(before.builders ?? []).filter(({ id }) => id === from).map((row) => ({ table: 'builders', key: { id: from }, before: row })), // prettier-ignore
  ];
}

function expectedBuilds(before: Dump, from: number, into: number): Difference[] {
  const builds = (before.builds ?? []).filter(({ builderid }) => builderid === from || builderid === into);
  let top = 0;
  return builds
    .sort((a, b) => Number(a.id) - Number(b.id))
    .flatMap(({ id, builderid, number }) => {
      const old = Number(number);
      top = old > top ? old : top + 1;
      const was = { ...(builderid === from ? { builderid } : {}), ...(top === old ? {} : { number }) };
      const is = { ...(builderid === from ? { builderid: into } : {}), ...(top === old ? {} : { number: top }) };
      return Object.keys(was).length === 0 ? [] : [{ table: 'builds', key: { id }, before: was, after: is }];
    });
}

function expectedTags(before: Dump, from: number, into: number): Difference[] {
  const tags = before.builders_tags ?? [];
  return tags
    .filter(({ builderid }) => builderid === from)
    .map((row) => {
      const key = { id: row.id };
      const isBoth = tags.some(({ builderid, tagid }) => builderid === into && tagid === row.tagid);
      if (isBoth) return { table: 'builders_tags', key, before: row };
      return { table: 'builders_tags', key, before: { builderid: from }, after: { builderid: into } };
    });
}

const numbers: Record<EngineName, (count: number) => string> = {
  sqlite: (count) => `(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT i FROM n) AS n`, // prettier-ignore
  postgres: (count) => `generate_series(1, ${count}) AS n(i)`,
  innodb: (count) => `(SELECT seq AS i FROM seq_1_to_${count}) AS n`,
  myisam: (count) => `(SELECT seq AS i FROM seq_1_to_${count}) AS n`,
};

/** So many builds more of one builder, all at once, and as many requests. */
export async function addManyBuilds(db: TestDatabase, builder: number, count: number): Promise<void> {
  const request = (await next(db, 'id', 'buildrequests')) - 1;
  const [build] = [(await buildRow(db, builder)) as { id: number; number: number }];
  const copy = async (table: string, first: Row, columns: Record<string, string>): Promise<void> => {
    const values = Object.keys(first).map((column) => columns[column] ?? `c.${column}`);
    const source = `FROM ${table} c, ${numbers[db.engine](count)} WHERE c.id = ${Number(first.id)}`;
    await db.exec(`INSERT INTO ${table} (${Object.keys(first).join(', ')}) SELECT ${values.join(', ')} ${source}`);
  };
  const [oldRequest] = await db.query('SELECT * FROM buildrequests WHERE complete = 1 ORDER BY id LIMIT 1');
  const [oldBuild] = await db.query('SELECT * FROM builds WHERE complete_at IS NOT NULL ORDER BY id LIMIT 1');
  await copy('buildrequests', oldRequest ?? {}, { id: `${request} + i`, builderid: String(builder) });
  await copy('builds', oldBuild ?? {}, {
    id: `${build.id - 1} + i`,
    number: `${build.number - 1} + i`,
    builderid: String(builder),
    buildrequestid: `${request} + i`,
  });
}
