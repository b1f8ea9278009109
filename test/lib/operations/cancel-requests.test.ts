import test from 'ava';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import { cancelRequests } from '../../../src/lib/operations/cancel-requests.js';
import { finishBuilds } from '../../../src/lib/operations/finish-builds.js';
import { aboutNow, inserted, sameChanges, updated } from '../../_helpers/changes.js';
import {
  diffDumps,
  engines,
  shiftTimes,
  type Difference,
  type Dump,
  type TestDatabase,
} from '../../_helpers/database.js';
import { readCluster } from '../../../src/lib/db/snapshot.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { beatHeart, killedMaster, now, removeMasterRows, withoutCascades } from '../../_helpers/killed.js';

const expireAfter = defaultExpireAfterSeconds;
const cancel = (...requests: number[]) =>
  cancelRequests({ requests: requests.map(String), unservable: false, builders: [], inventory: null, expireAfter });
const finishAll = () => finishBuilds({ builds: [], expireAfter });

const open = { complete: 0, complete_at: null, results: -1 };
const ended = { complete: 1, complete_at: aboutNow, results: 6 };
const cancelled = (table: string, id: number): Difference[] => updated(table, [id], open, ended);
/** As if claimed just before it was submitted: no sign of life, no master's own, and the same whenever the plan is made. */
const claimed = (before: Dump, request: number, masterid = 1): Difference => {
  const row = before.buildrequests?.find(({ id }) => id === request);
  const isRecent = Number(row?.submitted_at) > now() - 60;
  return inserted('buildrequest_claims', {
    brid: request,
    masterid,
    claimed_at: isRecent ? aboutNow : Number(row?.submitted_at) - 1,
  });
};

for (const engine of engines) {
  test(`${engine}: a pending request alone in its buildset ends with it, and undo takes it back`, async (t) => {
    const { db, pending } = await killedMaster(t, engine, 0);
    await ownBuildset(db, pending);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.dryRun(cancel(pending))).status, 'dry run');
    t.deepEqual(diffDumps(before, await db.dump()), []);
    t.is((await gate.run(cancel(pending))).status, 'done');
    sameChanges(t, before, await db.dump(), [
      claimed(before, pending),
      ...cancelled('buildrequests', pending),
      ...cancelled('buildsets', 99),
    ]);
    const again = await gate.run(cancel(pending));
    t.is(again.status, 'nothing to do');
    t.deepEqual(again.plan.notes, [`Request ${pending} is complete.`]);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a buildset goes on as long as another request of it is open`, async (t) => {
    const { db, pending } = await killedMaster(t, engine, 0);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(cancel(pending))).status, 'done');
    sameChanges(t, before, await db.dump(), [claimed(before, pending), ...cancelled('buildrequests', pending)]);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: the last request of a buildset completes it`, async (t) => {
    const { db, pending, claimed: other, buildset } = await killedMaster(t, engine, 0);
    await db.query('UPDATE buildrequests SET complete = 1, results = 2, complete_at = ? WHERE id = ?', [now(), other]);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(cancel(pending))).status, 'done');
    sameChanges(t, before, await db.dump(), [
      claimed(before, pending),
      ...cancelled('buildrequests', pending),
      ...cancelled('buildsets', buildset),
    ]);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a stuck request whose build has ended keeps its claim; both of a buildset complete it`, async (t) => {
    const { db, pending, claimed: stuck, buildset } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    t.is((await gate.run(finishAll())).status, 'done');
    const before = await db.dump();
    t.is((await gate.run(cancel(stuck, pending))).status, 'done');
    // In the name of a dead master, and not as a sign of its life.
    const [master] = (await readCluster(gate.reading)).masters;
    t.is(master?.state, 'dead');
    sameChanges(t, before, await db.dump(), [
      claimed(before, pending),
      ...cancelled('buildrequests', pending),
      ...cancelled('buildrequests', stuck),
      ...cancelled('buildsets', buildset),
    ]);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a request that a master without a row has claimed is cancelled`, async (t) => {
    const { db, claimed: stuck } = await killedMaster(t, engine, 3600);
    await otherMaster(db);
    await withoutCascades(db, 'DELETE FROM masters WHERE id = 1');
    const gate = await gateOn(t, db);
    t.is((await gate.run(finishAll())).status, 'done');
    const before = await db.dump();
    t.is((await gate.run(cancel(stuck))).status, 'done');
    sameChanges(t, before, await db.dump(), cancelled('buildrequests', stuck));
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: what a living master has claimed is refused`, async (t) => {
    const { db, name, claimed: running } = await killedMaster(t, engine, 0);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    await failsWith(
      t,
      gate.run(cancel(running)),
      'refused',
      `Request ${running} is claimed by ${name}, which is active: it may be building it.`,
    );
    t.deepEqual(diffDumps(before, await db.dump()), []);
    t.deepEqual(gate.journal(), []);
  });

  test(`${engine}: what has an open build is refused, and nothing of the others is done`, async (t) => {
    const { db, name, claimed: stuck, pending, build } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    await failsWith(
      t,
      gate.run(cancel(pending, stuck)),
      'refused',
      `Request ${stuck} still has the open build ${build} of ${name}.`,
    );
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: what a running build waits for is refused, until nobody runs that build`, async (t) => {
    const { db, pending, build } = await killedMaster(t, engine, 0);
    await ownBuildset(db, pending);
    await db.query('UPDATE buildsets SET parent_buildid = ? WHERE id = 99', [build]);
    await db.query('UPDATE buildrequests SET waited_for = 1 WHERE id = ?', [pending]);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    await failsWith(
      t,
      gate.run(cancel(pending)),
      'refused',
      `Request ${pending} is waited for by the running build ${build}, which would never hear of it.`,
    );
    t.deepEqual(diffDumps(before, await db.dump()), []);
    await shiftTimes(db, -3600);
    t.is((await gate.run(cancel(pending))).status, 'done');
  });

  test(`${engine}: without any master there is nobody to claim it for`, async (t) => {
    const { db, pending } = await killedMaster(t, engine, 0);
    await removeMasterRows(db);
    const gate = await gateOn(t, db);
    await failsWith(t, gate.run(cancel(pending)), 'refused', /cannot be claimed: no master has a row/);
  });

  test(`${engine}: a request that a master takes while somebody thinks is its own`, async (t) => {
    const { db, pending } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    const take = async () => {
      await beatHeart(db);
      await db.query('INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES (?, 1, ?)', [pending, now()]);
    };
    await failsWith(t, gate.run(cancel(pending), { beforeConfirm: take }), 'changed');
    const [request] = await db.query('SELECT complete FROM buildrequests WHERE id = ?', [pending]);
    t.is(request?.complete, 0);
    t.deepEqual(gate.journal(), []);
  });
}

async function ownBuildset(db: TestDatabase, request: number): Promise<void> {
  await db.query('INSERT INTO buildsets (id, submitted_at, complete, results) VALUES (99, ?, 0, -1)', [now()]);
  await db.query('UPDATE buildrequests SET buildsetid = 99 WHERE id = ?', [request]);
}

async function otherMaster(db: TestDatabase): Promise<void> {
  await db.query("INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (2, 'other', 'hash', 1, ?)", [
    now(),
  ]);
}
