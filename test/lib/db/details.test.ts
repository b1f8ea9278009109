// What a check-up reads besides the snapshot: each on a database that shows it, and on one that does not.
import test, { type ExecutionContext } from 'ava';
import { readDetails } from '../../../src/lib/db/details.js';
import { snapshot } from '../../../src/lib/db/snapshot.js';
import { findAll } from '../../../src/lib/model/checks/catalogue.js';
import type { Details } from '../../../src/lib/model/details.js';
import { deadMaster, epochSeconds, stuckRequest } from '../../_helpers/clusters.js';
import { engines, hasFixture, type EngineName, type TestDatabase } from '../../_helpers/database.js';
import { gateOn } from '../../_helpers/gate.js';
import { databaseAged, insertRevision } from '../../_helpers/recordings.js';

async function detailsOf(t: ExecutionContext, db: TestDatabase, { thorough = false } = {}): Promise<Details> {
  const { reading } = await gateOn(t, db);
  return reading.read(async (tx) => readDetails(tx, await snapshot(tx, 'a label', { deep: thorough }), { thorough }));
}

async function valueOf(db: TestDatabase, sql: string): Promise<number> {
  const [row] = await db.query(sql);
  return Number(Object.values(row ?? {})[0]);
}

const longAgo = () => epochSeconds() - 600;

for (const engine of engines) {
  test(`${engine}: a buildset that is open though its requests are complete, and one that is just being completed`, async (t) => {
    const db = await deadMaster(t, engine);
    t.deepEqual((await detailsOf(t, db)).openBuildsets, []);
    const id = await valueOf(db, 'SELECT MIN(id) FROM buildsets WHERE complete = 1');
    await db.query('UPDATE buildsets SET complete = 0, complete_at = NULL, results = -1 WHERE id = ?', [id]);
    t.deepEqual((await detailsOf(t, db)).openBuildsets, [id]);
    await db.query('UPDATE buildrequests SET complete_at = ? WHERE buildsetid = ?', [epochSeconds(), id]);
    t.deepEqual((await detailsOf(t, db)).openBuildsets, []);
  });

  test(`${engine}: a request that is open though its buildset is complete, and one that is about to be complete`, async (t) => {
    const db = await deadMaster(t, engine);
    t.deepEqual((await detailsOf(t, db)).requestsOfCompleteBuildsets, []);
    const request = await stuckRequest(db);
    const complete = (at: number) =>
      db.query('UPDATE buildsets SET complete = 1, complete_at = ? WHERE id = (SELECT buildsetid FROM buildrequests WHERE id = ?)', [at, request]); // prettier-ignore
    await complete(longAgo());
    t.deepEqual((await detailsOf(t, db)).requestsOfCompleteBuildsets, [request]);
    await complete(epochSeconds());
    t.deepEqual((await detailsOf(t, db)).requestsOfCompleteBuildsets, []);
  });

  test(`${engine}: claimed requests that have a build, running or ended, and those that have none`, async (t) => {
    const db = await deadMaster(t, engine);
    const request = await stuckRequest(db);
    t.deepEqual([...(await detailsOf(t, db)).requestsWithBuild], [request]);
    await db.query('UPDATE builds SET complete_at = ? WHERE buildrequestid = ?', [longAgo(), request]);
    t.deepEqual([...(await detailsOf(t, db)).requestsWithBuild], [request]);
    const other = await valueOf(db, `SELECT MIN(id) FROM buildrequests WHERE id <> ${request}`);
    await db.query('UPDATE builds SET buildrequestid = ? WHERE buildrequestid = ?', [other, request]);
    t.deepEqual([...(await detailsOf(t, db)).requestsWithBuild], []);
  });

  test(`${engine}: steps and logs that are open under a build that has ended, and not those of one that is ending`, async (t) => {
    const db = await deadMaster(t, engine);
    t.deepEqual((await detailsOf(t, db)).leftOpen, { steps: [], logs: [] });
    const build = await valueOf(db, 'SELECT MIN(id) FROM builds WHERE complete_at IS NULL');
    const step = await valueOf(db, `SELECT MIN(id) FROM steps WHERE buildid = ${build} AND complete_at IS NULL`);
    const log = await valueOf(db, `SELECT MIN(id) FROM logs WHERE stepid = ${step} AND complete = 0`);
    await db.query('UPDATE builds SET complete_at = ? WHERE id = ?', [longAgo(), build]);
    t.deepEqual((await detailsOf(t, db)).leftOpen, { steps: [step], logs: [log] });
    await db.query('UPDATE builds SET complete_at = ? WHERE id = ?', [epochSeconds(), build]);
    t.deepEqual((await detailsOf(t, db)).leftOpen, { steps: [], logs: [] });
  });

  test(`${engine}: schedulers with the times of their buildsets, newest first`, async (t) => {
    const db = await deadMaster(t, engine);
    const { firings } = await detailsOf(t, db);
    t.deepEqual([...firings.keys()].includes('p-quick'), true);
    for (const [name, times] of firings) {
      t.regex(name, /^[\w-]+$/);
      t.deepEqual(times, [...times].sort((a, b) => b - a)); // prettier-ignore
    }
    const all = [...firings.values()].flat().length;
    t.is(all, await valueOf(db, `SELECT COUNT(*) FROM buildset_properties WHERE property_name = 'scheduler'`));
    await db.query(`UPDATE buildset_properties SET property_value = 'no json' WHERE property_name = 'scheduler'`);
    t.deepEqual([...(await detailsOf(t, db)).firings.keys()], ['']);
  });

  test(`${engine}: sizes, only for those who look thoroughly`, async (t) => {
    const db = await deadMaster(t, engine);
    t.like(await detailsOf(t, db), { size: null, tables: [] });
    const { size, tables } = await detailsOf(t, db, { thorough: true });
    t.true((size ?? 0) > 10_000);
    const bytes = tables.map((table) => table.bytes);
    t.deepEqual(bytes, [...bytes].sort((a, b) => b - a)); // prettier-ignore
    t.is(tables.length, engine === 'sqlite' ? 0 : 10);
    t.true(engine === 'sqlite' || tables.every(({ name }) => /^[a-z_]+$/.test(name)));
  });

  test(`${engine}: a schema between two versions, and one that fits`, async (t) => {
    const db = await deadMaster(t, engine);
    t.deepEqual((await detailsOf(t, db)).schemaDrift, []);
    await db.exec('ALTER TABLE changes DROP COLUMN committer');
    await db.exec('CREATE TABLE projects (id integer)');
    t.deepEqual((await detailsOf(t, db)).schemaDrift, ['changes.committer is missing', 'projects is there already']);
  });

  for (const version of ['0.9.15.post1', '2.10.5', '3.7.0', '4.3.0'].filter((one) => hasFixture(engine, `${one}/killed`))) {
    test(`${engine}: ${version} as Buildbot wrote it: no drift, nothing dangling, and every check runs`, async (t) => {
      const db = await databaseAged(t, engine, `${version}/killed`, 700);
      const details = await detailsOf(t, db, { thorough: true });
      t.deepEqual(details.schemaDrift, []);
      t.deepEqual(details.dangling, []);
    });

    test(`${engine}: the whole catalogue is silent on a fresh database of ${version}`, async (t) => {
      const db = await databaseAged(t, engine, `${version}/fresh`, 0);
      await insertRevision(db, `${version}/fresh`);
      const { reading } = await gateOn(t, db);
      const findings = await reading.read(async (tx) => {
        const cluster = await snapshot(tx, 'a label', { deep: true });
        return findAll({ cluster, details: await readDetails(tx, cluster, { thorough: true }) });
      });
      const ids = findings.map(({ id }) => id);
      t.deepEqual(ids, engine === 'myisam' ? ['engine-without-transactions'] : []);
    });
  } // prettier-ignore
}

const withoutForeignKeys: readonly EngineName[] = ['sqlite', 'myisam'];

for (const engine of engines.filter((one) => withoutForeignKeys.includes(one))) {
  test(`${engine}: rows whose master is gone, only for those who look thoroughly`, async (t) => {
    const db = await deadMaster(t, engine);
    const connections = await valueOf(db, 'SELECT COUNT(*) FROM connected_workers WHERE masterid = 1');
    if (engine === 'sqlite') await db.exec('PRAGMA foreign_keys = OFF');
    await db.exec('DELETE FROM masters WHERE id = 1');
    t.deepEqual((await detailsOf(t, db)).dangling, []);
    const { dangling } = await detailsOf(t, db, { thorough: true });
    t.true(connections > 0);
    t.deepEqual(dangling.filter(({ table }) => table === 'connected_workers'), [{ table: 'connected_workers', column: 'masterid', rows: connections }]); // prettier-ignore
    t.true(dangling.every(({ column }) => column === 'masterid'));
  });
}
