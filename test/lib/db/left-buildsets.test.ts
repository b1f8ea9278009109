import test from 'ava';
import { completeBuildsets } from '../../../src/lib/db/complete-requests.js';
import { Database } from '../../../src/lib/db/connect.js';
import { readLeftBuildsets } from '../../../src/lib/db/left-buildsets.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';

const tables = ['buildsets', 'buildrequests'];

for (const engine of engines) {
  test(`${engine}: buildsets of which all requests have been complete for a while are found, and completed`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/fresh');
    await insertRevision(db, '3.7.0/fresh');
    t.teardown(() => db.close());
    await db.query(`insert into builders (id, name, name_hash) values (1, 'a', 'a')`);
    const add = async (id: number, complete: number, requests: readonly (number | null)[]): Promise<void> => {
      await db.query(`insert into buildsets (id, reason, submitted_at, complete, complete_at, results) values (${id}, '', 1, ${complete}, null, -1)`); // prettier-ignore
      for (const [index, at] of requests.entries())
        await db.query(`insert into buildrequests (id, buildsetid, builderid, priority, complete, results, submitted_at, complete_at, waited_for) values (${10 * id + index}, ${id}, 1, 0, ${at === null ? 0 : 1}, ${at === null ? -1 : index}, 1, ${at}, 0)`); // prettier-ignore
    };
    await add(1, 0, [50, 90, 60]);
    await add(2, 0, [50, null]);
    // Somebody may be about to complete it.
    await add(3, 0, [50, 91]);
    // It may be being made.
    await add(4, 0, []);
    await add(5, 1, [50]);
    const location = parseDatabaseUrl(db.url);
    const database = await Database.open(location, { access: 'write', timeoutMs: 10_000, purpose: 'test' });
    t.teardown(() => database.close());
    t.deepEqual(await database.glance((tx) => readLeftBuildsets(tx, 90.5)), [1]);
    await database.write(tables, (tx) => completeBuildsets(tx, [1, 2], 100));
    t.deepEqual(await db.query('select id, complete, complete_at, results from buildsets where complete_at is not null'), [{ id: 1, complete: 1, complete_at: 100, results: 2 }]); // prettier-ignore
    t.deepEqual(await database.glance((tx) => readLeftBuildsets(tx, 91)), [3]);
  });
}
