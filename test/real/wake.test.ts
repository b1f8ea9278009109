// A repair is noticed: the living master is told to look, by REST or by a reconfig, and left alone where it should be.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { readBuilds, readClaim, readResults, realTest, RETRY, SUCCESS, until } from '../_helpers/buildbot.js';
import { crashedCluster, type CrashedCluster } from '../_helpers/buildbot/crash.js';
import { bbctl, temporaryHome, type CliOptions } from '../_helpers/cli.js';

interface Told {
  readonly status: string;
  readonly woken: readonly { master: string; way: string; builders: string[]; error: string | null }[];
  readonly advice: readonly string[];
}

interface Scene extends CrashedCluster {
  readonly t: ExecutionContext;
  readonly options: CliOptions;
  readonly file: string;
}

/** A crashed cluster and a `cluster.yaml` that says how to wake the survivor. */
async function scene(t: ExecutionContext, engine: 'postgres' | 'myisam', control: (c: CrashedCluster) => object): Promise<Scene> {
  const cluster = await crashedCluster(t, engine);
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const file = join(home, 'cluster.yaml');
  const masters = { b: { kind: 'buildbot', name: cluster.b.name, control: control(cluster) } };
  writeFileSync(file, JSON.stringify({ masters }));
  await cluster.openGate();
  return { ...cluster, t, file, options: { db: cluster.db.url, home } };
} // prettier-ignore

async function release({ t, options, file, db, stuck, aId }: Scene, ...flags: string[]): Promise<Told> {
  const { status, stdout, stderr, json } = await bbctl(
    ['requests', 'release', '--yes', '--json', '--config', file, ...flags],
    options,
  );
  t.is(status, 0, stdout + stderr);
  t.log(JSON.stringify((json() as Told).woken));
  t.not(await readClaim(db, stuck), aId);
  return json() as Told;
}

async function undo({ t, options, file, db, stuck, aId }: Scene): Promise<void> {
  const { json } = await bbctl(['journal', '--json'], options);
  const [{ id } = { id: 0 }] = (json() as { changes: { id: number }[] }).changes;
  const { status, stdout, stderr } = await bbctl(['undo', String(id), '--yes', '--config', file], options);
  t.is(status, 0, stdout + stderr);
  t.is(await readClaim(db, stuck), aId);
}

/** Another builder is asked for and built, and so the time in which this one could have been noticed has passed. */
async function nothingHappens({ t, b, db, stuck }: Scene): Promise<void> {
  const { requestId: other } = await b.force('quick');
  await until('B has built something else', async () => (await readResults(db, other)) === SUCCESS);
  t.is(await readClaim(db, stuck), null);
  t.is((await readBuilds(db, stuck)).length, 1);
}

async function isBuilt({ t, db, bId, stuck }: Scene): Promise<void> {
  await until('B has built the stuck request', async () => (await readResults(db, stuck)) === SUCCESS);
  const builds = await readBuilds(db, stuck);
  t.deepEqual(builds.map(({ masterId, results }) => [masterId === bId, masterId === bId ? results : RETRY]), [[false, RETRY], [true, SUCCESS]]); // prettier-ignore
}

interface RestWorkers {
  readonly workers: readonly { workerid: number; name: string; paused: boolean }[];
}

async function heavy({ b }: Scene): Promise<RestWorkers['workers'][number]> {
  const { workers } = (await b.rest('workers')) as RestWorkers;
  const worker = workers.find(({ name }) => name === 'heavy');
  if (!worker) throw new Error('B has no worker "heavy"');
  return worker;
}

async function tell(cluster: Scene, method: 'pause' | 'unpause'): Promise<void> {
  const { workerid } = await heavy(cluster);
  await cluster.b.rest(`workers/${workerid}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} }),
  });
  await until(`the worker is told to ${method}`, async () => (await heavy(cluster)).paused === (method === 'pause'));
}

realTest('postgres', 'over REST the survivor builds what was released, and a paused worker stays paused', async (t) => {
  const cluster = await scene(t, 'postgres', ({ b }) => ({ wake: { http: b.url() } }));
  const { b, db, pending } = cluster;

  await tell(cluster, 'pause');
  const [paused] = (await release(cluster)).woken;
  t.like(paused, { master: b.name, way: 'rest', builders: [], error: 'no worker that is connected to it and not paused serves slow' }); // prettier-ignore
  t.true((await heavy(cluster)).paused);
  await nothingHappens(cluster);
  await undo(cluster);
  await tell(cluster, 'unpause');
  await until('B has built what was pending', async () => (await readResults(db, pending)) === SUCCESS);

  const asleep = await release(cluster, '--no-wake');
  t.deepEqual(asleep.woken, []);
  t.regex(asleep.advice.join('\n'), /buildbot reconfig/);
  await nothingHappens(cluster);
  await undo(cluster);

  const awake = await release(cluster);
  t.deepEqual(awake, { ...awake, status: 'done', woken: [{ master: b.name, way: 'rest', builders: ['slow'], error: null }], advice: [] }); // prettier-ignore
  await isBuilt(cluster);
});

realTest(
  'myisam',
  'by a reconfig the survivor builds what was released, and only where that is asked for',
  async (t) => {
    const control = ({ b }: CrashedCluster) => ({ reconfig: { signal: 'HUP', pidFile: join(b.dir, 'twistd.pid') } });
    const cluster = await scene(t, 'myisam', control);
    t.deepEqual((await release(cluster)).woken, []);
    await nothingHappens(cluster);
    await undo(cluster);
    const { woken } = await release(cluster, '--wake-by-reconfig');
    t.deepEqual(woken, [{ master: cluster.b.name, way: 'reconfig', builders: ['slow'], error: null }]);
    await isBuilt(cluster);
  },
);
