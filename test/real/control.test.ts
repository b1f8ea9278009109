// What happens without bbctl: the reason for its existence, and a warning when a newer Buildbot makes it unnecessary.
import type { ExecutionContext } from 'ava';
import {
  readBuilds,
  readClaim,
  readMaster,
  readResults,
  readServices,
  realTest,
  RETRY,
  SUCCESS,
  until,
} from '../_helpers/buildbot.js';
import { crashedCluster, type CrashedCluster } from '../_helpers/buildbot/crash.js';
import { expire, readState, readStuckRequests } from '../_helpers/buildbot/views.js';

for (const engine of ['postgres', 'myisam'] as const) {
  realTest(engine, `Buildbot alone leaves the request stuck, bbctl mends it afterwards, on ${engine}`, async (t) => {
    const cluster = await crashedCluster(t, engine);
    await buildbotExpires(t, cluster);
    await survivorBuildsEverythingElse(t, cluster);
    await bbctlMends(t, cluster);
  });
}

async function buildbotExpires(t: ExecutionContext, { db, a, aId, stuck }: CrashedCluster): Promise<void> {
  await until('B has expired A', async () => !(await readMaster(db, a)).active, { deadlineMs: 90_000 });
  await until('the build of A is ended', async () => (await readBuilds(db, stuck))[0]?.results === RETRY);
  t.deepEqual(await readServices(db), {});
  t.is(await readClaim(db, stuck), aId);
}

/** A request that came later for the same builder is done, and so the time of the other one has passed. */
async function survivorBuildsEverythingElse(t: ExecutionContext, cluster: CrashedCluster): Promise<void> {
  const { db, b, aId, stuck, pending } = cluster;
  await cluster.openGate();
  await b.reconfig();
  await until('B has built the pending request', async () => (await readResults(db, pending)) === SUCCESS);
  const { requestId: later } = await b.force('slow');
  await until('B has built a later request', async () => (await readResults(db, later)) === SUCCESS);
  t.is(await readClaim(db, stuck), aId);
  t.is(await readResults(db, stuck), null);
  t.is((await readBuilds(db, stuck)).length, 1);
}

async function bbctlMends(t: ExecutionContext, { db, a, b, bId, stuck }: CrashedCluster): Promise<void> {
  t.is(await readState(db, a), 'unclean');
  t.deepEqual(await readStuckRequests(db), [stuck]);
  const { status, stdout, stderr } = await expire(db);
  t.is(status, 0, stdout + stderr);
  t.is(await readState(db, a), 'stopped');
  t.is(await readClaim(db, stuck), null);

  await b.reconfig();
  await until('B has built the stuck request', async () => (await readResults(db, stuck)) === SUCCESS);
  t.deepEqual(
    (await readBuilds(db, stuck)).map(({ masterId, results }) => [masterId === bId, results]),
    [
      [false, RETRY],
      [true, SUCCESS],
    ],
  );
}
