import test from 'ava';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import { finishBuilds } from '../../../src/lib/operations/finish-builds.js';
import { finished, sameChanges, updated, aboutNow } from '../../_helpers/changes.js';
import { diffDumps, engines } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { beatHeart, killedMaster, makeUnclean, removeMasterRows, type Killed } from '../../_helpers/killed.js';

const finish = (...builds: number[]) =>
  finishBuilds({ builds: builds.map(String), expireAfter: defaultExpireAfterSeconds });
const allOf = ({ build, step, log }: Killed) => finished({ builds: [build], steps: [step], logs: [log] });

const holders: Record<string, (killed: Killed) => Promise<unknown>> = {
  'a dead master': () => Promise.resolve(),
  'an unclean master': ({ db }) => makeUnclean(db),
  'a master without a row': ({ db }) => removeMasterRows(db),
  'a dead master, under a complete request': ({ db }) => db.query('UPDATE buildrequests SET complete = 1'),
};

for (const engine of engines) {
  for (const [holder, prepare] of Object.entries(holders)) {
    test(`${engine}: the build of ${holder} ends as RETRY, and undo takes it back`, async (t) => {
      const killed = await killedMaster(t, engine, 3600);
      await prepare(killed);
      const gate = await gateOn(t, killed.db);
      const before = await killed.db.dump();
      t.is((await gate.dryRun(finish())).status, 'dry run');
      t.deepEqual(diffDumps(before, await killed.db.dump()), []);
      t.is((await gate.run(finish())).status, 'done');
      sameChanges(t, before, await killed.db.dump(), allOf(killed));
      t.is((await gate.run(finish())).status, 'nothing to do');
      t.deepEqual((await gate.run(finish(killed.build))).plan.notes, [`Build ${killed.build} has ended.`]);
      t.is((await gate.undo()).status, 'done');
      t.deepEqual(diffDumps(before, await killed.db.dump()), []);
    });
  }

  test(`${engine}: a build is ended by its id, whoever held it`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const { db, build } = killed;
    await removeMasterRows(db);
    await db.exec('UPDATE buildrequests SET complete = 1');
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(finish(build))).status, 'done');
    sameChanges(t, before, await db.dump(), allOf(killed));
  });

  test(`${engine}: rows that were half written end each from what it was, and undo knows it`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const { db, build, step, log } = killed;
    const [early] = await db.query('SELECT id FROM steps WHERE buildid = ? AND complete_at IS NOT NULL', [build]);
    // A step that has results but no end, a second one without either, and a log left open under a finished step.
    await db.query('UPDATE steps SET results = 2 WHERE id = ?', [step]);
    await db.query(
      "INSERT INTO steps (id, number, name, buildid, state_string, urls_json) VALUES (900, 7, 'late', ?, '', '[]')",
      [build],
    );
    await db.query(
      "INSERT INTO logs (id, name, slug, stepid, complete, num_lines, type) VALUES (900, 'x', 'x', ?, 0, 0, 's')",
      [early?.id],
    );
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(finish())).status, 'done');
    sameChanges(t, before, await db.dump(), [
      ...finished({ builds: [build], steps: [900], logs: [log, 900] }),
      ...updated('steps', [step], { complete_at: null, results: 2 }, { complete_at: aboutNow, results: 5 }),
    ]);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: what is open under a finished build is left as it is`, async (t) => {
    const { db, build } = await killedMaster(t, engine, 3600);
    await db.query('UPDATE builds SET complete_at = started_at, results = 0 WHERE id = ?', [build]);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(finish())).status, 'nothing to do');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: the build of a master that may run it is refused`, async (t) => {
    const { db, build, name } = await killedMaster(t, engine, 0);
    const gate = await gateOn(t, db);
    for (const state of ['active', 'late'] as const) {
      if (state === 'late') await db.exec('UPDATE masters SET last_active = last_active - 300');
      const before = await db.dump();
      await failsWith(
        t,
        gate.run(finish(build)),
        'refused',
        `Build ${build} belongs to ${name}, which is ${state}: it may be running.`,
      );
      t.is((await gate.run(finish())).status, 'nothing to do');
      t.deepEqual(diffDumps(before, await db.dump()), []);
    }
  });

  test(`${engine}: the build of a master that comes back while somebody thinks goes on`, async (t) => {
    const { db, build } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    await failsWith(t, gate.run(finish(build), { beforeConfirm: () => beatHeart(db) }), 'changed');
    const [row] = await db.query('SELECT complete_at FROM builds WHERE id = ?', [build]);
    t.is(row?.complete_at, null);
    t.deepEqual(gate.journal(), []);
  });

  test(`${engine}: a build that is not there is not found`, async (t) => {
    const { db } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    await failsWith(t, gate.run(finish(999)), 'notFound', 'There is no build 999.');
  });
}
