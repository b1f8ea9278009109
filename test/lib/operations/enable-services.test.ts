import test from 'ava';
import { enableServices } from '../../../src/lib/operations/enable-services.js';
import { sameChanges, updated } from '../../_helpers/changes.js';
import { diffDumps, engines, type TestDatabase } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { killedMaster } from '../../_helpers/killed.js';

const enable = (...services: string[]) => enableServices({ services, enabled: true });
const disable = (...services: string[]) => enableServices({ services, enabled: false });

for (const engine of engines) {
  test(`${engine}: schedulers are switched off and on, each once, and undo takes it back`, async (t) => {
    const { db } = await killedMaster(t, engine, 0);
    const ids = await Promise.all([idOf(db, 'any'), idOf(db, 'trig')]);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.dryRun(disable('any'))).status, 'dry run');
    t.deepEqual(diffDumps(before, await db.dump()), []);
    const report = await gate.run(disable('any', 'trig'));
    t.is(report.status, 'done');
    t.regex(report.advice.join(), /at a restart of that master/);
    const off = await db.dump();
    sameChanges(t, before, off, updated('schedulers', ids, { enabled: 1 }, { enabled: 0 }));
    const again = await gate.run(disable('any'));
    t.is(again.status, 'nothing to do');
    t.deepEqual(again.plan.notes, ['Scheduler any is already disabled.']);

    t.is((await gate.run(enable('any', 'trig', 'p-slow'))).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(off, await db.dump()), []);
    t.is((await gate.undo(1)).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: NULL is off, and undo makes it NULL again`, async (t) => {
    const { db } = await killedMaster(t, engine, 0);
    const id = await idOf(db, 'any');
    await db.query('UPDATE schedulers SET enabled = NULL WHERE id = ?', [id]);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(disable('any'))).status, 'nothing to do');
    t.is((await gate.run(enable('any'))).status, 'done');
    sameChanges(t, before, await db.dump(), updated('schedulers', [id], { enabled: null }, { enabled: 1 }));
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a change source has no switch, nor has a scheduler of an old Buildbot`, async (t) => {
    const { db } = await killedMaster(t, engine, 0);
    const one = await gateOn(t, db);
    await failsWith(t, one.run(disable('file:///srv/bot/git2.git')), 'usage');
    await failsWith(t, one.run(disable('nowhere')), 'notFound');
    await db.exec('ALTER TABLE schedulers DROP COLUMN enabled');
    const other = await gateOn(t, db);
    await failsWith(t, other.run(disable('any')), 'schema');
    t.deepEqual(one.journal(), []);
  });
}

async function idOf(db: TestDatabase, scheduler: string): Promise<number> {
  const [row] = await db.query('SELECT id FROM schedulers WHERE name = ?', [scheduler]);
  return Number(row?.id);
}
