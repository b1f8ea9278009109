import test from 'ava';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import { forgetMaster, type ForgetMasterInput } from '../../../src/lib/operations/forget-master.js';
import { deleted, sameChanges } from '../../_helpers/changes.js';
import { diffDumps, engines, hasFixture, type TestDatabase } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { afterRead, meanwhile } from '../../_helpers/gate-hooks.js';
import { addPins, clusterObjectId, makeOwn, objectIdOf, stateRow } from '../../_helpers/published.js';
import { idOf } from '../../_helpers/clusters.js';
import { completeInventory, killedRecordings, redirected, stoppedMaster } from '../../_helpers/leftovers.js';

const forget = (input: Partial<ForgetMasterInput> = {}) =>
  forgetMaster({
    master: '1',
    reassignTo: 'host2:/srv/bb/heir',
    expireAfter: defaultExpireAfterSeconds,
    inventory: completeInventory(),
    force: false,
    ...input,
  });

/** That others were told to look is no part of the change. */
async function forgetMarks(db: TestDatabase): Promise<void> {
  await db.exec("DELETE FROM object_state WHERE name = 'announced requests'");
}

for (const engine of engines) {
  for (const fixture of killedRecordings.filter((name) => hasFixture(engine, name))) {
    test(`${engine}: of ${fixture}, all history becomes the heir's, the row goes, and undo brings all back`, async (t) => {
      const { db, name } = await stoppedMaster(t, engine, fixture);
      const gate = await gateOn(t, db);
      const before = await db.dump();
      await failsWith(t, gate.run(forget({ reassignTo: null })), 'refused', new RegExp(`^Master ${name} has \\d+ builds? and \\d+ claims? of (a )?finished requests?: they would be lost with its row\\.$`)); // prettier-ignore
      t.is((await gate.dryRun(forget())).status, 'dry run');
      t.deepEqual(diffDumps(before, await db.dump()), []);
      t.is((await gate.run(forget())).status, 'done');
      const [builds, claims] = [redirected(before, 'builds', 'masterid', 1, 2), redirected(before, 'buildrequest_claims', 'masterid', 1, 2)]; // prettier-ignore
      t.true(builds.length > 0 && claims.length > 0);
      sameChanges(t, before, await db.dump(), [...builds, ...claims, ...deleted(before, 'masters', [1])]);
      t.is((await gate.undo()).status, 'done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
    });
  }

  test(`${engine}: one that nothing refers to needs no heir`, async (t) => {
    const { db } = await stoppedMaster(t, engine);
    await db.exec('UPDATE builds SET masterid = 2');
    await db.exec('UPDATE buildrequest_claims SET masterid = 2');
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(forget({ reassignTo: null }))).status, 'done');
    sameChanges(t, before, await db.dump(), deleted(before, 'masters', [1]));
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: what one of bbctl's own has published goes with it, and what was kept on it is kept nowhere`, async (t) => {
    const { db } = await stoppedMaster(t, engine);
    for (const id of [1, 2]) await makeOwn(db, id);
    const [kept, other] = [await idOf(db, 'schedulers', 'any'), await idOf(db, 'schedulers', 'p-slow')];
    await addPins(db, { [`scheduler ${kept}`]: 1, [`scheduler ${other}`]: 2, 'changesource 1': 1 });
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const { plan } = await gate.dryRun(forget());
    t.regex(plan.notes.join(), /^any, .* were kept on .*\. They run wherever there is room from now on\.$/);
    t.is((await gate.run(forget())).status, 'done');
    await forgetMarks(db);
    const rows = before as never;
    sameChanges(t, before, await db.dump(), [
      ...redirected(before, 'builds', 'masterid', 1, 2),
      ...redirected(before, 'buildrequest_claims', 'masterid', 1, 2),
      ...['run', 'offer'].map((name) => stateRow(rows, objectIdOf(1), name) as never),
      ...[`pin scheduler ${kept}`, 'pin changesource 1'].map((name) => stateRow(rows, clusterObjectId, name) as never),
      ...deleted(before, 'objects', [objectIdOf(1)]),
      ...deleted(before, 'masters', [1]),
    ]);
    t.is((await gate.undo()).status, 'done');
    await forgetMarks(db);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: only a stopped one, by a complete inventory or by name, and not to itself`, async (t) => {
    const { db, name } = await stoppedMaster(t, engine);
    const gate = await gateOn(t, db);
    await failsWith(t, gate.run(forget({ master: '2', reassignTo: '1' })), 'refused', /heir is active; only a stopped/);
    await failsWith(t, gate.run(forget({ reassignTo: '1' })), 'usage', /cannot be moved to itself/);
    await failsWith(t, gate.run(forget({ reassignTo: '3' })), 'notFound');
    await failsWith(
      t,
      gate.run(forget({ inventory: null })),
      'refused',
      /not certain that master .* will not come back/,
    );
    t.is((await gate.dryRun(forget({ inventory: null, force: true }))).plan.typed, name);
    const inventory = completeInventory({
      masters: [{ key: 'one', name, kind: 'buildbot', listen: null, control: {} }],
    });
    await failsWith(t, gate.run(forget({ inventory, force: true })), 'refused', /is named in cluster.yaml/);
    await db.exec('UPDATE masters SET active = 1, last_active = last_active - 3600 WHERE id = 1');
    await failsWith(t, gate.run(forget({ force: true })), 'refused', /is silent; only a stopped one/);
    t.deepEqual(gate.journal(), []);
  });

  test(`${engine}: one that starts again is left alone, whenever it does`, async (t) => {
    const { db } = await stoppedMaster(t, engine);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const [builder] = await db.query('SELECT id FROM builders');
    const register = () => db.query('INSERT INTO builder_masters (id, builderid, masterid) VALUES (99, ?, 1)', [builder?.id]); // prettier-ignore
    const unregister = () => db.exec('DELETE FROM builder_masters');
    await failsWith(t, gate.run(forget(), { beforeConfirm: register }), 'changed');
    await unregister();
    t.is((await gate.run(afterRead(forget(), 2, register))).status, 'changed meanwhile');
    await unregister();
    t.is((await gate.run(afterRead(forget(), 2, () => activate(db)))).status, 'changed meanwhile');
    await db.exec('UPDATE masters SET active = 0 WHERE id = 1');
    t.deepEqual(diffDumps(before, await db.dump()), []);

    // Its history is the other one's by then; the row stays, and undo gives it back.
    const half = forget();
    const moved = { ...half, pace: meanwhile(() => activate(db)) };
    t.is((await gate.run(moved)).status, 'partly done');
    await db.exec('UPDATE masters SET active = 0 WHERE id = 1');
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: what is written in its name before the row goes keeps the row`, async (t) => {
    const { db } = await stoppedMaster(t, engine);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const [claim] = await db.query('SELECT brid FROM buildrequest_claims');
    const operation = forget();
    const takeBack = () => db.query('UPDATE buildrequest_claims SET masterid = 1 WHERE brid = ?', [claim?.brid]);
    const report = await gate.run({
      ...operation,
      // Between the last of its claims and the step that removes the row.
      pace: meanwhile(async () => {
        const left = await db.query('SELECT brid FROM buildrequest_claims WHERE masterid = 1');
        if (left.length === 0) await takeBack();
      }),
    });
    t.is(report.status, 'partly done');
    t.regex(report.results.at(-1)?.detail ?? '', /has buildrequest_claims again/);
    await db.query('UPDATE buildrequest_claims SET masterid = 2 WHERE brid = ?', [claim?.brid]);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: one that has come back as a new row keeps undo from bringing the old one`, async (t) => {
    const { db, name } = await stoppedMaster(t, engine);
    const gate = await gateOn(t, db);
    const [old] = await db.query('SELECT name_hash FROM masters WHERE id = 1');
    t.is((await gate.run(forget())).status, 'done');
    await db.query('INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (3, ?, ?, 1, 1)', [name, old?.name_hash]); // prettier-ignore
    const after = await db.dump();
    t.is((await gate.undo()).status, 'changed meanwhile');
    t.deepEqual(diffDumps(after, await db.dump()), []);
  });
}

async function activate(db: TestDatabase): Promise<void> {
  await db.exec('UPDATE masters SET active = 1 WHERE id = 1');
}
