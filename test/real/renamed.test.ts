// A builder with history that is renamed in master.cfg: real masters before, beside and after bbctl.
import type { ExecutionContext } from 'ava';
import {
  createCluster,
  isStepRunning,
  readMaster,
  readResults,
  realTest,
  SUCCESS,
  until,
} from '../_helpers/buildbot.js';
import type { BuildbotCluster, Master } from '../_helpers/buildbot.js';
import { bbctl } from '../_helpers/cli.js';
import type { TestDatabase } from '../_helpers/database.js';

const renamed = { slow: 'gated' };

for (const engine of ['postgres', 'myisam'] as const) {
  realTest(engine, `a renamed builder gets its history while its master runs, on ${engine}`, async (t) => {
    const cluster = await createCluster(t, engine);
    const { db, a, openGate, closeGate } = cluster;
    await a.start();
    await openGate();
    for (let builds = 0; builds < 3; builds++) await build(cluster, 'slow');
    const waiting = await leaveOneWaiting(cluster, closeGate);
    await a.configure({ renamed });
    await openGate();
    await a.start();
    for (let builds = 0; builds < 2; builds++) await build(cluster, 'gated');
    const [old, current] = [await idOf(db, 'slow'), await idOf(db, 'gated')];
    const oldBuilds = await buildsOf(a, old);
    t.deepEqual((await buildsOf(a, current)).map(({ number }) => number), [1, 2]); // prettier-ignore
    t.is(await readResults(db, waiting), null);

    const merged = await bbctl(['builders', 'merge', 'slow', 'gated', '--force', '--yes'], { db: db.url });
    t.is(merged.status, 0, merged.stdout + merged.stderr);
    t.regex(merged.stdout, new RegExp(`Open requests that gated will build:.*\\b${waiting}\\b`));
    t.regex(merged.stdout, /buildbot reconfig/);

    const top = oldBuilds.length;
    const builds = await buildsOf(a, current);
    t.deepEqual(builds.slice(0, top), oldBuilds);
    t.deepEqual(builds.slice(top).map(({ number }) => number), [top + 1, top + 2]); // prettier-ignore
    t.deepEqual((await a.rest('builders') as Rest).builders?.map(({ name }) => name).filter((name) => name === 'slow'), []); // prettier-ignore
    await t.throwsAsync(a.rest(`builders/${old}`), { message: /404/ });
    t.regex(await logOf(a, `builders/${current}/builds/1`), /sh -c/);

    t.is(await readResults(db, waiting), null);
    await a.reconfig();
    await until('the request of the old name is built', async () => (await readResults(db, waiting)) === SUCCESS);
    const woken = (await buildsOf(a, current)).slice(top + 2);
    t.true(woken.some(({ request }) => request === waiting));
    const last = await build(cluster, 'gated');
    t.deepEqual((await buildsOf(a, current)).at(-1), { number: top + 2 + woken.length + 1, request: last, results: SUCCESS }); // prettier-ignore
    await startsAgain(t, cluster, current, top + woken.length + 4);
  });

  realTest(engine, `renamed while its master is stopped, a builder goes on where it was, on ${engine}`, async (t) => {
    const cluster = await createCluster(t, engine);
    const { db, a, openGate } = cluster;
    await openGate();
    await a.start();
    for (let builds = 0; builds < 2; builds++) await build(cluster, 'slow');
    const id = await idOf(db, 'slow');
    const before = await buildsOf(a, id);
    const early = await bbctl(['builders', 'rename', 'slow', 'gated', '--force', '--yes'], { db: db.url });
    t.is(early.status, 4);
    t.regex(early.stderr, /is in use by .*, which is active/);
    await a.stop();
    const report = await bbctl(['builders', 'rename', 'slow', 'gated', '--force', '--yes'], { db: db.url });
    t.is(report.status, 0, report.stdout + report.stderr);
    await a.configure({ renamed });
    await a.start();
    t.is(await idOf(db, 'gated'), id);
    t.is(await idOf(db, 'slow'), undefined);
    t.deepEqual(await buildsOf(a, id), before);
    t.regex(await logOf(a, `builders/${id}/builds/2`), /sh -c/);
    const request = await build(cluster, 'gated');
    t.deepEqual(await buildsOf(a, id), [...before, { number: 3, request, results: SUCCESS }]);
  });
}

/** The builder's history belongs to the row that the master finds when it starts. */
async function startsAgain(t: ExecutionContext, cluster: BuildbotCluster, builder: number | undefined, number: number): Promise<void> {
  const { db, a } = cluster;
  await a.stop();
  await a.start();
  t.true((await readMaster(db, a)).active);
  t.is(await idOf(db, 'gated'), builder);
  t.is(await idOf(db, 'slow'), undefined);
  await build(cluster, 'gated');
  t.is((await buildsOf(a, builder)).at(-1)?.number, number);
} // prettier-ignore

/** Its worker builds one at a time: when the master stops, the second request has not been begun. */
async function leaveOneWaiting({ db, a }: BuildbotCluster, closeGate: () => Promise<void>): Promise<number> {
  await closeGate();
  const { requestId: first } = await a.force('slow');
  await until('the worker is busy', () => isStepRunning(db, first));
  const { requestId } = await a.force('slow');
  await a.stop();
  return requestId;
}

async function build({ db, a }: BuildbotCluster, builder: string): Promise<number> {
  const { requestId } = await a.force(builder);
  await until(`${builder} has built`, async () => (await readResults(db, requestId)) === SUCCESS);
  return requestId;
}

async function idOf(db: TestDatabase, name: string): Promise<number | undefined> {
  const [row] = await db.query('SELECT id FROM builders WHERE name = ?', [name]);
  return row && Number(row.id);
}

interface Rest {
  builders?: { name: string }[];
  builds?: { number: number; buildrequestid: number; results: number | null }[];
  steps?: { stepid: number }[];
  logs?: { logid: number }[];
  logchunks?: { content: string }[];
}

interface Shown {
  number: number;
  request: number;
  results: number | null;
}

/** As the master shows them. */
async function buildsOf(master: Master, builder: number | undefined): Promise<Shown[]> {
  const { builds = [] } = (await master.rest(`builders/${builder}/builds?order=number`)) as Rest;
  return builds.map(({ number, buildrequestid, results }) => ({ number, request: buildrequestid, results }));
}

async function logOf(master: Master, build: string): Promise<string> {
  const { steps = [] } = (await master.rest(`${build}/steps`)) as Rest;
  const { logs = [] } = (await master.rest(`steps/${steps.at(-1)?.stepid}/logs`)) as Rest;
  const { logchunks = [] } = (await master.rest(`logs/${logs[0]?.logid}/contents`)) as Rest;
  return logchunks.map(({ content }) => content).join('');
}
