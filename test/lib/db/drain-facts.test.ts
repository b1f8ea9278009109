// What is read of a master that drains: its step, its builders' past, and what its builds wait for.
import test from 'ava';
import { Database } from '../../../src/lib/db/connect.js';
import { readDrainFacts, readResults } from '../../../src/lib/db/drain-facts.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { makeOwn } from '../../_helpers/published.js';
import { engines, type TestDatabase } from '../../_helpers/database.js';
import { killedMaster } from '../../_helpers/killed.js';

const columns = '(id, number, builderid, buildrequestid, workerid, masterid, started_at, complete_at, state_string, results)'; // prettier-ignore

/** Builds of the builder of a build, from the number 1001 on: how long each took, and how it ended. */
async function addPast(db: TestDatabase, build: number, past: readonly (readonly [seconds: number | null, results: number | null])[]): Promise<void> {
  const [row] = await db.query('SELECT builderid, buildrequestid, workerid FROM builds WHERE id = ?', [build]);
  for (const [index, [seconds, results]] of past.entries()) {
    const complete = seconds === null ? null : 1_700_000_000 + seconds;
    await db.query(`INSERT INTO builds ${columns} VALUES (?, ?, ?, ?, ?, 1, 1700000000, ?, '', ?)`, [5000 + index, 1001 + index, row?.builderid, row?.buildrequestid, row?.workerid, complete, results]);
  }
} // prettier-ignore

async function addChild(
  db: TestDatabase,
  id: number,
  parent: number | null,
  more: { waitedFor: number; complete?: number },
) {
  // prettier-ignore
  await db.query('INSERT INTO buildsets (id, submitted_at, complete, parent_buildid) VALUES (?, 1, 0, ?)', [id, parent]);
  await db.query('INSERT INTO buildrequests (id, buildsetid, builderid, priority, complete, results, submitted_at, waited_for) VALUES (?, ?, 1, 0, ?, -1, 1, ?)', [id, id, more.complete ?? 0, more.waitedFor]); // prettier-ignore
}

for (const engine of engines) {
  test(`${engine}: its running step, how long its builders took, and what its builds wait for`, async (t) => {
    const { db, build, claimed } = await killedMaster(t, engine, 60);
    const database = await Database.open(parseDatabaseUrl(db.url), { access: 'read', timeoutMs: 30_000, purpose: 'test' });
    t.teardown(() => database.close());
    await addPast(db, build, [[30, 0], [40, 0], [50, 2], [null, null], [60, 5]]); // prettier-ignore
    for (const id of [7000, 7001, 7002, 7003, 7004]) await addChild(db, id, id === 7004 ? null : build, { waitedFor: id === 7001 ? 0 : 1, complete: id === 7002 ? 1 : 0 }); // prettier-ignore
    await db.query('INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES (7003, 1, 1)');

    const facts = await readDrainFacts(database, [1]);
    const [running] = facts.cluster.builds.filter(({ id }) => id === build);
    t.is(running?.requestId, claimed);
    t.deepEqual([...facts.steps].filter(([id]) => id === build).map(([, step]) => step).length, 1); // prettier-ignore
    t.deepEqual(facts.durations.get(running?.builderId ?? 0)?.filter((seconds) => seconds === 30 || seconds === 40), [40, 30]); // prettier-ignore
    t.false(facts.durations.get(running?.builderId ?? 0)?.includes(50) ?? false);
    t.deepEqual(facts.awaited, [{ id: 7000, builderId: 1, buildId: build }]);
    t.deepEqual([...(await readDrainFacts(database, [2])).durations, ...(await readDrainFacts(database, [2])).awaited], []); // prettier-ignore
    t.deepEqual([...(await readResults(database, [5002, 5003, 999_999]))], [[5002, 2], [5003, null]]); // prettier-ignore
  }); // prettier-ignore

  test(`${engine}: a master of bbctl's own says whether it drains, and where it listens; nobody says it of another`, async (t) => {
    const { db } = await killedMaster(t, engine, 60);
    const database = await Database.open(parseDatabaseUrl(db.url), { access: 'read', timeoutMs: 30_000, purpose: 'test' });
    t.teardown(() => database.close());
    const condition = async () => (await readDrainFacts(database, 'all')).cluster.masters[0]?.condition;
    t.is(await condition(), null);
    await makeOwn(db, 1);
    t.deepEqual(await condition(), { state: 'active', listen: null });
    const [row] = await db.query("SELECT id FROM objects WHERE class_name = 'bbctl.Master'");
    await db.query('INSERT INTO object_state (objectid, name, value_json) VALUES (?, ?, ?)', [row?.id, 'state', '"draining"']);
    await db.query('INSERT INTO object_state (objectid, name, value_json) VALUES (?, ?, ?)', [row?.id, 'listen', '"[::1]:8010"']);
    t.deepEqual(await condition(), { state: 'draining', listen: '[::1]:8010' });
    await db.exec('UPDATE masters SET last_active = last_active + 1');
    t.is(await condition(), null);
  }); // prettier-ignore
}
