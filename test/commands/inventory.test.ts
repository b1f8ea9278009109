// What is registered becomes a cluster.yaml; with it, it is certain what is left over and what is missing.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { readClusterFile } from '../../src/lib/cluster-file.js';
import type { Draft } from '../../src/lib/model/draft.js';
import type { Finding } from '../../src/lib/model/finding.js';
import { bbctl, temporaryHome, type CliOptions, type CliResult } from '../_helpers/cli.js';
import { addLivingMaster } from '../_helpers/clusters.js';
import { engines, type EngineName, type TestDatabase } from '../_helpers/database.js';
import { temporaryFolder } from '../_helpers/gate-hooks.js';
import { killedMaster } from '../_helpers/killed.js';
import { isSkipped } from '../_helpers/skip.js';

const left = 900;

interface Scene {
  readonly db: TestDatabase;
  readonly home: string;
  readonly options: CliOptions;
  readonly name: string;
}

/** A master that works; a builder, a worker and a scheduler that nobody configures, which have built once. */
async function scene(t: ExecutionContext, engine: EngineName): Promise<Scene> {
  const { db, build, name } = await killedMaster(t, engine, 0);
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const hash = (digit: string) => digit.repeat(40);
  await db.query('INSERT INTO builders (id, name, name_hash) VALUES (?, ?, ?)', [left, 'old: builder\n', hash('1')]);
  await db.query(`INSERT INTO workers (id, name, info, paused, graceful) VALUES (?, ?, '{}', 0, 0)`, [left, 'yes']);
  await db.query('INSERT INTO schedulers (id, name, name_hash, enabled) VALUES (?, ?, ?, 1)', [
    left,
    'lost',
    hash('2'),
  ]);
  await db.query('UPDATE builds SET builderid = ?, workerid = ? WHERE id = ?', [left, left, build]);
  return { db, home, name, options: { db: db.url, home } };
}

async function run({ options }: Scene, ...args: string[]): Promise<CliResult> {
  return bbctl(args, options);
}

async function json<T>(cluster: Scene, ...args: string[]): Promise<T> {
  return (await run(cluster, ...args, '--json')).json() as T;
}

async function completed(cluster: Scene): Promise<string> {
  const file = join(cluster.home, 'cluster.yaml');
  writeFileSync(file, (await run(cluster, 'inventory')).stdout.replace('complete: false', 'complete: true'));
  return file;
}

const find = (findings: readonly Finding[], id: string) => findings.filter((finding) => finding.id === id);

for (const engine of engines) {
  test(`${engine}: what is registered is listed, the rest says who built on it last; nothing is written`, async (t) => {
    const cluster = await scene(t, engine);
    const before = await cluster.db.dump();
    const { status, stdout, stderr } = await run(cluster, 'inventory');
    t.like({ status, stderr }, { status: 0, stderr: '' });
    t.regex(stdout, /^complete: false$/m);
    t.regex(stdout, /^ {2}# left over\? last built by \S+ \d+\w+ ago\n {2}# "old: builder\\n": \{workers: \[\]\}$/m);
    t.regex(stdout, /^ {2}# left over\? last built on by \S+ \d+\w+ ago\n {2}# "yes": \{\}$/m);
    t.regex(stdout, /^ {2}# left over\? no master holds it\n {2}# lost: \{\}$/m);
    const file = join(cluster.home, 'written.yaml');
    writeFileSync(file, stdout);
    const { inventory } = await readClusterFile(file);
    const draft = await json<Draft>(cluster, 'inventory');
    const listed = (things: Draft['workers']) => things.filter((thing) => thing.listed).map(({ name }) => name);
    t.deepEqual(inventory.masters.map(({ name, kind }) => [name, kind]), [[cluster.name, 'buildbot']]); // prettier-ignore
    t.deepEqual([...inventory.builders], listed(draft.builders));
    t.deepEqual([...inventory.changeSources], listed(draft.changeSources));
    t.true(inventory.builders.size > 0 && inventory.workers.size > 0 && inventory.schedulers.size > 0);
    t.deepEqual(await cluster.db.dump(), before);
  });

  test(`${engine}: with an inventory that is complete it is certain what is left over, and what is missing`, async (t) => {
    const cluster = await scene(t, engine);
    const { db } = cluster;
    t.deepEqual((await json<{ builders: object[] }>(cluster, 'builders', '--orphaned')).builders.length, 1);
    const config = ['--config', await completed(cluster)];
    t.like((await json<{ builders: object[] }>(cluster, 'builders', '--orphaned', ...config)).builders, [{ id: left, orphaned: 'certain' }]); // prettier-ignore
    t.like((await json<{ workers: object[] }>(cluster, 'workers', '--orphaned', ...config)).workers, [{ id: left, orphaned: 'certain' }]); // prettier-ignore
    const { services } = await json<{ services: { name: string; state: string }[] }>(cluster, 'services', ...config);
    t.is(services.find(({ name }) => name === 'lost')?.state, 'left over');
    const told = await json<{ findings: Finding[] }>(cluster, 'status', ...config);
    t.like(find(told.findings, 'builder-orphaned'), [{ evidence: { orphaned: 'certain' } }]);
    t.deepEqual(find(told.findings, 'inventory-missing'), []);

    const [builder] = await db.query('SELECT builderid AS id FROM builder_masters ORDER BY id');
    await db.query('DELETE FROM configured_workers WHERE buildermasterid IN (SELECT id FROM builder_masters WHERE builderid = ?)', [builder?.['id']]); // prettier-ignore
    await db.query('DELETE FROM builder_masters WHERE builderid = ?', [builder?.['id']]);
    const rows = (await json<{ builders: { id: number; orphaned: string }[] }>(cluster, 'builders', '--orphaned', ...config)).builders; // prettier-ignore
    t.is(rows.find(({ id }) => id === Number(builder?.['id']))?.orphaned, 'missing');
    t.regex((await run(cluster, 'builders', '--orphaned', ...config)).stdout, /missing: its master is away/);
    const { findings } = await json<{ findings: Finding[] }>(cluster, 'doctor', ...config);
    t.like(find(findings, 'inventory-missing'), [
      { severity: 'warning', evidence: { kind: 'builder', state: 'away' } },
    ]);
    const health = await run(cluster, 'health', '--only', 'inventory-missing', ...config);
    t.is(health.status, 1, health.stdout);
    t.regex(health.stdout, /1 builder that \S+cluster\.yaml names is configured by no living master/);
  });
}

test('the file is written whole, never over another without --force, and merged into what is there', async (t) => {
  const cluster = await scene(t, 'sqlite');
  const file = join(cluster.home, 'cluster.yaml');
  t.is((await run(cluster, 'inventory', '--output', file)).status, 0);
  const first = readFileSync(file, 'utf8');
  writeFileSync(file, `# mine\n${first}`);
  const refused = await run(cluster, 'inventory', '--output', file);
  t.is(refused.status, 4);
  t.regex(refused.stderr, /is there already, and was left as it is\.\n.*--force/);
  t.is(readFileSync(file, 'utf8'), `# mine\n${first}`);
  await addLivingMaster(cluster.db);
  await cluster.db.query('INSERT INTO builder_masters (id, builderid, masterid) VALUES (900, ?, 2)', [left]);
  t.is((await run(cluster, 'inventory', '--merge', file, '--output', file, '--force')).status, 0);
  const merged = await readClusterFile(file);
  t.regex(readFileSync(file, 'utf8'), /^# mine\n/);
  t.true(merged.inventory.builders.has('old: builder\n'));
  t.is(merged.inventory.masters.length, 2);
  t.deepEqual(readdirSync(cluster.home).filter((name) => name.includes('.new')), []); // prettier-ignore
  t.is((await run(cluster, 'inventory', '--output', '/no/such/folder/c.yaml')).status, 9);
  t.is((await run(cluster, 'inventory', '--merge', '/no/such/file')).status, 2);
});

test('a request that no master can build says whether it is worth waiting for one', async (t) => {
  const cluster = await scene(t, 'sqlite');
  const { db } = cluster;
  await db.query('UPDATE buildrequests SET builderid = ? WHERE complete = 0 AND id NOT IN (SELECT brid FROM buildrequest_claims)', [left]); // prettier-ignore
  const message = async (...args: string[]) => find((await json<{ findings: Finding[] }>(cluster, 'status', ...args)).findings, 'request-unservable')[0]?.message ?? ''; // prettier-ignore
  t.regex(await message(), /no living master configures it\.$/);
  const file = await completed(cluster);
  t.regex(await message('--config', file), /no living master configures it, nor does \S+ name it, which names everything: it is left over\.$/); // prettier-ignore
  writeFileSync(file, 'builders: {"old: builder\\n": {}}\n');
  t.regex(
    await message('--config', file),
    /no living master configures it, though \S+ names it: its master is away\.$/,
  );
});

test('a cluster.yaml that is wrong is found before anything is changed', async (t) => {
  const cluster = await scene(t, 'sqlite');
  const file = join(cluster.home, 'cluster.yaml');
  writeFileSync(file, 'complete: perhaps\n');
  const { status, stderr } = await run(cluster, 'requests', 'release', '--yes', '--config', file);
  t.is(status, 2);
  t.regex(stderr, /complete, line 1: should be true or false/);
  const nothing = await run(cluster, 'requests', 'release', '--yes', '--wake-by-reconfig');
  t.is(nothing.status, 2);
  t.regex(nothing.stderr, /--wake-by-reconfig needs a cluster\.yaml/);
});

const configuration = `
print('s3cret on stdout')
import sys
print('s3cret on stderr', file=sys.stderr)
from buildbot.plugins import changes, schedulers, util, worker
c = BuildmasterConfig = {
    'db': {'db_url': 'postgresql://bb:s3cret@127.0.0.1:1/none'},
    'protocols': {'pb': {'port': 'tcp:0'}},
    'buildbotNetUsageData': None,
    'workers': [worker.Worker('w-1', 's3cret')],
    'builders': [util.BuilderConfig(name='loaded', workernames=['w-1'], factory=util.BuildFactory())],
    'schedulers': [schedulers.Nightly(name='nightly', builderNames=['loaded'], hour=3)],
    'change_source': [changes.GitPoller(repourl='https://git/repo')],
}
`;

(isSkipped('buildbot') ? test.skip : test)('--load-config lists what the configuration of that master says, and tells none of its secrets', async (t) => {
  const cluster = await scene(t, 'sqlite');
  const folder = await temporaryFolder(t);
  const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
  await promisify(execFile)('buildbot', ['create-master', '-f', `${folder}/blue`], { env: { PATH, HOME: folder, LANG: 'C.UTF-8' } });
  const config = `${folder}/blue/master.cfg`;
  const counted = `open('${folder}/runs', 'a').write('x')\n`;
  writeFileSync(config, counted + configuration);
  const load = ['inventory', '--db', cluster.db.url, '--basedir', `${folder}/blue`, '--load-config'];
  const options = { ...cluster.options, env: { PATH } };
  const { status, stdout, stderr } = await bbctl(load, options);
  t.is(status, 0, stderr);
  t.is(readFileSync(`${folder}/runs`, 'utf8'), 'x');
  t.regex(stdout, /^ {2}blue: \{kind: buildbot, name: "?\S+:\S+\/blue"?\}$/m);
  t.regex(stdout, /^ {2}loaded: \{workers: \[w-1\]\}$/m);
  t.regex(stdout, /^ {2}nightly: \{type: nightly\}$/m);
  const file = join(cluster.home, 'cluster.yaml');
  writeFileSync(file, stdout);
  const { inventory } = await readClusterFile(file);
  t.true(inventory.masters.some(({ name }) => name === cluster.name), 'what the other master has registered');
  t.true(inventory.builders.size > 1);
  t.notRegex(stdout + stderr, /s3cret/);

  writeFileSync(config, "raise Exception('cannot reach postgresql://bb:s3cret@host/db')\n");
  const broken = await bbctl(load, options);
  t.is(broken.status, 2);
  t.regex(broken.stderr, /could not load the configuration in \S+\/blue/);
  t.notRegex(broken.stdout + broken.stderr, /s3cret/);
  const nowhere = await bbctl(['inventory', '--basedir', folder, '--db', cluster.db.url, '--load-config'], options);
  t.is(nowhere.status, 3);
  t.false(existsSync(`${folder}/state.sqlite`));
}); // prettier-ignore
