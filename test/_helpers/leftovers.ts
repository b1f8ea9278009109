// Recordings with something in them that is left over: nobody configures it, and history refers to it.
import type { ExecutionContext } from 'ava';
import type { Inventory } from '../../src/lib/model/inventory.js';
import { idOf } from './clusters.js';
import type { Difference, Dump, EngineName, TestDatabase } from './database.js';
import { databaseAged } from './recordings.js';

/** One of each version whose schema differs. */
export const killedRecordings = ['0.9.15.post1/killed', '2.10.5/killed', '3.7.0/killed', '4.3.0/killed'];

/** A cluster.yaml that says it is complete and names nothing but this. */
export function completeInventory(names: Partial<Inventory> = {}): Inventory {
  const nothing = new Set<string>();
  const kinds = { builders: nothing, workers: nothing, schedulers: nothing, changeSources: nothing };
  return { file: 'cluster.yaml', complete: true, tokenFile: null, masters: [], ...kinds, ...names };
}

const numbers: Record<TestDatabase['engine'], string> = {
  sqlite: 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %n) SELECT %s FROM n',
  postgres: 'SELECT %s FROM generate_series(1, %n) AS n(i)',
  innodb: 'SELECT %s FROM (SELECT seq AS i FROM seq_1_to_%n) AS n',
  myisam: 'SELECT %s FROM (SELECT seq AS i FROM seq_1_to_%n) AS n',
};

/** Inserts rows whose values are made of `i`, from 1 to `count`. */
export async function insertMany(
  db: TestDatabase,
  table: string,
  count: number,
  columns: Readonly<Record<string, string | number>>,
): Promise<void> {
  const select = numbers[db.engine].replace('%s', Object.values(columns).join(', ')).replaceAll('%n', String(count));
  await db.exec(`INSERT INTO ${table} (${Object.keys(columns).join(', ')}) ${select}`);
}

/** Ends every build and request, as if all had gone well. */
export async function endWork(db: TestDatabase): Promise<void> {
  await db.exec('UPDATE builds SET complete_at = started_at, results = 0 WHERE complete_at IS NULL');
  await db.exec('UPDATE buildrequests SET complete = 1, complete_at = submitted_at, results = 0 WHERE complete = 0');
}

export interface LeftoverWorker {
  readonly db: TestDatabase;
  readonly id: number;
}

/** `local1`, which has built: its master lives on, and configures it no more. */
export async function leftoverWorker(
  t: ExecutionContext,
  engine: EngineName,
  fixture = '3.7.0/killed',
): Promise<LeftoverWorker> {
  const db = await databaseAged(t, engine, fixture, 0);
  await endWork(db);
  const id = await idOf(db, 'workers', 'local1');
  await db.query('DELETE FROM configured_workers WHERE workerid = ?', [id]);
  await db.query('DELETE FROM connected_workers WHERE workerid = ?', [id]);
  return { db, id };
}

/** Finished builds beside those that are there, in a row of ids with a gap. */
export async function addBuilds(db: TestDatabase, count: number, names: { workerid: number | null }): Promise<void> {
  const [old] = await db.query('SELECT * FROM builds ORDER BY id');
  await insertMany(db, 'builds', count, {
    id: `${10_000} + i * 2`,
    number: '10000 + i',
    builderid: Number(old?.builderid),
    buildrequestid: Number(old?.buildrequestid),
    workerid: names.workerid ?? 'NULL',
    masterid: Number(old?.masterid),
    started_at: 1_795_000_000,
    complete_at: 1_795_000_001,
    state_string: "'done'",
    results: 0,
  });
}

/** One stopped master, and another one whose heart beats. */
export async function stoppedMaster(t: ExecutionContext, engine: EngineName, fixture = '3.7.0/killed') {
  const db = await databaseAged(t, engine, fixture, 0);
  await endWork(db);
  for (const table of ['configured_workers', 'builder_masters', 'scheduler_masters', 'changesource_masters', 'connected_workers']) await db.exec(`DELETE FROM ${table}`); // prettier-ignore
  await db.exec('UPDATE masters SET active = 0');
  await db.query('INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (?, ?, ?, ?, ?)', [
    2, 'host2:/srv/bb/heir', 'hash-of-the-heir', 1, Math.floor(Date.now() / 1000),
  ]); // prettier-ignore
  const [row] = await db.query('SELECT name FROM masters WHERE id = 1');
  return { db, name: String(row?.name) };
}

/** Rows of which one column changes, all that say `before`. */
export function redirected(dump: Dump, table: string, column: string, before: unknown, after: unknown): Difference[] {
  const key = table === 'buildrequest_claims' ? 'brid' : 'id';
  return (dump[table] ?? [])
    .filter((row) => row[column] === before)
    .map((row) => ({ table, key: { [key]: row[key] }, before: { [column]: before }, after: { [column]: after } }));
}
