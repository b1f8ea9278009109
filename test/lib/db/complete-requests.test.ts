import test from 'ava';
import { buildTables } from '../../../src/lib/db/build-tables.js';
import { addBuildset } from '../../../src/lib/db/buildsets.js';
import { completeRequests } from '../../../src/lib/db/complete-requests.js';
import { Database } from '../../../src/lib/db/connect.js';
import { claimRequests } from '../../../src/lib/db/request-claims.js';
import { findOrAddSourceStamp } from '../../../src/lib/db/source-stamps.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { systemClock } from '../../../src/lib/runtime/clock.js';
import { ReopeningStore } from '../../../src/lib/runtime/store.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';

for (const engine of engines) {
  for (const version of engine === 'sqlite' ? ['2.10.5', '3.7.0', '4.3.0'] : ['3.7.0'])
    test(`${engine} ${version}: of two masters that complete the last two requests at once, one completes the buildset`, async (t) => {
      const db = await databaseFrom(engine, `${version}/fresh`);
      await insertRevision(db, `${version}/fresh`);
      t.teardown(() => db.close());
      const open = () =>
        Database.open(parseDatabaseUrl(db.url), {
          access: 'write',
          timeoutMs: engine === 'sqlite' ? 100 : 10_000,
          purpose: 'test',
        });
      const stores = [0, 1].map(() => new ReopeningStore('test', open, systemClock));
      t.teardown(() => Promise.all(stores.map((store) => store.close())));
      await db.query(`insert into builders (id, name, name_hash) values (1, 'a', 'a'), (2, 'b', 'b')`);
      await db.query(`insert into masters (id, name, name_hash, active, last_active) values (1, 'm', 'm', 1, 5), (2, 'n', 'n', 1, 5)`); // prettier-ignore
      const [one, two] = stores as [ReopeningStore, ReopeningStore];
      for (let round = 0; round < 5; round++) {
        const { buildsetId, requestIds } = await one.write(buildTables, async (tx) => {
          const stamp = { branch: null, revision: null, repository: '', project: '', codebase: '' };
          const ids = [await findOrAddSourceStamp(tx, stamp, 7)];
          return addBuildset(tx, { reason: '', properties: {}, sourceStampIds: ids, builderIds: [1, 2] }, 7);
        });
        const [first = 0, second = 0] = [...requestIds.values()];
        const mine = await one.write(buildTables, (tx) => claimRequests(tx, 1, [first, second], 8));
        t.deepEqual(
          [...mine].sort((a, b) => a - b),
          [first, second],
        );
        t.is((await two.write(buildTables, (tx) => claimRequests(tx, 2, [first, second], 9))).size, 0);
        await Promise.all([
          one.write(buildTables, (tx) => completeRequests(tx, [{ requestId: first, buildsetId, results: 0 }], 10)),
          two.write(buildTables, (tx) => completeRequests(tx, [{ requestId: second, buildsetId, results: 2 }], 10)),
        ]);
        const [row] = await db.query(`select complete, results, complete_at from buildsets where id = ${buildsetId}`);
        t.deepEqual(row, { complete: 1, results: 2, complete_at: 10 });
        // Done again after an outage, it changes nothing.
        await one.write(buildTables, (tx) => completeRequests(tx, [{ requestId: first, buildsetId, results: 4 }], 11));
        t.deepEqual(await db.query(`select results, complete_at from buildrequests where id = ${first}`), [{ results: 0, complete_at: 10 }]); // prettier-ignore
      }
    });
}
