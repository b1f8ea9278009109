// A master is killed in the middle of its work; bbctl repairs, and the survivor does all of it, once.
import type { ExecutionContext } from 'ava';
import {
  countOpenRequests,
  countRegistrations,
  readBuilds,
  readClaim,
  readMaster,
  readNotBuiltOnce,
  readResults,
  readServices,
  readSubmissions,
  realTest,
  RETRY,
  SUCCESS,
  until,
  type ServerEngine,
} from '../_helpers/buildbot.js';
import { crashedCluster, type CrashedCluster } from '../_helpers/buildbot/crash.js';
import { expire, readState, readStuckRequests } from '../_helpers/buildbot/views.js';

const PERIOD_SECONDS = 6;
/** A late firing is followed by one that is on time; two for one reason come within the same second or two. */
const SHORTEST_GAP_SECONDS = 2;
const SERVICES = ['force', 'on-commit', 'periodic', 'poller'];

for (const engine of ['postgres', 'myisam', 'innodb'] as const satisfies readonly ServerEngine[]) {
  realTest(engine, `the survivor takes over what bbctl released, on ${engine}`, async (t) => {
    const cluster = await crashedCluster(t, engine, { servicePollSeconds: 5, periodSeconds: PERIOD_SECONDS });
    await repair(t, cluster);
    await cluster.b.reconfig();
    await buildsMove(t, cluster);
    await servicesMove(t, cluster);
    await nothingRunsTwice(t, cluster);
  });
}

async function repair(t: ExecutionContext, { db, a, b, aId, stuck, pending }: CrashedCluster): Promise<void> {
  // B may have been quicker, and forgetful.
  t.regex((await readState(db, a)) ?? '', /^(dead|unclean)$/);
  t.is(await readState(db, b), 'active');
  const seen = await readStuckRequests(db);
  t.true(seen.includes(stuck));
  t.false(seen.includes(pending));

  const { status, stdout, stderr } = await expire(db);
  t.is(status, 0, stdout + stderr);

  t.is(await readState(db, a), 'stopped');
  t.false((await readMaster(db, a)).active);
  t.deepEqual(await readStuckRequests(db), []);
  t.is(await readClaim(db, stuck), null);
  t.false(Object.values(await readServices(db)).includes(aId));
  t.is(await countRegistrations(db, aId), 0);
  t.deepEqual(await db.query('SELECT * FROM connected_workers WHERE masterid = ?', [aId]), []);
  t.deepEqual(await db.query('SELECT * FROM builds WHERE masterid = ? AND complete_at IS NULL', [aId]), []);
}

async function buildsMove(t: ExecutionContext, { db, aId, bId, stuck, pending, ...cluster }: CrashedCluster) {
  await until('B builds what A could not', async () => (await readBuilds(db, stuck)).length === 2);
  await cluster.openGate();
  for (const request of [stuck, pending]) {
    await until(`request ${request} is complete`, async () => (await readResults(db, request)) !== null);
    t.is(await readResults(db, request), SUCCESS);
  }
  const tries = async (request: number) =>
    (await readBuilds(db, request)).map(({ masterId, results }) => ({ masterId, results }));
  t.deepEqual(await tries(stuck), [
    { masterId: aId, results: RETRY },
    { masterId: bId, results: SUCCESS },
  ]);
  t.deepEqual(await tries(pending), [{ masterId: bId, results: SUCCESS }]);
}

async function servicesMove(t: ExecutionContext, { db, bId, repository }: CrashedCluster): Promise<void> {
  await until('B holds the services', async () => Object.keys(await readServices(db)).length === SERVICES.length);
  t.deepEqual(await readServices(db), Object.fromEntries(SERVICES.map((name) => [name, bId])));
  await repository.commit('second');
  await until('the commit is built', async () => {
    const [request] = await readSubmissions(db, 'quick');
    return request && (await readResults(db, request.id)) === SUCCESS;
  });
}

async function nothingRunsTwice(t: ExecutionContext, { db }: CrashedCluster): Promise<void> {
  const firings = (await readSubmissions(db, 'tick')).length;
  await until('the periodic scheduler has fired twice more', async () => {
    return (await readSubmissions(db, 'tick')).length >= firings + 2;
  });
  await until('all requests are complete', async () => (await countOpenRequests(db)) === 0);
  t.deepEqual(await readNotBuiltOnce(db), []);
  t.is((await readSubmissions(db, 'quick')).length, 1);
  const times = (await readSubmissions(db, 'tick')).map(({ at }) => at);
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  t.true(Math.min(...gaps) >= SHORTEST_GAP_SECONDS, `fired after ${gaps.join(', ')} s`);
}
