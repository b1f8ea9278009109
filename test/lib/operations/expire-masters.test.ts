// States that no recording shows: made from one by hand.
import test from 'ava';
import { readCluster } from '../../../src/lib/db/snapshot.js';
import { defaultExpireAfterSeconds, type MasterState } from '../../../src/lib/model/master.js';
import type { Report, Step } from '../../../src/lib/operation.js';
import { expireMasters, planExpiry } from '../../../src/lib/operations/expire-masters.js';
import { finishBuilds } from '../../../src/lib/operations/finish-builds.js';
import { deleted, finished, sameChanges, updated } from '../../_helpers/changes.js';
import {
  databaseFrom,
  diffDumps,
  engines,
  type Difference,
  type Dump,
  type TestDatabase,
} from '../../_helpers/database.js';
import { failsWith, gateOn, type Gate } from '../../_helpers/gate.js';
import {
  beatHeart,
  killedMaster,
  makeInactive,
  makeUnclean,
  now,
  unregister,
  type Killed,
} from '../../_helpers/killed.js';
import { lastLook } from '../../_helpers/recordings.js';

const expireAfter = defaultExpireAfterSeconds;
const expireAll = () => expireMasters({ masters: [], expireAfter, force: false });
const expire = (...masters: string[]) => expireMasters({ masters, expireAfter, force: false });
const force = (...masters: string[]) => expireMasters({ masters, expireAfter, force: true });
const nothingHappens = () => Promise.resolve();

async function stateOf(gate: Gate): Promise<MasterState | undefined> {
  const { masters } = await readCluster(gate.reading, { deep: true });
  return masters[0]?.state;
}

async function leavesAlone(gate: Gate, db: TestDatabase): Promise<readonly string[]> {
  const before = await db.dump();
  const report = await gate.run(expireAll());
  if (report.status !== 'nothing to do' || diffDumps(before, await db.dump()).length > 0)
    throw new Error(`expiring all was not to do anything, but ended as "${report.status}"`);
  return report.plan.notes;
}

/** All that a killed master holds; of an inactive one the row stays as it is. */
function everything(before: Dump, killed: Killed, { active = true } = {}): Difference[] {
  const look = lastLook(killed.db.engine, '3.7.0/killed').expire;
  return [
    ...(active ? updated('masters', [1], { active: 1 }, { active: 0 }) : []),
    ...finished(look),
    ...deleted(before, 'buildrequest_claims', look.claims),
    ...deleted(before, 'connected_workers', look.connectedWorkers),
    ...deleted(before, 'builder_masters', look.builderMasters),
    ...deleted(before, 'configured_workers', look.configuredWorkers),
    ...deleted(before, 'scheduler_masters', look.schedulerMasters),
    ...deleted(before, 'changesource_masters', look.changesourceMasters),
  ];
}

/** What a master does whose heart stopped when its database was restarted. */
const signsOfLife: Record<string, (killed: Killed) => Promise<unknown>> = {
  'a newer claim': ({ db }) =>
    db.query('UPDATE buildrequest_claims SET claimed_at = ? WHERE brid = (SELECT MAX(id) FROM buildrequests)', [now()]),
  'a newer build': ({ db, build }) => db.query('UPDATE builds SET started_at = ? WHERE id = ?', [now(), build]),
  'a build that ended since': ({ db, build }) =>
    db.query(
      'UPDATE builds SET complete_at = ? WHERE id = (SELECT * FROM (SELECT MAX(id) FROM builds) AS b) AND id <> ?',
      [now(), build],
    ),
  'a newer step': ({ db, step }) => db.query('UPDATE steps SET started_at = ? WHERE id = ?', [now(), step]),
  'a step that ended since': ({ db, build, step }) =>
    db.query('UPDATE steps SET complete_at = ? WHERE buildid = ? AND id <> ?', [now(), build, step]),
};

for (const engine of engines) {
  for (const [sign, happen] of Object.entries(signsOfLife)) {
    test(`${engine}: a master with a silent heart and ${sign} is silent, and left alone`, async (t) => {
      const killed = await killedMaster(t, engine, 3600);
      const { db, name } = killed;
      const gate = await gateOn(t, db);
      t.is(await stateOf(gate), 'dead');
      await happen(killed);
      t.is(await stateOf(gate), 'silent');
      t.regex((await leavesAlone(gate, db)).join(), /has a silent heart but other signs of life since/);
      await failsWith(t, gate.run(expire(name)), 'refused', /has a silent heart but other signs of life since/);
      t.deepEqual(gate.journal(), []);
    });
  }

  test(`${engine}: an end as RETRY is no sign of life: housekeeping writes it`, async (t) => {
    const { db, build } = await killedMaster(t, engine, 3600);
    await db.query('UPDATE builds SET complete_at = ?, results = 5 WHERE id = ?', [now(), build]);
    await db.query('UPDATE steps SET complete_at = ?, results = 5 WHERE buildid = ?', [now(), build]);
    t.is(await stateOf(await gateOn(t, db)), 'dead');
  });

  test(`${engine}: a silent master is expired by force, if two looks find it unchanged`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const { db, name } = killed;
    await signsOfLife['a newer claim']?.(killed);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.dryRun(force(name))).plan.secondLook?.afterSeconds, 65);
    await failsWith(
      t,
      gate.run(force(name), {
        betweenLooks: () => signsOfLife['a newer build']?.(killed) ?? Promise.reject(new Error()),
      }),
      'refused',
      new RegExp(`^${name} has changed between two looks at .*: it is alive\\.$`),
    );
    await db.query('UPDATE builds SET started_at = ? WHERE id = ?', [startedAt(before, killed.build), killed.build]);
    t.deepEqual(diffDumps(before, await db.dump()), []);
    t.is((await gate.run(force(name), { betweenLooks: nothingHappens })).status, 'done');
    sameChanges(t, before, await db.dump(), everything(before, killed));
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: after upgrade-master nobody can tell who lives: only two looks can`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const { db, name } = killed;
    await db.exec('UPDATE masters SET active = 1, last_active = 0');
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is(await stateOf(gate), 'silent');
    t.regex((await leavesAlone(gate, db)).join(), /has had its heartbeat reset, as "buildbot upgrade-master" does/);
    await failsWith(t, gate.run(expire(name)), 'refused', /has had its heartbeat reset/);
    await failsWith(t, gate.run(force(name), { betweenLooks: () => beatHeart(db) }), 'refused', /is alive|is active/);
    await db.exec('UPDATE masters SET last_active = 0');
    t.is((await gate.run(force(name), { betweenLooks: nothingHappens })).status, 'done');
    sameChanges(t, before, await db.dump(), everything(before, killed));
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a zombie is alive, whatever is forced`, async (t) => {
    const { db, name } = await killedMaster(t, engine, 0);
    await unregister(db);
    const gate = await gateOn(t, db);
    t.is(await stateOf(gate), 'zombie');
    t.regex((await leavesAlone(gate, db)).join(), /is alive, but was expired by others/);
    await failsWith(t, gate.run(expire(name)), 'refused', /is alive, but was expired by others/);
    await failsWith(t, gate.run(force(name)), 'refused', /is alive, but was expired by others/);
  });

  test(`${engine}: an active master is never expired, whatever is forced`, async (t) => {
    const { db, name } = await killedMaster(t, engine, 0);
    const gate = await gateOn(t, db);
    t.deepEqual(await leavesAlone(gate, db), []);
    await failsWith(t, gate.run(expire('1')), 'refused', /is active: its heart beat [\dms ]+ ago\.$/);
    await failsWith(t, gate.run(force(name)), 'refused', /is active: its heart beat [\dms ]+ ago\.$/);
    t.deepEqual(gate.journal(), []);
  });

  test(`${engine}: what looks like a starting master is expired when two looks find it unchanged`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const { db, name } = killed;
    await makeInactive(db);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is(await stateOf(gate), 'starting');
    t.regex((await leavesAlone(gate, db)).join(), /is inactive but holds registrations: every master looks so/);
    t.is((await gate.dryRun(expire(name))).plan.secondLook?.afterSeconds, 120);

    const connects = () => db.exec('INSERT INTO connected_workers (id, masterid, workerid) VALUES (90, 1, 1)');
    await failsWith(t, gate.run(expire(name), { betweenLooks: connects }), 'refused', /is alive|is active/);
    await db.exec('DELETE FROM connected_workers WHERE id = 90');
    await failsWith(t, gate.run(expire(name), { betweenLooks: () => beatHeart(db) }), 'refused', /is alive|is active/);
    await makeInactive(db);
    await db.query('UPDATE masters SET last_active = ?', [lastActive(before)]);
    t.deepEqual(diffDumps(before, await db.dump()), []);
    t.is((await gate.run(expire(name), { betweenLooks: nothingHappens })).status, 'done');
    sameChanges(t, before, await db.dump(), everything(before, killed, { active: false }));
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: the plan of a starting master depends on what the second look sees`, async (t) => {
    const { db, name, claimed } = await killedMaster(t, engine, 3600);
    await makeInactive(db);
    const gate = await gateOn(t, db);
    const read = () => readCluster(gate.reading, { deep: true });
    const input = { masters: [name], expireAfter, force: false };
    const first = await read();
    const unchanged = planExpiry(await read(), input, first);
    t.deepEqual([unchanged.secondLook, unchanged.blockers], [null, []]);
    t.deepEqual(
      unchanged.steps.map(({ kind }) => kind),
      ['finish builds', 'release requests', 'deactivate'],
    );
    await db.query('DELETE FROM buildrequest_claims WHERE brid = ?', [claimed]);
    const changed = planExpiry(await read(), input, first);
    t.deepEqual([changed.steps.length, changed.blockers.length], [0, 1]);
  });

  test(`${engine}: a late master is left alone, and expired by force in two looks only`, async (t) => {
    const killed = await killedMaster(t, engine, 400);
    const { db, name } = killed;
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is(await stateOf(gate), 'late');
    t.regex((await leavesAlone(gate, db)).join(), /is late: its last heartbeat was \d+m .*ago/);
    await failsWith(t, gate.run(expire(name)), 'refused', /is late/);
    await failsWith(t, gate.run(force(name), { betweenLooks: () => beatHeart(db) }), 'refused', /is active|is alive/);
    await db.query('UPDATE masters SET last_active = ?', [lastActive(before)]);
    t.is((await gate.run(force(name), { betweenLooks: nothingHappens })).status, 'done');
    sameChanges(t, before, await db.dump(), everything(before, killed));
  });

  test(`${engine}: a clock that is ahead hides whether the heart beats: a second look tells`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const { db, name } = killed;
    await db.query('UPDATE masters SET last_active = ?', [now() + 3600]);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is(await stateOf(gate), 'active');
    await leavesAlone(gate, db);
    await failsWith(t, gate.run(expire(name)), 'refused', /has a clock that is (1h|5\dm \d+s) ahead of the database's/);
    const beats = () => db.exec('UPDATE masters SET last_active = last_active + 60');
    await failsWith(t, gate.run(force(name), { betweenLooks: beats }), 'refused', /is alive|is active/);
    await db.exec('UPDATE masters SET last_active = last_active - 60');
    t.is((await gate.run(force(name), { betweenLooks: nothingHappens })).status, 'done');
    sameChanges(t, before, await db.dump(), everything(before, killed));
  });

  test(`${engine}: one whose process was seen to be gone need not be silent for long, but silent in a second look`, async (t) => {
    const killed = await killedMaster(t, engine, 5);
    const { db, name } = killed;
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is(await stateOf(gate), 'active');
    await failsWith(t, gate.run(force(name), { betweenLooks: nothingHappens }), 'refused', /is active/);
    const gone = (ids: number[]) => expireMasters({ masters: [name], expireAfter: 600, force: true, gone: new Set(ids) });
    await failsWith(t, gate.run(gone([999]), { betweenLooks: nothingHappens }), 'refused', /is active/);
    const beats = () => db.exec('UPDATE masters SET last_active = last_active + 1');
    await failsWith(t, gate.run(gone([1]), { betweenLooks: beats }), 'refused', /has changed between two looks .*: it is alive/);
    await db.exec('UPDATE masters SET last_active = last_active - 1');
    t.is((await gate.run(gone([1]), { betweenLooks: nothingHappens })).status, 'done');
    sameChanges(t, before, await db.dump(), everything(before, killed));
  }); // prettier-ignore

  test(`${engine}: a clock that seems to be behind, by its claims, is a warning`, async (t) => {
    const { db, claimed } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    t.deepEqual(clockWarnings(await gate.dryRun(expireAll())), []);
    await db.query('UPDATE buildrequests SET submitted_at = submitted_at + 1200 WHERE id = ?', [claimed]);
    t.is(await stateOf(gate), 'dead');
    const [warning] = clockWarnings(await gate.dryRun(expireAll()));
    t.regex(warning ?? '', /has claims that are (20m|19m 5\ds) older than their requests: its clock may be behind/);
  });

  test(`${engine}: what an inactive master claimed and started after its last heartbeat may be running`, async (t) => {
    const { db, claimed, build, name } = await killedMaster(t, engine, 3600);
    await makeUnclean(db);
    await db.exec('DELETE FROM connected_workers');
    const [master] = await db.query('SELECT last_active FROM masters');
    const late = Number(master?.last_active) + 61;
    await db.query('UPDATE buildrequest_claims SET claimed_at = ? WHERE brid = ?', [late, claimed]);
    await db.query('UPDATE builds SET started_at = ? WHERE id = ?', [late, build]);
    const gate = await gateOn(t, db);
    t.is(await stateOf(gate), 'unclean');
    t.deepEqual(await leavesAlone(gate, db), [
      `${name} is inactive, but 1 claim and 1 build of it came after its last heartbeat: it may be running, so these are left alone. When its process is known to be gone, name it with --force.`,
    ]);
    await failsWith(t, gate.run(finishBuilds({ builds: [String(build)], expireAfter })), 'refused', /may be running/);
    t.is((await gate.run(finishBuilds({ builds: [], expireAfter }))).status, 'nothing to do');

    const cluster = await readCluster(gate.reading, { deep: true });
    const forced = { masters: [name], expireAfter, force: true };
    t.is(planExpiry(cluster, forced).secondLook?.afterSeconds, 65);
    const kinds = planExpiry(cluster, forced, cluster).steps.map((step) => step.kind);
    t.deepEqual(kinds, ['finish builds', 'release requests']);

    // Within the minute until the next heartbeat they are a killed master's.
    await db.query('UPDATE buildrequest_claims SET claimed_at = claimed_at - 1 WHERE brid = ?', [claimed]);
    await db.query('UPDATE builds SET started_at = started_at - 1 WHERE id = ?', [build]);
    const before = await db.dump();
    t.is((await gate.run(expireAll())).status, 'done');
    const look = lastLook(engine, '3.7.0/killed').expire;
    sameChanges(t, before, await db.dump(), [...finished(look), ...deleted(before, 'buildrequest_claims', [claimed])]);
  });

  test(`${engine}: builds are found under complete requests too, of a dead master and of one that is forced`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const { db, name, claimed } = killed;
    await db.query('UPDATE buildrequests SET complete = 1, results = 2, complete_at = ? WHERE id = ?', [
      now() - 3500,
      claimed,
    ]);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(expireAll())).status, 'done');
    const kept = everything(before, killed).filter(({ table }) => table !== 'buildrequest_claims');
    sameChanges(t, before, await db.dump(), kept);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);

    await db.exec('UPDATE masters SET last_active = 0');
    t.is((await gate.run(force(name), { betweenLooks: nothingHappens })).status, 'done');
    t.is(await stateOf(gate), 'stopped');
  });

  test(`${engine}: what is open under a finished build is left as it is`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const { db, build } = killed;
    await db.query('UPDATE builds SET complete_at = started_at, results = 0 WHERE id = ?', [build]);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(expireAll())).status, 'done');
    const others = everything(before, killed).filter(({ table }) => !['builds', 'steps', 'logs'].includes(table));
    sameChanges(t, before, await db.dump(), others);
  });

  test(`${engine}: NULLs where the schema allows them do no harm, and stay`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const { db, build, step, claimed } = killed;
    await db.query('UPDATE builds SET workerid = NULL WHERE id = ?', [build]);
    await db.query('UPDATE steps SET started_at = NULL WHERE id = ?', [step]);
    await db.query('UPDATE buildrequests SET results = NULL WHERE id = ?', [claimed]);
    await db.exec('UPDATE schedulers SET enabled = NULL; UPDATE buildsets SET results = NULL, reason = NULL');
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(expireAll())).status, 'done');
    sameChanges(t, before, await db.dump(), everything(before, killed));
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: rows of a master without a row are nobody's to expire`, async (t) => {
    const { db } = await killedMaster(t, engine, 3600);
    await db.query("INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (2, 'b', 'b', 0, 0)");
    const sql = 'DELETE FROM masters WHERE id = 1';
    await (engine === 'postgres'
      ? db.exec(`SET session_replication_role = replica; ${sql}; SET session_replication_role = DEFAULT`)
      : db.exec(sql));
    const gate = await gateOn(t, db);
    t.deepEqual(await leavesAlone(gate, db), []);
    const cluster = await readCluster(gate.reading, { deep: true });
    t.is(cluster.claimed[0]?.claim?.masterId, 1);
    t.deepEqual([...new Set(cluster.services.map(({ holderId }) => holderId))], [1]);
  });

  test(`${engine}: masters are named whole, or by id`, async (t) => {
    const { db, name } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    await failsWith(t, gate.run(expire(name.slice(0, -1))), 'notFound');
    await failsWith(t, gate.run(expire('2')), 'notFound', 'There is no master "2".');
    t.is((await gate.run(expire('1', name))).status, 'done');
    const again = await gate.run(expire(name));
    t.is(again.status, 'nothing to do');
    t.deepEqual(again.plan.notes, [`${name} is stopped and nothing is left of it.`]);
  });
}

for (const fixture of ['0.9.15.post1/killed', '2.10.5/killed']) {
  if (!engines.includes('sqlite')) continue;
  test(`sqlite: the fractional heartbeat of ${fixture} is compared whole`, async (t) => {
    const db = await databaseFrom('sqlite', fixture);
    t.teardown(() => db.close());
    const gate = await gateOn(t, db);
    const [row] = await db.query('SELECT last_active FROM masters');
    t.false(Number.isInteger(row?.last_active));
    t.is(await stateOf(gate), 'dead');
    const beat = () => db.exec('UPDATE masters SET last_active = last_active + 0.25');
    await failsWith(t, gate.run(expireAll(), { beforeConfirm: beat }), 'changed');
    t.deepEqual(gate.journal(), []);
    t.is((await gate.run(expireAll())).status, 'done');
  });
}

function clockWarnings({ plan }: Report<Step>): string[] {
  return plan.warnings.filter((warning) => warning.includes('clock'));
}

function startedAt(dump: Dump, build: number): unknown {
  return dump.builds?.find(({ id }) => id === build)?.started_at;
}

function lastActive(dump: Dump): unknown {
  return dump.masters?.[0]?.last_active;
}
