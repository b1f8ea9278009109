// What a check-up reads besides the snapshot: each on a database that shows it, and on one that does not.
import test from 'ava';
import { findAll } from '../../../src/lib/model/checks/catalogue.js';
import { deadMaster, epochSeconds, stuckRequest } from '../../_helpers/clusters.js';
import { engines, hasFixture } from '../../_helpers/database.js';
import { detailsOf, findingsOf, subjectOf, valueOf } from '../../_helpers/details.js';
import { databaseAged, insertRevision } from '../../_helpers/recordings.js';

const longAgo = () => epochSeconds() - 600;

for (const engine of engines) {
  test(`${engine}: a buildset that is open though its requests are complete, and one that is just being completed`, async (t) => {
    const db = await deadMaster(t, engine);
    t.deepEqual((await detailsOf(t, db)).openBuildsets, []);
    const id = await valueOf(db, 'SELECT MIN(id) FROM buildsets WHERE complete = 1');
    await db.query('UPDATE buildsets SET complete = 0, complete_at = NULL, results = -1 WHERE id = ?', [id]);
    t.deepEqual((await detailsOf(t, db)).openBuildsets, [id]);
    await db.query('UPDATE buildrequests SET complete_at = ? WHERE buildsetid = ?', [epochSeconds(), id]);
    t.deepEqual((await detailsOf(t, db)).openBuildsets, []);
  });

  test(`${engine}: a request that is open though its buildset is complete, and one that is about to be complete`, async (t) => {
    const db = await deadMaster(t, engine);
    t.deepEqual((await detailsOf(t, db)).requestsOfCompleteBuildsets, []);
    const request = await stuckRequest(db);
    const complete = (at: number) =>
      db.query('UPDATE buildsets SET complete = 1, complete_at = ? WHERE id = (SELECT buildsetid FROM buildrequests WHERE id = ?)', [at, request]); // prettier-ignore
    await complete(longAgo());
    t.true((await detailsOf(t, db)).requestsOfCompleteBuildsets.includes(request));
    await complete(epochSeconds());
    t.deepEqual((await detailsOf(t, db)).requestsOfCompleteBuildsets, []);
  });

  test(`${engine}: a pending request of a complete buildset is seen as well`, async (t) => {
    const db = await deadMaster(t, engine);
    const pending = await valueOf(db, 'SELECT MIN(r.id) FROM buildrequests r LEFT JOIN buildrequest_claims c ON c.brid = r.id WHERE r.complete = 0 AND c.brid IS NULL'); // prettier-ignore
    const disagree = () => findingsOf(t, db, 'buildset-unfinished');
    t.deepEqual(await disagree(), []);
    const buildset = await valueOf(db, 'SELECT buildsetid FROM buildrequests WHERE id = ?', [pending]);
    const stuck = await stuckRequest(db);
    await db.query('UPDATE buildrequests SET complete = 1, complete_at = ? WHERE id = ?', [longAgo(), stuck]);
    await db.query('UPDATE buildsets SET complete = 1, complete_at = ? WHERE id = ?', [longAgo(), buildset]);
    t.deepEqual((await detailsOf(t, db)).requestsOfCompleteBuildsets, [pending]);
    const [finding] = await disagree();
    t.regex(finding?.message ?? '', /^1 pending request open though the buildset is complete/);
    t.deepEqual(finding?.fix, [`bbctl requests cancel --dry-run ${pending}`]);
  });

  test(`${engine}: a paused worker with the reason, where Buildbot keeps one`, async (t) => {
    const db = await databaseAged(t, engine, '4.3.0/killed', 0);
    t.deepEqual(await findingsOf(t, db, 'worker-paused'), []);
    await db.query(`UPDATE workers SET pause_reason = 'of last week'`);
    const reasons = async () => (await subjectOf(t, db)).cluster.workers.map(({ pauseReason }) => pauseReason);
    t.deepEqual(await reasons(), [null, null]);
    await db.query(`UPDATE workers SET paused = 1, pause_reason = 'new disk' WHERE name = 'local1'`);
    t.regex((await findingsOf(t, db, 'worker-paused'))[0]?.message ?? '', /^1 worker paused: local1 \(new disk\)\. Since when is not kept/); // prettier-ignore
    const before310 = await deadMaster(t, engine);
    await before310.query('UPDATE workers SET paused = 1');
    t.regex(
      (await findingsOf(t, before310, 'worker-paused'))[0]?.message ?? '',
      /^2 workers paused: absent, local1\. /,
    );
  });

  test(`${engine}: claimed requests that have a build, running or ended, and those that have none`, async (t) => {
    const db = await deadMaster(t, engine);
    const request = await stuckRequest(db);
    t.deepEqual([...(await detailsOf(t, db)).requestsWithBuild], [request]);
    await db.query('UPDATE builds SET complete_at = ? WHERE buildrequestid = ?', [longAgo(), request]);
    t.deepEqual([...(await detailsOf(t, db)).requestsWithBuild], [request]);
    const other = await valueOf(db, `SELECT MIN(id) FROM buildrequests WHERE id <> ${request}`);
    await db.query('UPDATE builds SET buildrequestid = ? WHERE buildrequestid = ?', [other, request]);
    t.deepEqual([...(await detailsOf(t, db)).requestsWithBuild], []);
  });

  test(`${engine}: steps and logs that are open under a build that has ended, and not those of one that is ending`, async (t) => {
    const db = await deadMaster(t, engine);
    t.deepEqual((await detailsOf(t, db)).leftOpen, { steps: [], logs: [] });
    const build = await valueOf(db, 'SELECT MIN(id) FROM builds WHERE complete_at IS NULL');
    const step = await valueOf(db, `SELECT MIN(id) FROM steps WHERE buildid = ${build} AND complete_at IS NULL`);
    const log = await valueOf(db, `SELECT MIN(id) FROM logs WHERE stepid = ${step} AND complete = 0`);
    await db.query('UPDATE builds SET complete_at = ? WHERE id = ?', [longAgo(), build]);
    t.deepEqual((await detailsOf(t, db)).leftOpen, { steps: [step], logs: [log] });
    await db.query('UPDATE builds SET complete_at = ? WHERE id = ?', [epochSeconds(), build]);
    t.deepEqual((await detailsOf(t, db)).leftOpen, { steps: [], logs: [] });
  });

  test(`${engine}: sizes, only for those who look thoroughly`, async (t) => {
    const db = await deadMaster(t, engine);
    t.like(await detailsOf(t, db), { size: null, tables: [] });
    const { size, tables } = await detailsOf(t, db, { thorough: true });
    t.true((size ?? 0) > 10_000);
    const bytes = tables.map((table) => table.bytes);
    t.deepEqual(bytes, [...bytes].sort((a, b) => b - a)); // prettier-ignore
    t.is(tables.length, engine === 'sqlite' ? 0 : 10);
    t.true(engine === 'sqlite' || tables.every(({ name }) => /^[a-z_]+$/.test(name)));
  });

  test(`${engine}: a schema between two versions, and one that fits`, async (t) => {
    const db = await deadMaster(t, engine);
    t.deepEqual((await detailsOf(t, db)).schemaDrift, []);
    await db.exec('ALTER TABLE changes DROP COLUMN committer');
    await db.exec('CREATE TABLE projects (id integer)');
    t.deepEqual((await detailsOf(t, db)).schemaDrift, ['changes.committer is missing', 'projects is there already']);
  });

  for (const version of ['0.9.15.post1', '2.10.5', '3.7.0', '4.3.0'].filter((one) => hasFixture(engine, `${one}/killed`))) {
    test(`${engine}: ${version} as Buildbot wrote it: no drift, nothing dangling, and every check runs`, async (t) => {
      const db = await databaseAged(t, engine, `${version}/killed`, 700);
      const details = await detailsOf(t, db, { thorough: true });
      t.deepEqual(details.schemaDrift, []);
      t.deepEqual(details.dangling, []);
    });

    test(`${engine}: the whole catalogue is silent on a fresh database of ${version}`, async (t) => {
      const db = await databaseAged(t, engine, `${version}/fresh`, 0);
      await insertRevision(db, `${version}/fresh`);
      const ids = findAll(await subjectOf(t, db, { thorough: true })).map(({ id }) => id);
      t.deepEqual(ids, engine === 'myisam' ? ['engine-without-transactions'] : []);
    });
  } // prettier-ignore
}
