import test from 'ava';
import {
  databaseFrom,
  diffDumps,
  emptyDatabase,
  engines,
  fixturesOf,
  hasFixture,
  newestTime,
  recordedSecondsAgo,
  shiftTimes,
  type Dump,
  type TestDatabase,
} from './database.js';

const tables = (dump: Dump) => Object.keys(dump).length;

for (const engine of engines) {
  test(`${engine}: an empty database has no tables and is gone after close`, async (t) => {
    const db = await emptyDatabase(engine);
    t.deepEqual(await db.dump(), {});
    await db.close();
    await t.throwsAsync(async () => db.query('SELECT 1'));
  });

  for (const fixture of fixturesOf(engine)) {
    test(`${engine}: ${fixture} loads, each time the same`, async (t) => {
      const [one, two] = await Promise.all([databaseFrom(engine, fixture), databaseFrom(engine, fixture)]);
      t.teardown(() => Promise.all([one.close(), two.close()]));
      const dump = await one.dump();
      t.true(tables(dump) > 25);
      t.not(one.url, two.url);
      t.deepEqual(await two.dump(), dump);
      t.deepEqual(diffDumps(dump, await two.dump()), []);
    });
  }

  test(`${engine}: a recording can be moved in time`, async (t) => {
    const db = await killed(engine);
    t.teardown(() => db.close());
    await db.query('INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (?, ?, ?, ?, ?)', [
      99,
      'what?',
      'hash',
      true,
      0,
    ]);
    const before = await newestTime(db);
    const dump = await db.dump();
    await shiftTimes(db, 1000);
    t.is(await newestTime(db), before + 1000);
    const open = await db.query('SELECT id FROM builds WHERE complete_at IS NULL');
    t.true(open.length > 0);
    t.deepEqual(await db.query('SELECT name, last_active FROM masters WHERE id = ?', [99]), [
      { name: 'what?', last_active: 0 },
    ]);
    await shiftTimes(db, -1000);
    t.deepEqual(await db.dump(), dump);
    await recordedSecondsAgo(db, 700);
    const age = Date.now() / 1000 - (await newestTime(db));
    t.true(age >= 700 && age < 710);
  });

  test(`${engine}: a changed, a removed and an added row are seen`, async (t) => {
    const db = await killed(engine);
    t.teardown(() => db.close());
    const before = await db.dump();
    await db.query("UPDATE masters SET active = 0 WHERE name <> '?'");
    await db.query('DELETE FROM scheduler_masters WHERE schedulerid = ?', [2]);
    await db.exec(
      "INSERT INTO tags (id, name, name_hash) VALUES (50, 'x', 'y'); DELETE FROM builders_tags WHERE id = 1",
    );
    t.deepEqual(diffDumps(before, await db.dump()), [
      { table: 'builders_tags', key: { id: 1 }, before: before.builders_tags?.[0] },
      { table: 'masters', key: { id: 1 }, before: { active: 1 }, after: { active: 0 } },
      { table: 'scheduler_masters', key: { schedulerid: 2 }, before: { schedulerid: 2, masterid: 1 } },
      { table: 'tags', key: { id: 50 }, after: { id: 50, name: 'x', name_hash: 'y' } },
    ]);
  });

  test(`${engine}: numbers are numbers and bytes are bytes`, async (t) => {
    const db = await killed(engine);
    t.teardown(() => db.close());
    const [row] = await db.query('SELECT COUNT(*) AS count, SUM(active) AS sum FROM masters');
    t.deepEqual(row, { count: 1, sum: 1 });
    const [chunk] = await db.query('SELECT content FROM logchunks');
    t.true(Buffer.isBuffer(chunk?.content));
  });
}

test('there are recordings for every engine, and none of what was not recorded', (t) => {
  for (const engine of engines) t.true(hasFixture(engine, '3.7.0/killed'));
  t.true(hasFixture('sqlite', '3.7.0/fresh'));
  t.true(hasFixture('sqlite', '3.7.0/1-before-rename'));
  t.false(hasFixture('sqlite', '3.7.0/3-after-takeover'));
  t.false(hasFixture('sqlite', '0.8.0/fresh'));
});

test('rows that are there twice are compared as whole rows', (t) => {
  const row = { brid: 1, masterid: 1, claimed_at: 5 };
  t.deepEqual(diffDumps({ buildrequest_claims: [row, row] }, { buildrequest_claims: [row] }), [
    { table: 'buildrequest_claims', key: row, before: row },
  ]);
});

async function killed(engine: TestDatabase['engine']): Promise<TestDatabase> {
  return databaseFrom(engine, '3.7.0/killed');
}
