// Buildsets are written as Buildbot has written those of the recordings, column by column.
import test from 'ava';
import { addBuildset, buildsetTables, findBuilderIds, readScheduledSince } from '../../../src/lib/db/buildsets.js';
import { databaseFrom, engines, type TestDatabase } from '../../_helpers/database.js';
import { openFor, write } from '../../_helpers/service-context.js';

type Row = Record<string, unknown>;

/** Every row that belongs to a buildset, but for the ids that it was given. */
async function rowsOf(db: TestDatabase, id: number): Promise<Record<string, Row[]>> {
  const of = async (table: string, column: string, order: string) => {
    const rows = await db.query(`SELECT * FROM ${table} WHERE ${column} = ? ORDER BY ${order}`, [id]);
    return rows.map((row) => ({ ...row, id: null, [column]: null }));
  };
  return {
    buildsets: await of('buildsets', 'id', 'id'),
    properties: await of('buildset_properties', 'buildsetid', 'property_name'),
    stamps: await of('buildset_sourcestamps', 'buildsetid', 'sourcestampid'),
    requests: await of('buildrequests', 'buildsetid', 'builderid'),
  };
}

for (const engine of engines) {
  for (const version of ['2.10.5', '3.7.0', '4.3.0']) {
    test(`${engine} ${version}: the same as one that Buildbot has made`, async (t) => {
      const db = await databaseFrom(engine, `${version}/killed`);
      t.teardown(() => db.close());
      const [theirs] = await db.query(
        `SELECT b.id, b.reason, b.submitted_at FROM buildsets b JOIN buildset_properties p ON p.buildsetid = b.id WHERE p.property_value = '["p-slow", "Scheduler"]'`,
      );
      const builders = await db.query('SELECT builderid FROM buildrequests WHERE buildsetid = ?', [theirs?.['id']]);
      t.is(builders.length, 2);
      const buildset = {
        reason: String(theirs?.['reason']),
        properties: { scheduler: ['p-slow', 'Scheduler'] as const },
        sourceStampIds: [1],
        builderIds: builders.map((row) => Number(row['builderid'])),
      };
      const database = await openFor(t, db);
      const at = Number(theirs?.['submitted_at']) + 0.7;
      const { buildsetId, requestIds } = await write(database, buildsetTables, (tx) => addBuildset(tx, buildset, at));
      t.deepEqual(await rowsOf(db, buildsetId), await rowsOf(db, Number(theirs?.['id'])));
      const ids = await db.query('SELECT id, builderid FROM buildrequests WHERE buildsetid = ?', [buildsetId]);
      t.deepEqual(requestIds, new Map(ids.map((row) => [Number(row['builderid']), Number(row['id'])])));
    });
  }

  test(`${engine}: one that a build waits for, with a long reason and characters of all kinds`, async (t) => {
    const db = await databaseFrom(engine, '4.3.0/killed');
    t.teardown(() => db.close());
    const [build] = await db.query('SELECT id FROM builds');
    const parent = { buildId: Number(build?.['id']), relationship: 'Triggered from' };
    const properties = { 'ü, é': [{ a: ['😀', 1.5, null] }, 'Trigger'] as const };
    const buildset = { reason: 'é'.repeat(300), properties, sourceStampIds: [1, 2], builderIds: [1], waitedFor: true, priority: 7, parent }; // prettier-ignore
    const database = await openFor(t, db);
    const { buildsetId } = await write(database, buildsetTables, (tx) => addBuildset(tx, buildset, 1e9));
    const rows = await rowsOf(db, buildsetId);
    t.like(rows['buildsets']?.[0], { reason: 'é'.repeat(256), parent_buildid: parent.buildId, parent_relationship: 'Triggered from', rebuilt_buildid: null }); // prettier-ignore
    t.like(rows['requests']?.[0], { waited_for: 1, priority: 7 });
    t.is(rows['properties']?.[0]?.['property_value'], '[{"a": ["\\ud83d\\ude00", 1.5, null]}, "Trigger"]');
    t.is(rows['stamps']?.length, 2);
  });

  test(`${engine}: without a builder it is complete at once, and successful`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/killed');
    t.teardown(() => db.close());
    const database = await openFor(t, db);
    const buildset = { reason: '', properties: {}, sourceStampIds: [1], builderIds: [] };
    const { buildsetId, requestIds } = await write(database, buildsetTables, (tx) => addBuildset(tx, buildset, 1e9));
    t.is(requestIds.size, 0);
    t.like((await rowsOf(db, buildsetId))['buildsets']?.[0], { complete: 1, complete_at: 1e9, results: 0 });
  });

  test(`${engine}: builders are found by their names, exactly`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/killed');
    t.teardown(() => db.close());
    const database = await openFor(t, db);
    const found = await write(database, buildsetTables, (tx) => findBuilderIds(tx, ['slow', 'Quick', 'quick', 'none']));
    t.deepEqual([...found.keys()].sort(), ['quick', 'slow']);
    const rows = await db.query(`SELECT id FROM builders WHERE name = 'slow'`);
    t.is(found.get('slow'), Number(rows[0]?.['id']));
  });

  test(`${engine}: what a scheduler has made since, but for what was built again or cut off`, async (t) => {
    const db = await databaseFrom(engine, '4.3.0/killed');
    t.teardown(() => db.close());
    const database = await openFor(t, db);
    const since = (name: string, after: number) => write(database, buildsetTables, (tx) => readScheduledSince(tx, name, after)); // prettier-ignore
    const all = await since('p-quick', 0);
    const [first, second, third] = all.map(({ id }) => id);
    t.true(all.length > 3);
    t.deepEqual(all[0]?.sourceStampIds, [1]);
    t.deepEqual(await since('p-quick', first ?? 0), all.slice(1));
    t.deepEqual(await since('P-Quick', 0), []);
    const [build] = await db.query('SELECT id FROM builds');
    await db.query('UPDATE buildsets SET rebuilt_buildid = ? WHERE id = ?', [build?.['id'], second]);
    await db.query('DELETE FROM builds WHERE buildrequestid IN (SELECT id FROM buildrequests WHERE buildsetid = ?)', [third]); // prettier-ignore
    await db.query('DELETE FROM buildrequest_claims WHERE brid IN (SELECT id FROM buildrequests WHERE buildsetid = ?)', [third]); // prettier-ignore
    await db.query('DELETE FROM buildrequests WHERE buildsetid = ?', [third]);
    t.deepEqual(await since('p-quick', 0), [all[0], ...all.slice(3)]);
  });
}
