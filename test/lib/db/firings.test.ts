// Who fired when, and what it asked for: on a database where the holder lacks those builders, and on those where it does not.
import test from 'ava';
import { addLivingMaster, deadMaster, heartbeat, idOf, otherMaster } from '../../_helpers/clusters.js';
import { engines, hasFixture } from '../../_helpers/database.js';
import { detailsOf, findingsOf, valueOf } from '../../_helpers/details.js';
import { databaseAged } from '../../_helpers/recordings.js';

for (const engine of engines) {
  test(`${engine}: schedulers with the times of their buildsets, newest first`, async (t) => {
    const db = await deadMaster(t, engine);
    const { firings } = await detailsOf(t, db);
    t.deepEqual([...firings.keys()].includes('p-quick'), true);
    for (const [name, times] of firings) {
      t.regex(name, /^[\w-]+$/);
      t.deepEqual(times, [...times].sort((a, b) => b - a)); // prettier-ignore
    }
    const all = [...firings.values()].flat().length;
    t.is(all, await valueOf(db, `SELECT COUNT(*) FROM buildset_properties WHERE property_name = 'scheduler'`));
    await db.query(`UPDATE buildset_properties SET property_value = 'no json' WHERE property_name = 'scheduler'`);
    t.deepEqual([...(await detailsOf(t, db)).firings.keys()], ['']);
  });

  test(`${engine}: the builders that each scheduler asked for last, and not those of before`, async (t) => {
    const db = await deadMaster(t, engine);
    const ids = async (...names: string[]) => Promise.all(names.map((name) => idOf(db, 'builders', name)));
    const [quick = 0, slow = 0, starved = 0] = await ids('quick', 'slow', 'starved');
    const asked = async () => {
      const { lastAsked } = await detailsOf(t, db);
      return Object.fromEntries([...lastAsked].map(([name, builders]) => [name, [...builders].sort()]));
    };
    t.deepEqual(await asked(), { any: [quick], 'p-quick': [quick], 'p-slow': [slow, starved].sort() });
    const newest = await valueOf(db, `SELECT MAX(buildsetid) FROM buildset_properties WHERE property_value LIKE '%p-quick%'`);
    await db.query('UPDATE buildrequests SET builderid = ? WHERE buildsetid = ?', [slow, newest]);
    t.deepEqual((await asked())['p-quick'], [slow]);
    await db.query('DELETE FROM builds WHERE buildrequestid IN (SELECT id FROM buildrequests WHERE buildsetid = ?)', [newest]);
    await db.query('DELETE FROM buildrequest_claims WHERE brid IN (SELECT id FROM buildrequests WHERE buildsetid = ?)', [newest]);
    await db.query('DELETE FROM buildrequests WHERE buildsetid = ?', [newest]);
    t.deepEqual((await asked())['p-quick'], []);
  }); // prettier-ignore

  test(`${engine}: a scheduler held by a master that lacks its builders, which another living one has`, async (t) => {
    const db = await deadMaster(t, engine);
    await heartbeat(db);
    await addLivingMaster(db);
    const misplaced = () => findingsOf(t, db, 'service-misplaced');
    t.deepEqual(await misplaced(), []);
    const quick = await idOf(db, 'builders', 'quick');
    await db.query('UPDATE builder_masters SET masterid = ? WHERE builderid = ?', [otherMaster, quick]);
    const found = await misplaced();
    const names = (list: readonly { evidence: Readonly<Record<string, unknown>> }[]) => list.map(({ evidence }) => evidence['service']).sort(); // prettier-ignore
    t.deepEqual(names(found), ['any', 'p-quick']);
    t.like(found[0]?.evidence, { builders: ['quick'], masters: ['host2:/srv/bb/other'] });
    await db.query('INSERT INTO builder_masters (id, builderid, masterid) VALUES (99, ?, 1)', [quick]);
    t.deepEqual(await misplaced(), []);
    await db.query('DELETE FROM configured_workers WHERE buildermasterid IN (SELECT id FROM builder_masters WHERE builderid = ?)', [quick]); // prettier-ignore
    await db.query('DELETE FROM builder_masters WHERE builderid = ?', [quick]);
    t.deepEqual(await misplaced(), []);
  });

  for (const state of ['3-after-takeover', '5-final-running-B'].filter((one) => hasFixture(engine, `3.7.0/${one}`))) {
    test(`${engine}: nothing is misplaced after a real take-over, as recorded in ${state}`, async (t) => {
      const db = await databaseAged(t, engine, `3.7.0/${state}`, 0);
      await db.exec('UPDATE masters SET last_active = (SELECT m.at FROM (SELECT MAX(last_active) AS at FROM masters) m)');
      t.deepEqual(await findingsOf(t, db, 'service-misplaced'), []);
    });
  } // prettier-ignore
}
