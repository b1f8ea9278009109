// What tells masters before 3.10 from later ones, on what real masters of both wrote.
import test, { type ExecutionContext } from 'ava';
import { addLivingMaster, deadMaster, heartbeat, otherMaster } from '../../_helpers/clusters.js';
import { engines, type EngineName, type TestDatabase } from '../../_helpers/database.js';
import { detailsOf, findingsOf, valueOf } from '../../_helpers/details.js';
import { databaseAged } from '../../_helpers/recordings.js';

/** A master of 4.3 with its builds, of which another living master is said to have made the newest ended one. */
async function twoMasters(t: ExecutionContext, engine: EngineName): Promise<{ db: TestDatabase; build: number }> {
  const db = await databaseAged(t, engine, '4.3.0/killed', 0);
  await heartbeat(db);
  await addLivingMaster(db);
  const build = await valueOf(db, 'SELECT MAX(id) FROM builds WHERE complete_at IS NOT NULL');
  await db.query('UPDATE builds SET masterid = ? WHERE id = ?', [otherMaster, build]);
  return { db, build };
}

for (const engine of engines) {
  test(`${engine}: a real master of 4.3 records of every step that ran when it got its locks`, async (t) => {
    const db = await databaseAged(t, engine, '4.3.0/killed', 0);
    const ran = 'SELECT COUNT(*) FROM steps WHERE complete_at IS NOT NULL AND results IN (0, 1)';
    t.true((await valueOf(db, ran)) > 10);
    t.is(await valueOf(db, `${ran} AND locks_acquired_at IS NULL`), 0);
  });

  test(`${engine}: one living master records locks and another one never does`, async (t) => {
    const { db, build } = await twoMasters(t, engine);
    const differ = () => findingsOf(t, db, 'master-versions-differ');
    t.deepEqual((await detailsOf(t, db)).lockRecords.map(({ masterId, records }) => [masterId, records]), [[1, true], [otherMaster, true]]); // prettier-ignore
    t.deepEqual(await differ(), []);
    // What a master before 3.10 leaves: it does not know the column.
    await db.query('UPDATE steps SET locks_acquired_at = NULL WHERE buildid = ?', [build]);
    const [finding, ...others] = await differ();
    t.deepEqual(others, []);
    t.deepEqual(finding?.evidence['older'], ['host2:/srv/bb/other']);
    t.is((finding?.evidence['newer'] as string[]).length, 1);
    // One that is dead is no matter of versions.
    await db.query('UPDATE masters SET last_active = last_active - 3600 WHERE id = 1');
    t.deepEqual((await detailsOf(t, db)).lockRecords, []);
  });

  test(`${engine}: steps that had no locks to get say nothing, nor does a master that built nothing`, async (t) => {
    const { db, build } = await twoMasters(t, engine);
    await db.query('UPDATE steps SET locks_acquired_at = NULL, results = 3 WHERE buildid = ?', [build]);
    t.deepEqual((await detailsOf(t, db)).lockRecords.map(({ masterId }) => masterId), [1]); // prettier-ignore
    t.deepEqual(await findingsOf(t, db, 'master-versions-differ'), []);
    await db.query('UPDATE builds SET masterid = 1 WHERE id = ?', [build]);
    t.deepEqual((await detailsOf(t, db)).lockRecords.map(({ masterId }) => masterId), [1]); // prettier-ignore
    await db.query('DELETE FROM masters WHERE id = ?', [otherMaster]);
    t.deepEqual((await detailsOf(t, db)).lockRecords, []);
  });

  test(`${engine}: where no version has the column nothing is told`, async (t) => {
    const db = await deadMaster(t, engine);
    await heartbeat(db);
    await addLivingMaster(db);
    await db.query('UPDATE builds SET masterid = ? WHERE complete_at IS NOT NULL', [otherMaster]);
    t.deepEqual((await detailsOf(t, db)).lockRecords, []);
  });
}
