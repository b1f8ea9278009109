import test from 'ava';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import { expireMasters } from '../../../src/lib/operations/expire-masters.js';
import { releaseRequests } from '../../../src/lib/operations/release-requests.js';
import { releaseServices } from '../../../src/lib/operations/release-services.js';
import { diffDumps, engines, type TestDatabase } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { killedMaster, now } from '../../_helpers/killed.js';

const expireAfter = defaultExpireAfterSeconds;
const expireAll = () => expireMasters({ masters: [], expireAfter, force: false });
const releaseServicesAll = () => releaseServices({ services: [], expireAfter });
const releaseRequestsAll = () => releaseRequests({ requests: [], expireAfter });

for (const engine of engines) {
  test(`${engine}: an undo is a change like any other: it can be undone, and is done once`, async (t) => {
    const { db } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    await gate.run(expireAll());
    const after = await db.dump();
    t.is((await gate.undo(1)).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
    const again = await gate.undo(1);
    t.is(again.status, 'nothing to do');
    t.deepEqual(again.plan.notes, ['Change 1 was undone by change 2.']);
    t.is((await gate.undo(2)).status, 'done');
    t.deepEqual(diffDumps(after, await db.dump()), []);
    t.deepEqual(
      gate.journal().map(({ id, operation, undoes }) => [id, operation, undoes]),
      [
        [3, 'undo', 2],
        [2, 'undo', 1],
        [1, 'masters expire', null],
      ],
    );
  });

  test(`${engine}: nothing of a master is taken back once another has gone on from there`, async (t) => {
    const { db, claimed, name } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    await gate.run(expireAll());
    await otherMasterClaims(db, claimed);
    const before = await db.dump();
    const message = `${name} cannot be taken back: 1 row is not as the change left it: buildrequest_claims ${claimed}.`;
    await failsWith(t, gate.undo(), 'refused', message);
    const forced = await gate.undo(1, { force: true });
    t.is(forced.status, 'nothing to do');
    t.deepEqual(forced.plan.notes, [`${name} is left as it is: it has changed since.`]);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: what has not changed since is taken back by force`, async (t) => {
    const { db, schedulers } = await killedMaster(t, engine, 3600);
    const [taken] = schedulers;
    const gate = await gateOn(t, db);
    const before = await db.dump();
    await gate.run(releaseServicesAll());
    await otherMaster(db);
    await db.query('INSERT INTO scheduler_masters (schedulerid, masterid) VALUES (?, 2)', [taken]);
    await failsWith(t, gate.undo(), 'refused', `scheduler ${taken} cannot be taken back: 1 row is not as the change left it: scheduler_masters ${taken}.`); // prettier-ignore
    t.is((await gate.undo(1, { force: true })).status, 'done');
    t.deepEqual(
      diffDumps(before, await db.dump()).filter(({ table }) => table !== 'masters'),
      [{ table: 'scheduler_masters', key: { schedulerid: taken }, before: { masterid: 1 }, after: { masterid: 2 } }],
    );
  });

  test(`${engine}: what somebody takes while a person thinks about the undo is left to them`, async (t) => {
    const { db, claimed } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    await gate.run(releaseRequestsAll());
    let before = await db.dump();
    const beforeConfirm = async () => {
      await otherMasterClaims(db, claimed);
      before = await db.dump();
    };
    await failsWith(t, gate.undo(1, { beforeConfirm }), 'changed');
    t.deepEqual(diffDumps(before, await db.dump()), []);
    t.deepEqual(
      gate.journal().map(({ id, state }) => [id, state]),
      [[1, 'done']],
    );
  });

  test(`${engine}: rows that came back by themselves need no undo`, async (t) => {
    const { db, claimed } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    await gate.run(releaseRequestsAll());
    const claim = before.buildrequest_claims?.find(({ brid }) => brid === claimed);
    await db.query('INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES (?, ?, ?)', [
      claim?.brid,
      claim?.masterid,
      claim?.claimed_at,
    ]);
    t.is((await gate.undo()).status, 'nothing to do');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

async function otherMaster(db: TestDatabase): Promise<void> {
  await db.query("INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (2, 'other', 'hash', 1, ?)", [
    now(),
  ]);
}

async function otherMasterClaims(db: TestDatabase, request: number): Promise<void> {
  await otherMaster(db);
  await db.query('INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES (?, 2, ?)', [request, now()]);
}
