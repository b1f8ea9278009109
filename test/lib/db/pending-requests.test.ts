import test from 'ava';
import { buildTables } from '../../../src/lib/db/build-tables.js';
import { addBuildset, type NewBuildset } from '../../../src/lib/db/buildsets.js';
import { Database } from '../../../src/lib/db/connect.js';
import { readNewestPending, readPending } from '../../../src/lib/db/pending-requests.js';
import { findOrAddSourceStamp } from '../../../src/lib/db/source-stamps.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { systemClock } from '../../../src/lib/runtime/clock.js';
import { ReopeningStore } from '../../../src/lib/runtime/store.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';

const stamp = { branch: null, revision: null, repository: '', project: '', codebase: '' };

/** What has triggered a request, by the build's id, and whether it is left to Buildbot then. */
const parents = [
  { of: 'none', isLeft: false },
  { of: 'a build of bbctl that runs', id: 1, isLeft: false },
  { of: 'a build of a Buildbot that runs', id: 2, isLeft: true },
  { of: 'a build of a Buildbot that runs, and does not wait', id: 2, waitedFor: false, isLeft: false },
  { of: 'a build of a Buildbot that has ended', id: 3, isLeft: false },
  { of: 'a build of a Buildbot that was declared dead', id: 4, isLeft: false },
];

for (const engine of engines)
  test(`${engine}: what a running build of a Buildbot waits for is left to Buildbot`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/fresh');
    await insertRevision(db, '3.7.0/fresh');
    t.teardown(() => db.close());
    await db.query(`insert into builders (id, name, name_hash) values (1, 'a', 'a')`);
    await db.query(`insert into masters (id, name, name_hash, active, last_active) values (1, 'own', 'own', 1, 5), (2, 'real', 'real', 1, 5), (3, 'dead', 'dead', 0, 5)`); // prettier-ignore
    await db.query(`insert into objects (id, name, class_name) values (1, 'own', 'bbctl.Master'), (2, 'real', 'another.Class')`); // prettier-ignore
    const open = () => Database.open(parseDatabaseUrl(db.url), { access: 'write', timeoutMs: 10_000, purpose: 'test' });
    const store = new ReopeningStore('test', open, systemClock);
    t.teardown(() => store.close());
    const ask = (more: Partial<NewBuildset>): Promise<number> =>
      store.write(buildTables, async (tx) => {
        const sourceStampIds = [await findOrAddSourceStamp(tx, stamp, 7)];
        const buildset = { reason: '', properties: {}, sourceStampIds, builderIds: [1], ...more };
        return (await addBuildset(tx, buildset, 7)).requestIds.get(1) ?? 0;
      });
    const asking = await ask({});
    await db.query(`update buildrequests set complete = 1`);
    for (const [index, [masterId, endedAt]] of [[1, null], [2, null], [2, 9], [3, null]].entries())
      await db.query(`insert into builds (id, number, builderid, buildrequestid, masterid, started_at, complete_at, state_string) values (?, ?, 1, ?, ?, 8, ?, '')`, [index + 1, index + 1, asking, masterId, endedAt]); // prettier-ignore
    const free: number[] = [];
    for (const { id, waitedFor = true, isLeft } of parents) {
      const parent = id === undefined ? null : { buildId: id, relationship: 'Triggered from' };
      const request = await ask({ parent, waitedFor: waitedFor && parent !== null });
      if (!isLeft) free.push(request);
    }
    const pending = await store.glance((tx) => readPending(tx, { builderIds: [1], which: 'all', limit: 100 }));
    t.deepEqual(pending.map(({ id }) => id), free); // prettier-ignore
    const awaited = await store.glance((tx) => readPending(tx, { builderIds: [1], which: 'waited for', limit: 100 }));
    t.deepEqual(awaited.map(({ id }) => id), [free[1], free.at(-1)]); // prettier-ignore
    const newest = await store.write(buildTables, (tx) => readNewestPending(tx, [1], 100));
    t.deepEqual(newest.map(({ id }) => id), free.reverse()); // prettier-ignore
  });
