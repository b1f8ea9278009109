import test from 'ava';
import { NotMember } from '../../../../src/lib/db/fence.js';
import { Scribe } from '../../../../src/lib/runtime/builds/scribe.js';
import { systemClock } from '../../../../src/lib/runtime/clock.js';
import { clusterOf } from '../../../_helpers/building-masters.js';
import { until } from '../../../_helpers/buildbot/until.js';
import { engines } from '../../../_helpers/database.js';
import type { Store } from '../../../../src/lib/runtime/store.js';
import { Failure } from '../../../../src/lib/errors.js';
import { WakeUps } from '../../../../src/lib/runtime/wake-ups.js';
import { noLog } from '../../../../src/lib/runtime/log.js';

const yaml = 'masters: {blue: {name: blue}}';

/** Sometimes it does the transaction and then says that it has not. */
function forgetful(store: Store, forgets: () => boolean): Store {
  return {
    ...store,
    label: store.label,
    read: (work) => store.read(work),
    glance: (work) => store.glance(work),
    close: () => store.close(),
    write: async (tables, work) => {
      const result = await store.write(tables, work);
      if (forgets()) throw new Failure('unreachable', 'lost');
      return result;
    },
  };
}

for (const engine of engines) {
  test(`${engine}: what several write goes together; what fails takes nobody with it, and nothing is done twice`, async (t) => {
    const { database, start } = await clusterOf(t, engine, yaml);
    const blue = start('blue');
    await until('blue is active', () => blue.master.state === 'active');
    const me = blue.master.membership.run!;
    let groups = 0;
    let forgets = true;
    const store = forgetful(blue.stores.builds, () => (groups++, forgets && !(forgets = false)));
    const clock = { ...systemClock, sleep: () => Promise.resolve() };
    const scribe = new Scribe({ me, store, clock, wakeUps: new WakeUps(systemClock), log: noLog });
    const agains: boolean[] = [];
    const add = (name: string) =>
      scribe.write(async (tx, again) => {
        agains.push(again);
        const there = again && (await tx.sql('workers').where({ name }).first<object | undefined>('id'));
        if (!there) await tx.sql('workers').insert({ name, info: '{}' });
        return name;
      });
    t.deepEqual(await Promise.all([add('a'), add('b')]), ['a', 'b']);
    // Where there are no transactions what is written is known to stay.
    t.is(groups, engine === 'myisam' ? 1 : 2);
    t.is(agains.includes(true), engine !== 'myisam');
    const bad = scribe.write(() => Promise.reject(new Error('a bug')));
    const after = [add('c'), bad.catch((error: Error) => error.message), add('d')];
    t.deepEqual(await Promise.all(after), ['c', 'a bug', 'd']);
    const names = await database.query(`select name from workers order by name`);
    t.deepEqual(names.map((row) => row['name']), ['a', 'b', 'c', 'd']); // prettier-ignore
    scribe.end();
    await t.throwsAsync(add('e'), { instanceOf: NotMember });
    await blue.stop();
  });
}
