import test, { type ExecutionContext } from 'ava';
import { buildTables } from '../../../src/lib/db/build-tables.js';
import { addBuildset } from '../../../src/lib/db/buildsets.js';
import { Database } from '../../../src/lib/db/connect.js';
import { lockFree, readPending } from '../../../src/lib/db/pending-requests.js';
import { claimRequests } from '../../../src/lib/db/request-claims.js';
import { addBuilds } from '../../../src/lib/db/running-builds.js';
import { findOrAddSourceStamp } from '../../../src/lib/db/source-stamps.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { systemClock } from '../../../src/lib/runtime/clock.js';
import { ReopeningStore } from '../../../src/lib/runtime/store.js';
import { databaseFrom, engines, type EngineName } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';

const stamp = { branch: null, revision: null, repository: '', project: '', codebase: '' };
const wanted = { builderIds: [1, 2], which: 'all', limit: 100 } as const;

/** Two masters of a cluster with two builders, and twelve requests that wait, the last one with the highest priority. */
async function waitingCluster(t: ExecutionContext, engine: EngineName) {
  const db = await databaseFrom(engine, '3.7.0/fresh');
  await insertRevision(db, '3.7.0/fresh');
  t.teardown(() => db.close());
  const open = () => Database.open(parseDatabaseUrl(db.url), { access: 'write', timeoutMs: 10_000, purpose: 'test' });
  const stores = [0, 1].map(() => new ReopeningStore('test', open, systemClock));
  t.teardown(() => Promise.all(stores.map((store) => store.close())));
  await db.query(`insert into builders (id, name, name_hash) values (1, 'a', 'a'), (2, 'b', 'b')`);
  await db.query(`insert into workers (id, name, info, paused, graceful) values (1, 'w', '{}', 0, 0)`);
  await db.query(`insert into masters (id, name, name_hash, active, last_active) values (1, 'm', 'm', 1, 5), (2, 'n', 'n', 1, 5)`); // prettier-ignore
  const [one, two] = stores as [ReopeningStore, ReopeningStore];
  for (let i = 0; i < 6; i++)
    await one.write(buildTables, async (tx) => {
      const sourceStampIds = [await findOrAddSourceStamp(tx, stamp, 7)];
      return addBuildset(tx, { reason: '', properties: {}, sourceStampIds, builderIds: [1, 2] }, 7);
    });
  await db.query('update buildrequests set priority = 5 where id = 12');
  return { db, one, two };
}

// Elsewhere one waits for the other.
for (const engine of engines.filter((one) => one === 'postgres' || one === 'innodb'))
  test(`${engine}: of two masters that claim at once neither waits: the second takes what comes next`, async (t) => {
    const { one, two } = await waitingCluster(t, engine);
    const pending = await two.glance((tx) => readPending(tx, wanted));
    const claim = (
      store: ReopeningStore,
      masterId: number,
      limit: number,
      meanwhile: () => Promise<void>,
    ): Promise<number[]> =>
      store.write(buildTables, async (tx) => {
        const free = (await lockFree(tx, pending, limit)).map(({ id }) => id);
        t.deepEqual([...(await claimRequests(tx, masterId, free, 8))].sort(), [...free].sort());
        await meanwhile();
        return free;
      });
    let second: number[] = [];
    // So many of all that an engine would rather go through all.
    const first = await claim(one, 1, 11, async () => void (second = await claim(two, 2, 1, () => Promise.resolve())));
    t.deepEqual(first, [12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    t.deepEqual(second, [11]);
    const left = await two.glance((tx) => readPending(tx, wanted));
    t.deepEqual(left, []);
  });

for (const engine of engines) {
  test(`${engine}: what may be claimed comes in its turn, and no more than is wanted`, async (t) => {
    const { one } = await waitingCluster(t, engine);
    const pending = await one.glance((tx) => readPending(tx, wanted));
    const free = await one.write(buildTables, (tx) => lockFree(tx, pending, 3));
    t.deepEqual(free.map(({ id }) => id), [12, 1, 2]); // prettier-ignore
  });

  test(`${engine}: what somebody has claimed or completed meanwhile is left out, and what comes next takes its place`, async (t) => {
    const { db, one } = await waitingCluster(t, engine);
    const pending = await one.glance((tx) => readPending(tx, wanted));
    await db.query(
      'insert into buildrequest_claims (brid, masterid, claimed_at) values (12, 2, 8), (1, 2, 8), (3, 2, 8)',
    );
    await db.query('update buildrequests set complete = 1, results = 6 where id = 2');
    const claim = async (limit: number) => {
      const free = await one.write(buildTables, (tx) => lockFree(tx, pending, limit));
      return free.map(({ id }) => id);
    };
    t.deepEqual(await claim(2), [4, 5]);
    // Half of what is wanted is enough.
    t.deepEqual(await claim(6), [4, 5, 6, 7, 8, 9]);
    t.deepEqual(await claim(10), [4, 5, 6, 7, 8, 9]);
    t.deepEqual(await claim(0), []);
  });

  test(`${engine}: builds have the next numbers of their builders, whoever adds some at the same time`, async (t) => {
    const { db, one, two } = await waitingCluster(t, engine);
    const builds = (ids: number[]) => ids.map((id) => ({ requestId: id, builderId: 2 - (id % 2), workerId: 1 }));
    const add = (store: ReopeningStore, masterId: number, ids: number[]) =>
      store.write(buildTables, (tx) => addBuilds(tx, masterId, builds(ids), 9.5));
    const [mine, theirs] = await Promise.all([add(one, 1, [1, 2, 3, 4, 5]), add(two, 2, [6, 7, 8, 9, 10])]);
    t.deepEqual([...mine.keys()].sort(), [1, 2, 3, 4, 5]);
    t.deepEqual([...theirs.keys()].sort((a, b) => a - b), [6, 7, 8, 9, 10]); // prettier-ignore
    const rows = await db.query('select id, number, builderid, buildrequestid, masterid, workerid, started_at, state_string from builds order by buildrequestid'); // prettier-ignore
    for (const { id, number, builderid, buildrequestid: request, masterid, ...same } of rows) {
      t.deepEqual((masterid === 1 ? mine : theirs).get(Number(request)), { id, number } as never);
      t.deepEqual([builderid, masterid], [2 - (Number(request) % 2), Number(request) < 6 ? 1 : 2]);
      t.deepEqual(same, { workerid: 1, started_at: 9, state_string: 'building' });
    }
    const numbers = await db.query('select builderid, number from builds order by builderid, number');
    t.deepEqual(numbers, [1, 2].flatMap((builderid) => [1, 2, 3, 4, 5].map((number) => ({ builderid, number })))); // prettier-ignore
    t.is((await one.write(buildTables, (tx) => addBuilds(tx, 1, [], 10))).size, 0);
  });
}
