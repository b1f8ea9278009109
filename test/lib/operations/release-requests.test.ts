import test from 'ava';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import { releaseRequests } from '../../../src/lib/operations/release-requests.js';
import { deleted, sameChanges } from '../../_helpers/changes.js';
import { diffDumps, engines, hasFixture } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import {
  beatHeart,
  killedMaster,
  makeInactive,
  makeUnclean,
  now,
  removeMasterRows,
  type Killed,
} from '../../_helpers/killed.js';
import { databaseAged } from '../../_helpers/recordings.js';

const release = (...requests: (number | string)[]) =>
  releaseRequests({ requests: requests.map(String), expireAfter: defaultExpireAfterSeconds });

const holders: Record<string, (killed: Killed) => Promise<void>> = {
  'a dead master': () => Promise.resolve(),
  'an unclean master': ({ db }) => makeUnclean(db),
};

for (const engine of engines) {
  for (const [holder, prepare] of Object.entries(holders)) {
    test(`${engine}: the request of ${holder} is released, and undo takes it back`, async (t) => {
      const killed = await killedMaster(t, engine, 3600);
      await prepare(killed);
      const { db, claimed } = killed;
      const gate = await gateOn(t, db);
      const before = await db.dump();
      const dry = await gate.dryRun(release());
      t.regex(dry.plan.warnings[0] ?? '', /^1 build of these requests will stay open: "bbctl builds finish" ends/);
      t.deepEqual(diffDumps(before, await db.dump()), []);
      t.is((await gate.run(release(claimed))).status, 'done');
      sameChanges(t, before, await db.dump(), deleted(before, 'buildrequest_claims', [claimed]));
      t.is((await gate.run(release())).status, 'nothing to do');
      t.is((await gate.undo()).status, 'done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
    });
  }

  if (hasFixture(engine, '3.7.0/2-after-expiry-before-takeover')) {
    test(`${engine}: what a survivor's housekeeping forgot is released, and undo takes it back`, async (t) => {
      const db = await databaseAged(t, engine, '3.7.0/2-after-expiry-before-takeover', 0);
      const gate = await gateOn(t, db);
      const before = await db.dump();
      const report = await gate.run(release());
      t.is(report.status, 'done');
      t.regex(report.advice.join('\n'), /ssh vm buildbot reconfig \/srv\/bot\/m\/\w+B/);
      sameChanges(t, before, await db.dump(), deleted(before, 'buildrequest_claims', [3]));
      t.is((await gate.undo()).status, 'done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
    });
  }

  test(`${engine}: the request of a master without a row is released`, async (t) => {
    const { db, claimed } = await killedMaster(t, engine, 0);
    await removeMasterRows(db);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(release())).status, 'done');
    const after = await db.dump();
    sameChanges(t, before, after, deleted(before, 'buildrequest_claims', [claimed]));
    await failsWith(t, gate.undo(), 'refused', /cannot be taken back: 1 row/);
    t.deepEqual(diffDumps(after, await db.dump()), []);
  });

  test(`${engine}: a claim of a master that may be building is refused`, async (t) => {
    const { db, claimed, name } = await killedMaster(t, engine, 0);
    const gate = await gateOn(t, db);
    const states: [string, () => Promise<unknown>][] = [
      ['active', () => Promise.resolve()],
      ['late', () => db.query('UPDATE masters SET last_active = last_active - 300')],
      ['silent', () => db.query('UPDATE masters SET last_active = 0')],
      ['starting', () => makeInactive(db)],
    ];
    for (const [state, reach] of states) {
      await reach();
      const before = await db.dump();
      await failsWith(
        t,
        gate.run(release(claimed)),
        'refused',
        `Request ${claimed} is claimed by ${name}, which is ${state}: it may be building it, and the request would be built twice.`,
      );
      t.is((await gate.run(release())).status, 'nothing to do');
      t.deepEqual(diffDumps(before, await db.dump()), []);
    }
    t.deepEqual(gate.journal(), []);
  });

  test(`${engine}: a claim made after the holder's last heartbeat may be of a master that starts`, async (t) => {
    const { db, claimed } = await killedMaster(t, engine, 3600);
    await makeUnclean(db);
    const lastBeat = now() - 3600;
    await db.query('UPDATE masters SET last_active = ?', [lastBeat]);
    await db.query('UPDATE buildrequest_claims SET claimed_at = ? WHERE brid = ?', [lastBeat + 61, claimed]);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(release())).status, 'nothing to do');
    await failsWith(t, gate.run(release(claimed)), 'refused', /which is unclean/);
    t.deepEqual(diffDumps(before, await db.dump()), []);
    await db.query('UPDATE buildrequest_claims SET claimed_at = claimed_at - 1 WHERE brid = ?', [claimed]);
    t.is((await gate.run(release())).status, 'done');
  });

  test(`${engine}: a request is left alone that was released or built meanwhile`, async (t) => {
    const { db, claimed, pending } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    const [done] = await db.query('SELECT id FROM buildrequests WHERE complete = 1');
    const before = await db.dump();
    const report = await gate.run(release(pending, Number(done?.id)));
    t.is(report.status, 'nothing to do');
    t.deepEqual([...report.plan.notes].sort(), [
      `Request ${Number(done?.id)} is complete.`,
      `Request ${pending} is not claimed: any master that configures its builder may take it.`,
    ].sort()); // prettier-ignore
    t.deepEqual(diffDumps(before, await db.dump()), []);
    await failsWith(t, gate.run(release(claimed), { beforeConfirm: () => beatHeart(db) }), 'changed');
    t.deepEqual(gate.journal(), []);
  });

  test(`${engine}: a request that is not there is not found`, async (t) => {
    const { db } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    await failsWith(t, gate.run(release(99)), 'notFound', 'There is no request 99.');
  });
}

test('an id must be a whole number', (t) => {
  t.throws(() => release('1; drop table masters'), { code: 'usage' });
  t.throws(() => release('-1'), { code: 'usage' });
});
