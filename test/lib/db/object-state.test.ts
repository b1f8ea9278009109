// State of services: found where Buildbot has put it, written so that it reads it, by several at once.
import test from 'ava';
import { findOrAddObject, readState, stateTables, writeState } from '../../../src/lib/db/object-state.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { openFor, write } from '../../_helpers/service-context.js';

for (const engine of engines) {
  for (const version of ['2.10.5', '3.7.0', '4.3.0']) {
    test(`${engine} ${version}: what Buildbot has left is found and changed, and not added again`, async (t) => {
      const db = await databaseFrom(engine, `${version}/killed`);
      t.teardown(() => db.close());
      const database = await openFor(t, db);
      const [row] = await db.query(
        `SELECT o.id, s.value_json FROM objects o JOIN object_state s ON s.objectid = o.id WHERE o.name = 'p-quick' AND s.name = 'last_build'`,
      );
      const found = await write(database, stateTables, async (tx) => {
        const id = await findOrAddObject(tx, 'p-quick', 'Periodic');
        const value = await readState(tx, id, 'last_build');
        await writeState(tx, id, 'last_build', 1795278517.25);
        return [id, value, await readState(tx, id, 'last_build'), await readState(tx, id, 'none')];
      });
      t.deepEqual(found, [row?.['id'], JSON.parse(String(row?.['value_json'])), 1795278517.25, undefined]);
      const state = await db.query(`SELECT value_json FROM object_state WHERE objectid = ? AND name = 'last_build'`, [found[0]]); // prettier-ignore
      t.deepEqual(state, [{ value_json: '1795278517.25' }]);
    });
  }

  test(`${engine}: several at once add one object and one value, and none fails`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/killed');
    t.teardown(() => db.close());
    const databases = await Promise.all([1, 2, 3].map(() => openFor(t, db)));
    const ids = await Promise.all(
      databases.map((database, index) =>
        write(database, stateTables, async (tx) => {
          const id = await findOrAddObject(tx, 'new', 'Nightly');
          await writeState(tx, id, 'who', [index, 'é']);
          return id;
        }),
      ),
    );
    t.is(new Set(ids).size, 1);
    t.is((await db.query(`SELECT id FROM objects WHERE name = 'new'`)).length, 1);
    const rows = await db.query('SELECT value_json FROM object_state WHERE objectid = ?', [ids[0]]);
    t.is(rows.length, 1);
    t.regex(String(rows[0]?.['value_json']), /^\[[012], "\\u00e9"\]$/);
  });

  test(`${engine}: what is no JSON counts as nothing, and a name that is too long is shortened as Buildbot does`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/killed');
    t.teardown(() => db.close());
    const database = await openFor(t, db);
    const name = `https://host/${'x'.repeat(200)}`;
    const id = await write(database, stateTables, (tx) => findOrAddObject(tx, name, 'GitPoller'));
    const [row] = await db.query('SELECT name FROM objects WHERE id = ?', [id]);
    t.is(row?.['name'], `https://host/${'x'.repeat(51)}c727b25ded89bdb93fc6e77a3ece3517770447c0`);
    await db.query(`INSERT INTO object_state (objectid, name, value_json) VALUES (?, 'odd', '{oops')`, [id]);
    t.is(await write(database, stateTables, (tx) => readState(tx, id, 'odd')), undefined);
    t.is(await write(database, stateTables, (tx) => findOrAddObject(tx, name, 'GitPoller')), id);
  });
}
