import test from 'ava';
import type { Inventory } from '../../../src/lib/model/inventory.js';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import { pauseWorkers } from '../../../src/lib/operations/pause-workers.js';
import { idOf } from '../../_helpers/clusters.js';
import { sameChanges, updated } from '../../_helpers/changes.js';
import { diffDumps, engines, hasFixture } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { completeInventory, killedRecordings } from '../../_helpers/leftovers.js';
import { databaseAged } from '../../_helpers/recordings.js';

const expireAfter = defaultExpireAfterSeconds;
const pause = (workers: string[], reason: string | null = null, inventory: Inventory | null = null) =>
  pauseWorkers({ workers, paused: true, reason, expireAfter, inventory });
const resume = (...workers: string[]) =>
  pauseWorkers({ workers, paused: false, reason: 'ignored', expireAfter, inventory: null });

for (const engine of engines) {
  for (const fixture of killedRecordings.filter((name) => hasFixture(engine, name))) {
    test(`${engine}: of ${fixture}, workers are paused and resumed, each once, and undo takes it back`, async (t) => {
      const db = await databaseAged(t, engine, fixture, 0);
      const gate = await gateOn(t, db);
      const id = await idOf(db, 'workers', 'local1');
      const before = await db.dump();
      const hasReason = 'pause_reason' in (before.workers?.[0] ?? {});
      t.is(hasReason, fixture.startsWith('4.'));
      const report = await gate.run(pause(['local1'], 'new disk'));
      t.is(report.status, 'done');
      const [was, is] = [{ paused: 0 }, { paused: 1 }];
      const [no, why] = hasReason ? [{ pause_reason: null }, { pause_reason: 'new disk' }] : [{}, {}];
      const paused = await db.dump();
      sameChanges(t, before, paused, updated('workers', [id], { ...was, ...no }, { ...is, ...why }));
      t.regex(report.advice.join('\n'), /runs and does not know it yet/);
      t.regex(report.advice.join('\n'), new RegExp(`"method":"pause".* http://MASTER/api/v2/workers/${id}$`));
      const again = await gate.run(pause(['local1']));
      t.is(again.status, 'nothing to do');
      t.deepEqual(again.plan.notes, ['Worker local1 is paused already.']);

      t.is((await gate.run(resume('local1'))).status, 'done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
      t.is((await gate.undo()).status, 'done');
      t.deepEqual(diffDumps(paused, await db.dump()), []);
      t.is((await gate.undo(1)).status, 'done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
    });
  }

  test(`${engine}: a cluster.yaml says where the masters are that do not know it`, async (t) => {
    const db = await databaseAged(t, engine, '3.7.0/killed', 0);
    const gate = await gateOn(t, db);
    const [master] = await db.query('SELECT name FROM masters');
    const control = { wake: { http: 'http://127.0.0.1:8010/' } };
    const inventory = completeInventory({ masters: [{ key: 'a', name: String(master?.name), kind: 'buildbot', listen: null, control }] }); // prettier-ignore
    const { advice } = await gate.run(pause(['local1'], null, inventory));
    t.regex(advice.join('\n'), /http:\/\/127\.0\.0\.1:8010\/api\/v2\/workers\/\d+$/);
  });

  test(`${engine}: a Buildbot that cannot pause, a worker that is not there`, async (t) => {
    const db = await databaseAged(t, engine, '3.7.0/killed', 0);
    const gate = await gateOn(t, db);
    await failsWith(t, gate.run(pause(['nobody'])), 'notFound', 'There is no worker "nobody".');
    await db.exec('ALTER TABLE workers DROP COLUMN paused');
    await failsWith(t, (await gateOn(t, db)).run(pause(['local1'])), 'schema', /older than 0\.9\.11/);
  });
}
