import test, { type ExecutionContext } from 'ava';
import { forgetBuilders } from '../../../src/lib/operations/forget-builders.js';
import type { Report, Step } from '../../../src/lib/operation.js';
import { diffDumps, engines, type Dump, type EngineName, type TestDatabase } from '../../_helpers/database.js';
import { gateOn } from '../../_helpers/gate.js';
import { openDatabase } from '../../_helpers/gate-hooks.js';
import { idOf } from '../../_helpers/clusters.js';
import {
  addForeignKeys,
  certainlyAll,
  changeForeignKey,
  leftoverBuilders,
  withoutBuilder,
} from '../../_helpers/left-over-builders.js';

const version = '3.7.0';
const servers: readonly EngineName[] = engines.filter((name) => name === 'postgres' || name === 'innodb');
/** What hangs on builds, by the column that names what it hangs on. */
const columns = [
  ['steps', 'buildid', 'builds'],
  ['logs', 'stepid', 'steps'],
  ['logchunks', 'logid', 'logs'],
  ['build_properties', 'buildid', 'builds'],
  ['build_data', 'buildid', 'builds'],
  ['test_result_sets', 'buildid', 'builds'],
  ['test_result_sets', 'stepid', 'steps'],
  ['test_results', 'test_result_setid', 'test_result_sets'],
] as const;
const all = columns.map(([table, column]) => `${table}.${column}`);

async function withForeignKeys(t: ExecutionContext, engine: EngineName): Promise<TestDatabase> {
  const db = await leftoverBuilders(t, engine, version);
  if (engine === 'innodb') await addForeignKeys(db, version);
  return db;
}

/** Which of them the database would delete by itself, as far as bbctl has found out. */
async function probed(t: ExecutionContext, db: TestDatabase): Promise<string[]> {
  const database = await openDatabase(db.url, 'write');
  t.teardown(() => database.close());
  return database.write([], ({ schema }) => {
    const cascading = columns.filter(([table, column, parent]) => schema.cascades({ table, column, parent }));
    return Promise.resolve(cascading.map(([table, column]) => `${table}.${column}`));
  });
}

/** Nothing dangles and nothing else goes, and the report tells what went. */
async function forgetsAll(t: ExecutionContext, db: TestDatabase): Promise<void> {
  const gate = await gateOn(t, db);
  const before = await db.dump();
  const expected = withoutBuilder(before, version, await idOf(db, 'builders', 'quick'));
  const common = { inventory: certainlyAll, force: false, expireAfter: 600, pauseMs: 0, archive: null };
  const report = await gate.run(forgetBuilders({ ...common, builders: ['quick'], index: 'none' }));
  t.is(report.status, 'done');
  const after = await db.dump();
  t.deepEqual(diffDumps(expected, after), []);
  t.deepEqual(deletedRows(report), lessRows(before, after));
}

/** Buildsets are changed, too. */
const isDeletedOnly = ([table]: [string, number]): boolean => table !== 'buildsets';

function deletedRows(report: Report<Step>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { rows } of report.results)
    for (const [table, count] of Object.entries(rows).filter(isDeletedOnly)) sums[table] = (sums[table] ?? 0) + count;
  return sums;
}

function lessRows(before: Dump, after: Dump): Record<string, number> {
  const less = Object.entries(before).map(([table, rows]): [string, number] => [table, rows.length - (after[table] ?? []).length]); // prettier-ignore
  return Object.fromEntries(less.filter(([, count]) => count > 0).filter(isDeletedOnly));
}

for (const engine of engines) {
  test(`${engine}: what the database deletes by itself is left to it, and counted`, async (t) => {
    const db = await withForeignKeys(t, engine);
    t.deepEqual(await probed(t, db), servers.includes(engine) ? all : []);
    await forgetsAll(t, db);
  });
}

if (engines.includes('innodb')) {
  test('innodb: without foreign keys nothing is left to the database', async (t) => {
    t.deepEqual(await probed(t, await leftoverBuilders(t, 'innodb', version)), []);
  });
}

for (const engine of servers) {
  for (const column of all) {
    for (const action of [null, 'ON DELETE NO ACTION', ...(engine === 'postgres' ? ['ON DELETE SET NULL', 'ON DELETE CASCADE NOT VALID'] : [])]) {
      test(`${engine}: nothing dangles, nothing fails where ${column} has ${action ?? 'no foreign key'}`, async (t) => {
        const db = await withForeignKeys(t, engine);
        await changeForeignKey(db, version, column, action);
        t.deepEqual(await probed(t, db), all.filter((one) => one !== column));
        await forgetsAll(t, db);
      });
    }
  }

  test(`${engine}: nothing dangles where nothing cascades`, async (t) => {
    const db = await withForeignKeys(t, engine);
    for (const column of all) await changeForeignKey(db, version, column, 'ON DELETE NO ACTION');
    t.deepEqual(await probed(t, db), []);
    await forgetsAll(t, db);
  });
} // prettier-ignore

if (engines.includes('postgres')) {
  test('postgres: nothing dangles where the triggers of a table are switched off', async (t) => {
    const db = await withForeignKeys(t, 'postgres');
    await db.exec('ALTER TABLE steps DISABLE TRIGGER ALL');
    t.deepEqual(await probed(t, db), all.filter((one) => !['logs.stepid', 'test_result_sets.stepid'].includes(one))); // prettier-ignore
    await forgetsAll(t, db);
  });

  test('postgres: nothing dangles where no trigger fires in the session', async (t) => {
    const db = await withForeignKeys(t, 'postgres');
    const [row] = await db.query('SELECT current_database() AS name');
    await db.exec(`ALTER DATABASE "${String(row?.name)}" SET session_replication_role = replica`);
    t.deepEqual(await probed(t, db), []);
    await forgetsAll(t, db);
  });
}
