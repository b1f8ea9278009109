import test from 'ava';
import { systemClock } from '../../../src/lib/runtime/clock.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { startMaster, ticking } from '../../_helpers/masters-of-bbctl.js';
import { insertRevision } from '../../_helpers/recordings.js';
import { until } from '../../_helpers/buildbot/until.js';
import { Proxy } from '../../_helpers/chaos/proxy.js';

for (const engine of engines) {
  test(`${engine}: two masters share the services, one stops, the other takes all over`, async (t) => {
    const database = await databaseFrom(engine, '3.7.0/fresh');
    await insertRevision(database, '3.7.0/fresh');
    t.teardown(() => database.close());
    const ticks = (): ReturnType<typeof ticking>[] => ['one', 'two', 'three', 'four'].map((name) => ticking(name));
    const blue = startMaster(database.url, 'blue', ticks());
    await until('blue runs all', () => blue.master.services.active.length === 4);
    const green = startMaster(database.url, 'green', ticks());
    await until('green has its share', () => green.master.services.active.length === 2);
    t.is(blue.master.services.active.length, 2);
    await blue.stop();
    await until('green runs all', () => green.master.services.active.length === 4);
    const rows = await database.query('select name, active from masters order by name');
    t.log(rows, blue.lines, green.lines);
    await green.stop();
    t.pass();
  });
}

test('sqlite: stopped from two sides at a time, a service ends once', async (t) => {
  const database = await databaseFrom('sqlite', '3.7.0/fresh');
  await insertRevision(database, '3.7.0/fresh');
  t.teardown(() => database.close());
  const blue = startMaster(database.url, 'blue', [ticking('one')]);
  await until('blue runs it', () => blue.master.services.active.length === 1);
  const { services } = blue.master;
  await Promise.all([services.suspend(), services.suspend()]);
  t.is(blue.lines.filter((line) => line.includes(' inactive ')).length, 1);
  await blue.stop();
});

if (engines.includes('postgres')) {
  test('a configuration that is changed while the database is away reaches the cluster afterwards', async (t) => {
    const database = await databaseFrom('postgres', '3.7.0/fresh');
    await insertRevision(database, '3.7.0/fresh');
    t.teardown(() => database.close());
    const network = await Proxy.open(database.url);
    t.teardown(() => network.close());
    const blue = startMaster(network.url, 'blue', [ticking('one')]);
    await until('blue runs it', () => blue.master.services.active.length === 1);
    network.set('reset');
    blue.master.configure({
      registration: { builders: [], services: [{ kind: 'scheduler', name: 'two', className: 'bbctl.Ticking' }] },
      services: [ticking('two')],
    });
    network.set('carry');
    await until('blue runs the other', () => blue.master.services.active.some(({ name }) => name === 'two'));
    await until('blue holds the other alone', () => {
      const held = blue.master.view?.services.filter(({ holderId }) => holderId !== null).map(({ name }) => name);
      return held?.join() === 'two';
    });
    await blue.stop();
    t.pass();
  });
}

test("who sleeps until a time of the database's clock is woken when that was set", async (t) => {
  const database = await databaseFrom('sqlite', '3.7.0/fresh');
  await insertRevision(database, '3.7.0/fresh');
  t.teardown(() => database.close());
  let setMs = 0;
  const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() - setMs };
  const sleeper = ticking('sleeper', 3_600_000);
  const blue = startMaster(database.url, 'blue', [sleeper], { clock });
  await until('it has had its first turn', () => sleeper.turns.length === 1);
  setMs = 3000;
  await until('it has had another', () => sleeper.turns.length === 2);
  await blue.stop();
  t.is(sleeper.turns.length, 2);
});

test('"buildbot upgrade-master" resets all hearts; who lives goes on', async (t) => {
  const database = await databaseFrom('sqlite', '3.7.0/fresh');
  await insertRevision(database, '3.7.0/fresh');
  t.teardown(() => database.close());
  const blue = startMaster(database.url, 'blue', [ticking('one')]);
  await until('blue runs it', () => blue.master.services.active.length === 1);
  await database.query('update masters set last_active = 0');
  const { done } = blue.master.heart.counts;
  await until('its heart beats on', () => blue.master.heart.counts.done > done);
  const [row] = await database.query('select last_active from masters');
  t.true(Number(row?.['last_active']) > 0);
  t.is(blue.master.state, 'active');
  t.is(blue.master.heart.counts.failed, 0);
  await blue.stop();
});

test('a second process under the name of one that runs waits, sees its heart beat, and refuses', async (t) => {
  const database = await databaseFrom('sqlite', '3.7.0/fresh');
  await insertRevision(database, '3.7.0/fresh');
  t.teardown(() => database.close());
  const one = startMaster(database.url, 'blue', [ticking('one')]);
  await until('it runs', () => one.master.services.active.length === 1);
  const two = startMaster(database.url, 'blue', [ticking('one')]);
  await t.throwsAsync(two.ended, { message: /A master named blue is running: its heart beat/ });
  await two.close();
  t.is(one.master.state, 'active');
  t.is(one.master.heart.counts.failed, 0);
  await one.stop();
});
