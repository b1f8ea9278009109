// Every kind of row set, written through the gate and taken back, on every engine.
import test from 'ava';
import type { Row, RowSet } from '../../../src/lib/model/rows.js';
import { emptyPlan } from '../../../src/lib/operation.js';
import type { Operation, Step } from '../../../src/lib/operation.js';
import { databaseFrom, diffDumps, engines, type EngineName, type TestDatabase } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';

/** Writes these sets as one step, once. */
function writing(sets: readonly RowSet[], tables: readonly string[]): Operation<boolean, Step> {
  let isWritten = false;
  return {
    name: 'test',
    tables,
    read: () => Promise.resolve(isWritten),
    plan: (done) => ({ ...emptyPlan('Test'), steps: done ? [] : [{ kind: 'test', subject: 'builder 1' }] }),
    describe: () => 'write',
    work: () => {
      isWritten = true;
      return Promise.resolve([...sets]);
    },
  };
}

async function killed(engine: EngineName): Promise<TestDatabase> {
  return databaseFrom(engine, '3.7.0/killed');
}

const idsOf = async (db: TestDatabase, statement: string): Promise<number[]> =>
  (await db.query(statement)).map((row) => Number(row['id']));

for (const engine of engines) {
  test(`${engine}: rows that each change in their own way, and back`, async (t) => {
    const db = await killed(engine);
    t.teardown(() => db.close());
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const builds = await db.query('SELECT id, number FROM builds ORDER BY id');
    t.true(builds.length > 1);
    const rows = builds.map((row) => ({
      key: Number(row['id']),
      before: { number: Number(row['number']) },
      after: { number: Number(row['number']) + 1000 + Number(row['id']) },
    }));
    const report = await gate.run(writing([{ kind: 'replace', table: 'builds', rows }], ['builds']));
    t.is(report.status, 'done');
    t.deepEqual(report.results[0]?.rows, { builds: builds.length });
    t.is(diffDumps(before, await db.dump()).length, builds.length);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: one row that is not as it was seen, and none is written`, async (t) => {
    const db = await killed(engine);
    t.teardown(() => db.close());
    const gate = await gateOn(t, db);
    const [id = 0] = await idsOf(db, 'SELECT id FROM builds ORDER BY id');
    const rows = [{ key: id, before: { number: 12345 }, after: { number: 1 } }];
    const before = await db.dump();
    const report = await gate.run(writing([{ kind: 'replace', table: 'builds', rows }], ['builds']));
    t.is(report.status, 'changed meanwhile');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: rows that only several columns tell apart are deleted and come back`, async (t) => {
    const db = await killed(engine);
    t.teardown(() => db.close());
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const rows = (await db.query('SELECT * FROM object_state')) as Row[];
    t.true(rows.length > 0);
    await gate.run(writing([{ kind: 'delete', table: 'object_state', rows }], ['object_state']));
    t.deepEqual(await db.query('SELECT * FROM object_state'), []);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a purge takes what hangs on a build, and nothing else; the journal does not bring it back`, async (t) => {
    const db = await killed(engine);
    t.teardown(() => db.close());
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const [id = 0] = await idsOf(db, 'SELECT min(buildid) AS id FROM steps');
    const of = async (table: string, where: string): Promise<number> =>
      Number((await db.query(`SELECT count(*) AS n FROM ${table} WHERE ${where}`))[0]?.['n']);
    const steps = `buildid = ${id}`;
    const logs = `stepid IN (SELECT id FROM steps WHERE ${steps})`;
    const hanging = {
      builds: await of('builds', `id = ${id}`),
      steps: await of('steps', steps),
      logs: await of('logs', logs),
      logchunks: await of('logchunks', `logid IN (SELECT id FROM logs WHERE ${logs})`),
      build_properties: await of('build_properties', steps),
    };
    t.true(
      Object.values(hanging).every((rows) => rows > 0),
      JSON.stringify(hanging),
    );
    const report = await gate.run(writing([{ kind: 'purge', table: 'builds', keys: [id] }], historyTables));
    t.deepEqual(report.results[0]?.rows, hanging);
    const changes = diffDumps(before, await db.dump());
    t.is(
      changes.length,
      Object.values(hanging).reduce((sum, rows) => sum + rows),
    );
    t.deepEqual([...new Set(changes.map(({ table }) => table))].sort(), Object.keys(hanging).sort());
    await failsWith(
      t,
      gate.undo(),
      'refused',
      'Change 1 (Test) cannot be taken back: its history is gone from the database, and is too much for a journal to keep.',
    );
  });

  test(`${engine}: of rows that come from an archive the journal keeps the keys`, async (t) => {
    const db = await killed(engine);
    t.teardown(() => db.close());
    const gate = await gateOn(t, db);
    const rows = [{ id: 4711, name: 'old', name_hash: 'f'.repeat(40) }] as Row[];
    await gate.run(writing([{ kind: 'load', table: 'builders', keys: [4711], rows }], ['builders']));
    t.is((await db.query('SELECT name FROM builders WHERE id = 4711'))[0]?.['name'], 'old');
    t.deepEqual(gate.journal()[0]?.steps[0]?.sets, [{ kind: 'load', table: 'builders', keys: [4711], rows: [] }]);
    await failsWith(t, gate.undo(), 'refused', /came from an archive/);
  });
}

const historyTables = ['builds', 'steps', 'logs', 'logchunks', 'build_properties', 'build_data', 'test_result_sets', 'test_results']; // prettier-ignore
