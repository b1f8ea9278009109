// A worker, a scheduler and a change source are taken out of a running master's configuration and forgotten; the master
// goes on, and has them again when they are put back. A second, stopped master is forgotten, and its builds are kept.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { defaultExpireAfterSeconds } from '../../src/lib/model/master.js';
import { forgetServices } from '../../src/lib/operations/forget-services.js';
import { createCluster, readMaster, readResults, readServices, readSubmissions, realTest, SUCCESS, until, type BuildbotCluster, type Master } from '../_helpers/buildbot.js'; // prettier-ignore
import { readState } from '../_helpers/buildbot/views.js';
import { bbctl } from '../_helpers/cli.js';
import { temporaryFolder, throughGate } from '../_helpers/gate-hooks.js';
import { completeInventory } from '../_helpers/leftovers.js';

/** It fires at its start, and then no more while the test runs. */
const PERIOD_SECONDS = 3600;
const SERVICES = ['force', 'on-commit', 'periodic', 'poller'];

interface RestBuild {
  readonly buildid: number;
  readonly number: number;
  readonly workerid: number | null;
  readonly masterid: number;
}

for (const engine of ['postgres', 'myisam'] as const) {
  realTest(
    engine,
    `a running master goes on without what was forgotten, and takes it back, on ${engine}`,
    async (t) => {
      const cluster = await createCluster(t, engine, {
        servicePollSeconds: 2,
        periodSeconds: PERIOD_SECONDS,
        tickWorker: 'spare',
      });
      await cluster.a.start();
      await hasBuiltWithAll(t, cluster);
      const build = await takenOut(cluster);
      await forgotten(t, cluster);
      await goesOn(t, cluster, build);
      await putBack(t, cluster);
      await secondMasterForgotten(t, cluster);
    },
  );
}

async function built(t: ExecutionContext, { db }: BuildbotCluster, master: Master, builder: string): Promise<number> {
  const { requestId } = await master.force(builder);
  await until(`${builder} is built`, async () => (await readResults(db, requestId)) !== null);
  t.is(await readResults(db, requestId), SUCCESS);
  return requestId;
}

async function hasBuiltWithAll(t: ExecutionContext, { db }: BuildbotCluster): Promise<void> {
  await until('the services are held', async () => Object.keys(await readServices(db)).length === SERVICES.length);
  await until('the periodic scheduler has fired', async () => {
    const [request] = await readSubmissions(db, 'tick');
    return request && (await readResults(db, request.id)) === SUCCESS;
  });
  await until('both have kept state', async () => (await statesOf(db)).length === 2);
  t.pass();
}

async function statesOf(db: BuildbotCluster['db']): Promise<unknown[]> {
  const rows = await db.query(
    `SELECT DISTINCT o.name AS name FROM object_state s JOIN objects o ON o.id = s.objectid
     WHERE (o.name = 'periodic' AND s.name = 'last_build') OR (o.name = 'poller' AND s.name = 'lastRev')`,
  );
  return rows.map((row) => row.name);
}

/** The build that the worker has done. */
async function takenOut({ db, a }: BuildbotCluster): Promise<RestBuild> {
  const [build] = await buildsOf(a, 'tick');
  await a.reconfig({ tickWorker: 'light', periodSeconds: 0, repository: null });
  await until('only the others are held', async () => Object.keys(await readServices(db)).length === 2);
  await until('nobody has the worker', async () => {
    const sql = `SELECT w.id FROM workers w LEFT JOIN configured_workers c ON c.workerid = w.id LEFT JOIN connected_workers x ON x.workerid = w.id
      WHERE w.name = 'spare' AND c.id IS NULL AND x.id IS NULL`;
    return (await db.query(sql)).length === 1;
  });
  if (!build) throw new Error('nothing was built');
  return build;
}

async function buildsOf(master: Master, builder: string): Promise<RestBuild[]> {
  const { builds } = (await master.rest(`builders/${builder}/builds`)) as { builds: RestBuild[] };
  return builds;
}

async function clusterFile({ home }: BuildbotCluster): Promise<string> {
  const file = join(home, 'cluster.yaml');
  await writeFile(file, 'complete: true\nworkers: {heavy: {}, light: {}}\nschedulers: {force: {}, on-commit: {}}\n');
  return file;
}

async function run(t: ExecutionContext, cluster: BuildbotCluster, ...args: string[]): Promise<string> {
  const config = await clusterFile(cluster);
  const { status, stdout, stderr } = await bbctl([...args, '--config', config, '--yes'], { db: cluster.db.url });
  t.is(status, 0, stdout + stderr);
  return stdout;
}

async function forgotten(t: ExecutionContext, cluster: BuildbotCluster): Promise<void> {
  const { db } = cluster;
  await run(t, cluster, 'workers', 'forget', 'spare');
  const inventory = completeInventory();
  const services = ['periodic', 'poller'];
  const operation = forgetServices({ services, expireAfter: defaultExpireAfterSeconds, inventory, force: false });
  const journal = await temporaryFolder(t);
  const { status } = await throughGate(db.url, operation, { journal });
  t.is(status, 'done');
  t.deepEqual(await statesOf(db), []);
}

async function goesOn(t: ExecutionContext, cluster: BuildbotCluster, build: RestBuild): Promise<void> {
  const { a } = cluster;
  t.truthy(await a.rest('builders'));
  t.not(build.workerid, null);
  t.like((await buildsOf(a, 'tick'))[0], { buildid: build.buildid, number: build.number, workerid: null });
  t.like(await a.rest(`builds/${build.buildid}`), { builds: [{ workerid: null }] });
  const { workers } = (await a.rest('workers')) as { workers: { name: string }[] };
  t.deepEqual(workers.map(({ name }) => name).sort(), ['heavy', 'light']);
  await built(t, cluster, a, 'quick');
  await built(t, cluster, a, 'tick');
}

async function putBack(t: ExecutionContext, cluster: BuildbotCluster): Promise<void> {
  const { db, a, repository } = cluster;
  const ticks = (await readSubmissions(db, 'tick')).length;
  await a.reconfig({ tickWorker: 'spare', periodSeconds: PERIOD_SECONDS, repository: repository.url });
  await until(
    'all services are held again',
    async () => Object.keys(await readServices(db)).length === SERVICES.length,
  );
  await until('it fires as at its first start', async () => (await readSubmissions(db, 'tick')).length > ticks);
  await until('both keep state again', async () => (await statesOf(db)).length === 2);
  const request = await built(t, cluster, a, 'tick');
  const [row] = await db.query('SELECT w.name AS name FROM builds b JOIN workers w ON w.id = b.workerid WHERE b.buildrequestid = ?', [request]); // prettier-ignore
  t.is(row?.name, 'spare');
  const before = (await readSubmissions(db, 'quick')).length;
  await repository.commit('second');
  await until('the commit is built', async () => {
    const next = (await readSubmissions(db, 'quick'))[before];
    return next && (await readResults(db, next.id)) === SUCCESS;
  });
  t.notRegex(a.log(), /Traceback/);
}

async function secondMasterForgotten(t: ExecutionContext, cluster: BuildbotCluster): Promise<void> {
  const { db, a, b } = cluster;
  await b.start();
  const request = await built(t, cluster, b, 'quick');
  const { id: bId } = await readMaster(db, b);
  const { id: aId } = await readMaster(db, a);
  const [build] = await db.query('SELECT id, masterid FROM builds WHERE buildrequestid = ?', [request]);
  t.is(build?.masterid, bId);
  await b.stop();
  await until('it is stopped', async () => (await readState(db, b)) === 'stopped');
  await run(t, cluster, 'masters', 'forget', b.name, '--reassign-to', a.name);
  t.like(await a.rest(`builds/${Number(build?.id)}`), { builds: [{ masterid: aId }] });
  const { masters } = (await a.rest('masters')) as { masters: { name: string }[] };
  t.deepEqual(masters.map(({ name }) => name), [a.name]); // prettier-ignore
  await built(t, cluster, a, 'quick');

  await b.start();
  t.not((await readMaster(db, b)).id, bId);
  await built(t, cluster, b, 'quick');
}
