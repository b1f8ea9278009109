import test from 'ava';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { systemClock as clock } from '../../../src/lib/runtime/clock.js';
import { openStores } from '../../../src/lib/runtime/stores.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';

// Elsewhere whoever writes has the whole database, or tables, to itself.
for (const engine of engines.filter((one) => one === 'postgres' || one === 'innodb'))
  for (const name of ['work', 'builds'] as const)
    test(`${engine}: the heart beats while ${name} waits for somebody's lock, and then it is all done`, async (t) => {
      const db = await databaseFrom(engine, '4.3.0/fresh');
      t.teardown(() => db.close());
      await insertRevision(db, '4.3.0/fresh');
      await db.query(`insert into masters (id, name, name_hash, active, last_active) values (1, 'own', 'own', 1, 5)`);
      await db.query(`insert into builders (id, name, name_hash) values (1, 'a', 'a')`);
      const open = () => openStores({ location: parseDatabaseUrl(db.url), expireAfterMs: 8000, clock });
      const [own, somebody] = [open(), open()];
      t.teardown(() => Promise.all([own.heart, own[name], somebody.work].map((store) => store.close())));
      let waiting = Promise.resolve(0);
      await somebody.work.write(['builders'], async (tx) => {
        await tx.sql('builders').update({ description: 'theirs' });
        const begun = new Promise<void>((resolve) => {
          waiting = own[name].write(['masters', 'builders'], async ({ sql }) => {
            await sql('masters').where('id', 1).update({ active: 2 });
            resolve();
            return sql('builders').where('id', 1).update({ description: 'own' });
          });
        });
        await begun;
        t.is(await own.heart.write(['masters'], ({ sql }) => sql('masters').where('active', 1).update({ last_active: 6 })), 1); // prettier-ignore
      });
      t.is(await waiting, 1);
      t.deepEqual(await db.query('select active, last_active from masters'), [{ active: 2, last_active: 6 }]);
    });
