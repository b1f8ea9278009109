// Timed schedulers fire once for each time, whichever master has them, Buildbot's or ours.
import test from 'ava';
import { makeScheduler } from '../../../../src/lib/runtime/schedulers/scheduler.js';
import type { TimedConfig } from '../../../../src/lib/runtime/schedulers/rhythm.js';
import type { ServiceContext } from '../../../../src/lib/runtime/service.js';
import { engines, type TestDatabase } from '../../../_helpers/database.js';
import { builtBy, epoch, nightlyConfig, periodicConfig, stage } from '../../../_helpers/scheduling.js';

const hour = 3_600_000;

const turn = (config: TimedConfig, context: ServiceContext) => makeScheduler(config)!.turn(context);

async function stateOf(db: TestDatabase, name: string, className: string): Promise<Record<string, unknown>> {
  const rows = await db.query(
    'SELECT s.name, s.value_json FROM objects o JOIN object_state s ON s.objectid = o.id WHERE o.name = ? AND o.class_name = ?',
    [name, className],
  );
  return Object.fromEntries(rows.map((row) => [String(row['name']), JSON.parse(String(row['value_json'])) as unknown]));
}

const firings = async (db: TestDatabase, name = 'hourly') => (await builtBy(db, name)).length;

for (const engine of engines) {
  for (const version of ['2.10.5', '3.7.0', '4.3.0']) {
    test(`${engine} ${version}: periodic fires at its first look, then every hour, on whichever master`, async (t) => {
      const on = await stage(t, engine, 'hourly', version);
      const [a, b] = [await on.master(), await on.master()];
      const config = periodicConfig(hour, { builders: ['quick', 'none'] });
      t.is(await turn(config, a), 0);
      t.deepEqual(a.announced, ['requests']);
      t.is(await turn(config, b), 900_000);
      t.is(await firings(on.db), 1);
      t.is((await stateOf(on.db, 'hourly', 'Periodic'))['last_build'], epoch);
      on.now = epoch + 3590.5;
      t.is(await turn(config, b), 9500);
      on.now = epoch + 3600.4;
      await turn(config, b);
      await turn(config, a);
      t.is(await firings(on.db), 2);
      t.is((await stateOf(on.db, 'hourly', 'Periodic'))['last_build'], epoch + 3600);
      t.deepEqual(on.said.filter(({ level }) => level === 'warn').map(({ message }) => message), Array(2).fill('Scheduler hourly names builders that no master has ever configured; they were not asked: none.')); // prettier-ignore
    });
  }

  test(`${engine}: two masters at once fire once`, async (t) => {
    const on = await stage(t, engine, 'hourly');
    const [a, b] = [await on.master(), await on.master()];
    for (const now of [epoch, epoch + 3600, epoch + 7200]) {
      on.now = now;
      await Promise.allSettled([turn(periodicConfig(hour), a), turn(periodicConfig(hour), b)]);
      await turn(periodicConfig(hour), a);
    }
    t.is(await firings(on.db), 3);
    t.is([...a.announced, ...b.announced].length, 3);
  });

  test(`${engine}: goes on where Buildbot stopped, and Buildbot where it stops`, async (t) => {
    const on = await stage(t, engine, 'p-quick');
    const context = await on.master();
    const before = await firings(on.db, 'p-quick');
    const { last_build: last } = await stateOf(on.db, 'p-quick', 'Periodic');
    on.now = Number(last) + 4;
    const config = periodicConfig(5000, { name: 'p-quick' });
    t.is(await turn(config, context), 1000);
    on.now = Number(last) + 5.2;
    await turn(config, context);
    t.is(await firings(on.db, 'p-quick'), before + 1);
    const objects = await on.db.query(`SELECT id FROM objects WHERE name = 'p-quick' AND class_name = 'Periodic'`);
    t.is(objects.length, 1);
    const { last_build: next } = await stateOf(on.db, 'p-quick', 'Periodic');
    t.true(Math.abs(Number(next) - Number(last) - 5) < 1e-5);
  });

  test(`${engine}: nightly waits for its time, and makes up for what was missed once`, async (t) => {
    const on = await stage(t, engine, 'by-night');
    const config = nightlyConfig('0 * * * *');
    on.now = epoch + 1;
    const [a, b] = [await on.master(), await on.master()];
    t.is(await turn(config, a), 900_000);
    t.deepEqual(await stateOf(on.db, 'by-night', 'Nightly'), { bbctl_since: epoch + 1 });
    on.now = epoch + 3600 * 5 + 7;
    await turn(config, b);
    await turn(config, b);
    t.is(await firings(on.db, 'by-night'), 1);
    t.is((await stateOf(on.db, 'by-night', 'Nightly'))['last_build'], on.now);
    on.now = epoch + 3600 * 6;
    await turn(config, a);
    t.is(await firings(on.db, 'by-night'), 2);
  });

  test(`${engine}: a disabled one does nothing; a last time that is far ahead is put right`, async (t) => {
    const on = await stage(t, engine, 'hourly');
    const context = await on.master();
    await on.db.exec('UPDATE schedulers SET enabled = 0 WHERE id = 50');
    const before = await on.db.dump();
    t.is(await turn(periodicConfig(hour), context), 900_000);
    t.deepEqual(await on.db.dump(), before);
    await on.db.exec('UPDATE schedulers SET enabled = 1 WHERE id = 50');
    await turn(periodicConfig(hour), context);
    await on.db.query(`UPDATE object_state SET value_json = ? WHERE name = 'last_build' AND objectid IN (SELECT id FROM objects WHERE name = 'hourly')`, [`${epoch + 1e6}`]); // prettier-ignore
    await turn(periodicConfig(hour), context);
    t.is((await stateOf(on.db, 'hourly', 'Periodic'))['last_build'], epoch);
    t.is(on.said.filter(({ level }) => level === 'warn').length, 1);
    on.now = epoch + 3600;
    await turn(periodicConfig(hour), context);
    t.is(await firings(on.db), 2);
  });
}

for (const engine of engines.filter((one) => one === 'myisam')) {
  test(`${engine}: a master that died after the buildset, and before it could say so, has fired`, async (t) => {
    const on = await stage(t, engine, 'hourly');
    const context = await on.master();
    await turn(periodicConfig(hour), context);
    const undo = () => on.db.query(`UPDATE object_state SET value_json = ? WHERE name = 'last_build' AND objectid IN (SELECT id FROM objects WHERE name = 'hourly')`, [`${epoch}`]); // prettier-ignore
    on.now = epoch + 3601;
    await turn(periodicConfig(hour), context);
    await undo();
    await turn(periodicConfig(hour), context);
    t.is(await firings(on.db), 2);
    // Cut off earlier, before the requests: nobody would ever build it.
    await undo();
    await on.db.exec('DELETE FROM buildrequests WHERE buildsetid = (SELECT MAX(id) FROM buildsets)');
    await turn(periodicConfig(hour), context);
    t.is(await firings(on.db), 3);
  });
}
