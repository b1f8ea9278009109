import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { MasterControl } from '../../src/lib/control/master-control.js';
import { bbctl } from '../_helpers/cli.js';
import { until } from '../_helpers/buildbot/until.js';
import { emptyDatabase, type TestDatabase } from '../_helpers/database.js';
import { temporaryFolder } from '../_helpers/gate-hooks.js';
import { startMasterProcess, type MasterProcess } from '../_helpers/master-process.js';
import { isRunning } from '../_helpers/processes.js';
import { StepGate } from '../_helpers/step-gate.js';
import { promtoolOn, samplesIn } from '../_helpers/prometheus.js';
import { isSkipped } from '../_helpers/skip.js';

interface Place {
  readonly db: TestDatabase;
  readonly file: string;
  readonly home: string;
}

function configOf({ builders = ['tests'], more = '' } = {}): string {
  return `expireAfter: 5s
masters: {blue: {name: blue, listen: 0}}
workers: {local: {local: true}}
builders: {${builders.map((name) => `${name}: {workers: [local], steps: [{shell: make}]}`).join(', ')}}
schedulers:
  force: {type: force, builders: [tests]}
  daily: {type: periodic, every: 1d, builders: [tests]}
${more}`;
}

async function place(t: ExecutionContext, config: string): Promise<Place> {
  const db = await emptyDatabase('sqlite');
  t.teardown(() => db.close());
  await bbctl(['db', 'init', '--yes'], { db: db.url });
  const home = await temporaryFolder(t);
  const file = path.join(home, 'cluster.yaml');
  writeFileSync(file, `database: ${db.url}\n${config}`);
  return { db, file, home };
}

async function started(t: ExecutionContext, { file, home }: Place): Promise<{ blue: MasterProcess; url: string }> {
  const blue = startMasterProcess(t, { file, key: 'blue', home });
  const { http } = await blue.logged('listening');
  await blue.logged('active', { scheduler: 'daily' });
  return { blue, url: `http://${String(http)}` };
}

test('it answers what it is, is readable to Prometheus, and stops in order', async (t) => {
  const at = await place(t, configOf());
  const { blue, url } = await started(t, at);
  const [live, ready, metrics] = await Promise.all(['/healthz/live', '/healthz/ready', '/metrics'].map((where) => fetch(url + where))); // prettier-ignore
  t.deepEqual([live?.status, ready?.status, metrics?.status], [200, 200, 200]);
  const text = (await metrics?.text()) ?? '';
  const samples = samplesIn(text).filter(({ name }) => name === 'bbctl_services_active');
  t.deepEqual(samples.map(({ value }) => value), [1, 0]); // prettier-ignore
  if (!isSkipped('promtool')) t.is(promtoolOn(text).status, 0, promtoolOn(text).output);
  await blue.stop();
  t.deepEqual(await at.db.query('select active from masters'), [{ active: 0 }]);
  for (const table of ['builder_masters', 'configured_workers', 'scheduler_masters'])
    t.deepEqual(await at.db.query(`select * from ${table}`), [], table);
});

test('a changed file is taken over on SIGHUP, a broken one changes nothing', async (t) => {
  const at = await place(t, configOf({ builders: ['tests', 'docs'] }));
  const { blue } = await started(t, at);
  const configured = async (): Promise<string> => {
    const rows = await at.db.query('select b.name from builder_masters m join builders b on b.id = m.builderid order by 1');
    return rows.map(({ name }) => name).join();
  };
  t.is(await configured(), 'docs,tests');
  const good = readFileSync(at.file, 'utf8');
  writeFileSync(at.file, good.replace('every: 1d', 'every: never'));
  blue.signal('SIGHUP');
  const { message } = await until('it tells what is wrong', () => blue.log().find(({ level }) => level === 'error'));
  t.regex(message, /not taken over.*schedulers\.daily\.every, line 8/s);
  t.is(await configured(), 'docs,tests');
  const changed = configOf({ builders: ['tests', 'packages'], more: '  hourly: {type: periodic, every: 1h, builders: [packages]}\n' }); // prettier-ignore
  writeFileSync(at.file, `database: ${at.db.url}\n${changed.replace(/ {2}daily.*\n/, '')}`);
  blue.signal('SIGHUP');
  await blue.logged('active', { scheduler: 'hourly' });
  await blue.logged('inactive', { scheduler: 'daily' });
  await until('its builders follow', async () => (await configured()) === 'packages,tests');
  await blue.stop();
}); // prettier-ignore

test('a name that runs is refused', async (t) => {
  const at = await place(t, configOf());
  const { blue } = await started(t, at);
  const other = await bbctl(['master', 'run', '--config', at.file], { home: at.home });
  t.is(other.status, 4, other.stdout);
  t.regex(other.stderr, /A master named blue is running: its heart beat \d+s ago\./);
  t.is(blue.exitCode, null);
  await blue.stop();
});

test('builds are forced over REST by whoever shows the token, and by nobody else', async (t) => {
  const at = await place(t, `tokenFile: token\n${configOf()}`);
  writeFileSync(path.join(at.home, 'token'), 'open sesame\n', { mode: 0o600 });
  const { blue, url } = await started(t, at);
  const headers = { authorization: 'Bearer open sesame', 'content-type': 'application/json' };
  const ask = async (body: unknown, more: Record<string, string> = {}, name = 'force'): Promise<[number, unknown]> => {
    const answer = await fetch(`${url}/api/v2/forceschedulers/${name}`, { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(body) }); // prettier-ignore
    return [answer.status, await answer.json()];
  };
  const call = { jsonrpc: '2.0', id: 7, method: 'force', params: { owner: 'ann', reason: 'why not', branch: 'main' } };
  t.is((await ask(call, { authorization: 'Bearer guess' }))[0], 401);
  t.is((await ask(call, { 'content-type': 'text/plain' }))[0], 415);
  t.is((await ask(call, {}, 'daily'))[0], 404);
  t.is((await ask({ ...call, method: 'stop' }))[0], 400);
  t.is((await ask({ ...call, params: { builderNames: ['none'] } }))[0], 400);
  t.deepEqual(await at.db.query(`select id from buildsets where reason like '%ann%'`), []);
  const [status, answer] = await ask(call);
  t.is(status, 200);
  const [buildset] = await at.db.query(`select id, reason from buildsets where reason like '%ann%'`);
  const [request] = await at.db.query('select id, builderid from buildrequests where buildsetid = ?', [buildset?.id]);
  t.is(buildset?.reason, "A build was forced by 'ann': why not");
  t.deepEqual(answer, { jsonrpc: '2.0', id: 7, result: [buildset?.id, { [String(request?.builderid)]: request?.id }] });
  await blue.stop();
});

test('without a token nobody may force anything', async (t) => {
  const { blue, url } = await started(t, await place(t, configOf()));
  const answer = await fetch(`${url}/api/v2/forceschedulers/force`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }); // prettier-ignore
  t.is(answer.status, 403);
  await blue.stop();
});

test('a second signal does not wait for anything', async (t) => {
  const { blue } = await started(t, await place(t, configOf()));
  blue.signal('SIGTERM');
  blue.signal('SIGTERM');
  await blue.stop();
  t.true(blue.log().some(({ message }) => message.startsWith('stopping')));
});

test('a database that is not there, or is empty, is told with the way out', async (t) => {
  const home = await temporaryFolder(t);
  const file = path.join(home, 'cluster.yaml');
  writeFileSync(file, `database: sqlite:///none.sqlite\n${configOf()}`);
  const away = await bbctl(['master', 'run', '--config', file], { home });
  t.is(away.status, 9);
  t.regex(away.stderr, /There is no file .*none\.sqlite/);
  t.false(existsSync(path.join(home, 'none.sqlite')));
  const db = await emptyDatabase('sqlite');
  t.teardown(() => db.close());
  const empty = await bbctl(['master', 'run', '--config', file, '--db', db.url], { home });
  t.is(empty.status, 10);
  t.regex(empty.stderr, /db init/);
});

test('told to drain before it has read its file, it leaves at once', async (t) => {
  const at = await place(t, configOf());
  const config = readFileSync(at.file);
  rmSync(at.file);
  execFileSync('mkfifo', [at.file]);
  const blue = startMasterProcess(t, { ...at, key: 'blue' });
  // It is open as soon as somebody reads.
  const file = await open(at.file, 'w');
  blue.signal('SIGUSR1');
  await file.writeFile(config);
  await file.close();
  await until('it has ended', () => blue.exitCode !== null);
  t.is(blue.exitCode, 0);
});

test('whoever has its pid file sends it signals; the file goes with it, and nobody else takes it', async (t) => {
  const at = await place(t, configOf());
  const pidFile = path.join(at.home, 'blue.pid');
  // Of a process that is gone.
  writeFileSync(pidFile, '4194999\n');
  const asBlue = { file: at.file, key: 'blue', home: at.home, more: ['--pid-file', pidFile] };
  const blue = startMasterProcess(t, asBlue);
  await blue.logged('active', { scheduler: 'daily' });
  t.is(readFileSync(pidFile, 'utf8'), `${blue.pid}\n`);
  const second = startMasterProcess(t, asBlue);
  t.is(await until('the second one ends', () => second.exitCode ?? undefined), 4);
  const control = new MasterControl({
    ...{ id: 1, key: 'blue', kind: 'bbctl', file: at.file, tokenFile: null },
    control: { drain: { signal: 'USR1', pidFile } },
  });
  t.is(await control.presence(), 'running');
  t.deepEqual(await control.carryOut('drain'), { verb: 'drain', way: 'signal', error: null });
  t.is(await until('it has drained', () => blue.exitCode ?? undefined), 0);
  t.false(existsSync(pidFile));
});

test('at the third signal it ends at once, and what it builds with it', async (t) => {
  const gate = new StepGate();
  const stubborn = JSON.stringify(`trap '' TERM; ${gate.command}`);
  const at = await place(t, configOf().replace('shell: make', `shell: ${stubborn}`));
  const pidFile = path.join(at.home, 'blue.pid');
  const blue = startMasterProcess(t, { file: at.file, key: 'blue', home: at.home, more: ['--pid-file', pidFile] });
  await until('it builds', () => gate.begun.length > 0);
  blue.signal('SIGTERM');
  await blue.logged('draining');
  blue.signal('SIGTERM');
  await blue.logged('stopping quickly', { builds: 1 });
  blue.signal('SIGTERM');
  t.is(await until('it has ended', () => blue.exitCode ?? undefined), 1);
  await until('its build has ended', () => !gate.begun.some(isRunning));
  t.false(existsSync(pidFile));
});
