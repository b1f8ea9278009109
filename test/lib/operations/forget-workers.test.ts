import test from 'ava';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import { forgetWorkers, type ForgetWorkersInput } from '../../../src/lib/operations/forget-workers.js';
import { deleted, sameChanges } from '../../_helpers/changes.js';
import { diffDumps, engines, hasFixture } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { afterRead, meanwhile } from '../../_helpers/gate-hooks.js';
import {
  addBuilds,
  completeInventory,
  killedRecordings,
  leftoverWorker,
  redirected,
} from '../../_helpers/leftovers.js';

const forget = (input: Partial<ForgetWorkersInput> = {}) =>
  forgetWorkers({
    workers: ['local1'],
    expireAfter: defaultExpireAfterSeconds,
    inventory: completeInventory(),
    force: false,
    ...input,
  });

for (const engine of engines) {
  for (const fixture of killedRecordings.filter((name) => hasFixture(engine, name))) {
    test(`${engine}: of ${fixture}, builds lose the name of the worker, its row goes, and undo brings all back`, async (t) => {
      const { db, id } = await leftoverWorker(t, engine, fixture);
      const gate = await gateOn(t, db);
      const before = await db.dump();
      t.is((await gate.dryRun(forget())).status, 'dry run');
      t.deepEqual(diffDumps(before, await db.dump()), []);
      const report = await gate.run(forget());
      t.is(report.status, 'done');
      t.is(report.plan.typed, undefined);
      const builds = redirected(before, 'builds', 'workerid', id, null);
      t.true(builds.length > 0);
      t.is(report.plan.steps[0]?.group, `take the name of worker local1 from ${builds.length} build${builds.length === 1 ? '' : 's'}`); // prettier-ignore
      sameChanges(t, before, await db.dump(), [...builds, ...deleted(before, 'workers', [id])]);
      await failsWith(t, gate.run(forget()), 'notFound', 'There is no worker "local1".');
      t.is((await gate.undo()).status, 'done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
    });
  }

  test(`${engine}: what is only likely left over needs --force, and its name typed`, async (t) => {
    const { db } = await leftoverWorker(t, engine);
    const gate = await gateOn(t, db);
    await failsWith(t, gate.run(forget({ inventory: null })), 'refused', /It is not certain that worker local1 is left over/); // prettier-ignore
    const incomplete = completeInventory({ complete: false });
    await failsWith(t, gate.run(forget({ inventory: incomplete })), 'refused', /not certain/);
    t.is((await gate.dryRun(forget({ inventory: null, force: true }))).plan.typed, 'local1');
    const named = completeInventory({ workers: new Set(['local1']) });
    await failsWith(t, gate.run(forget({ inventory: named, force: true })), 'refused', /is named in cluster.yaml/);
    t.deepEqual(gate.journal(), []);
  });

  test(`${engine}: a worker that is configured, connected, or builds is refused, --force or not`, async (t) => {
    const { db, id } = await leftoverWorker(t, engine);
    const gate = await gateOn(t, db);
    const [link] = await db.query('SELECT id FROM builder_masters');
    await db.query('INSERT INTO configured_workers (id, buildermasterid, workerid) VALUES (99, ?, ?)', [link?.id, id]);
    await failsWith(t, gate.run(forget({ force: true })), 'refused', /Worker local1 is in use by .*, which is active/);
    await db.exec('DELETE FROM configured_workers WHERE id = 99');
    await db.query('INSERT INTO connected_workers (id, masterid, workerid) VALUES (99, 1, ?)', [id]);
    await failsWith(t, gate.run(forget({ force: true })), 'refused', /Worker local1 is in use by/);
    await db.exec('DELETE FROM connected_workers WHERE id = 99');
    await db.query('UPDATE builds SET complete_at = NULL WHERE workerid = ?', [id]);
    await failsWith(t, gate.run(forget({ force: true })), 'refused', /Worker local1 still has \d+ open builds?/);
    t.deepEqual(gate.journal(), []);
  });

  test(`${engine}: a worker that a master has again before the first or the next batch is left to it`, async (t) => {
    const { db, id } = await leftoverWorker(t, engine);
    await addBuilds(db, 12_000, { workerid: id });
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const connect = () => db.query('INSERT INTO connected_workers (id, masterid, workerid) VALUES (99, 1, ?)', [id]);
    const disconnect = () => db.exec('DELETE FROM connected_workers WHERE id = 99');
    await failsWith(t, gate.run(forget(), { beforeConfirm: connect }), 'changed');
    await disconnect();
    t.is((await gate.run(afterRead(forget(), 2, connect))).status, 'changed meanwhile');
    await disconnect();
    t.deepEqual(diffDumps(before, await db.dump()), []);

    const operation = forget();
    const pace = async () => void (await connect());
    const report = await gate.run({ ...operation, pace: meanwhile(once(pace)) });
    t.is(report.status, 'partly done');
    t.deepEqual(report.results.map(({ outcome }) => outcome), ['done', 'unchanged', 'skipped', 'skipped']); // prettier-ignore
    await disconnect();
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  if (engine !== 'postgres') {
    test(`${engine}: rows that refer to it in the name of a master without a row go with it, and come back`, async (t) => {
      const { db, id } = await leftoverWorker(t, engine);
      await db.query('INSERT INTO connected_workers (id, masterid, workerid) VALUES (99, 77, ?)', [id]);
      await db.query('INSERT INTO configured_workers (id, buildermasterid, workerid) VALUES (99, 777, ?)', [id]);
      const gate = await gateOn(t, db);
      const before = await db.dump();
      t.is((await gate.run(forget())).status, 'done');
      sameChanges(t, before, await db.dump(), [
        ...redirected(before, 'builds', 'workerid', id, null),
        ...deleted(before, 'connected_workers', [99]),
        ...deleted(before, 'configured_workers', [99]),
        ...deleted(before, 'workers', [id]),
      ]);
      t.is((await gate.undo()).status, 'done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
    });
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let isDone = false;
  return async () => {
    if (isDone) return;
    isDone = true;
    await work();
  };
}
