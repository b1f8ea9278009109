// Masters of bbctl's own, as processes with a build that runs, drained and stopped from the command line.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { until } from '../_helpers/buildbot/until.js';
import { bbctl, startBbctl, type CliResult, type RunningCli } from '../_helpers/cli.js';
import { startInTerminal } from '../_helpers/terminal.js';
import { startMasterProcess, type MasterProcess } from '../_helpers/master-process.js';

interface Building {
  readonly file: string;
  readonly master: MasterProcess;
  readonly results: () => Promise<(string | null)[]>;
  readonly openGate: () => void;
  readonly run: (...words: string[]) => RunningCli;
  readonly end: (...words: string[]) => Promise<CliResult>;
  readonly rest: (place: string, body?: object) => Promise<unknown>;
}

const token = 's3cret';

/** `blue` builds `tests`, until the gate is opened. */
async function building(t: ExecutionContext): Promise<Building> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'bbctl-drain-')));
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const [file, gate] = [path.join(folder, 'cluster.yaml'), path.join(folder, 'open')];
  writeFileSync(path.join(folder, 'token'), token);
  const shell = ['sh', '-c', `until [ -e ${gate} ]; do [ -d ${folder} ] || exit 1; sleep 0.1; done`];
  const config = {
    database: `sqlite:///${path.join(folder, 'state.sqlite')}`,
    expireAfter: '5s',
    tokenFile: 'token',
    masters: { blue: { name: 'ci:/srv/blue', listen: 0, control: killing(path.join(folder, 'pid')) } },
    workers: { local: { local: true } },
    builders: { tests: { workers: ['local'], steps: [{ shell: { command: shell } }] } },
    schedulers: { hourly: { type: 'periodic', every: '1h', builders: ['tests'] } },
  };
  writeFileSync(file, JSON.stringify(config));
  t.is((await bbctl(['db', 'init', '--yes', '--db', config.database])).status, 0);
  const master = startMasterProcess(t, { file, key: 'blue', home: folder });
  writeFileSync(path.join(folder, 'pid'), String(master.pid));
  const run = (...words: string[]): RunningCli => startBbctl([...words, '--config', file], { home: folder });
  const address = await until('it listens', () => listenIn(master));
  const rest = async (place: string): Promise<unknown> => (await fetch(`http://${address}/api/v2/${place}`)).json();
  const builds = async () => ((await rest('builds')) as { builds: { results: number | null; started_at: number }[] }).builds;
  await until('it builds', async () => (await builds()).length === 1);
  return {
    file,
    master,
    rest,
    results: async () => (await builds()).map(({ results }) => (results === null ? null : String(results))),
    openGate: () => writeFileSync(gate, ''),
    run,
    end: (...words) => run(...words).finished,
  };
} // prettier-ignore

const killing = (pidFile: string) => ({
  kill: { exec: ['sh', '-c', `kill -9 $(cat ${pidFile})`] },
  status: { exec: ['sh', '-c', `kill -0 $(cat ${pidFile}) || exit 3`] },
});

/** Where its log says that it listens. */
function listenIn(master: MasterProcess): string | undefined {
  const line = master.log().find(({ message }) => /listen/i.test(message));
  return line && /127\.0\.0\.1:\d+/.exec(JSON.stringify(line))?.[0];
}

test("one of bbctl's own is asked where it says it listens; its drain can be taken back, and ends when its build has", async (t) => {
  t.timeout(120_000);
  const { run, end, openGate, master } = await building(t);
  const first = run('masters', 'drain', 'ci:/srv/blue', '--yes');
  await first.waitForOutput(/ci:\/srv\/blue was asked to drain\./);
  first.kill('SIGINT');
  t.is((await first.finished).status, 130);

  const cancelled = await end('masters', 'drain', 'blue', '--cancel');
  t.deepEqual([cancelled.status, cancelled.stdout], [0, 'ci:/srv/blue takes part again: its drain was taken back.\n'], cancelled.stderr);
  const again = await end('masters', 'drain', 'blue', '--cancel');
  t.is(again.status, 4, again.stdout);
  t.regex(again.stderr, /answered 409: It is not draining/);

  const second = run('masters', 'drain', 'blue', '--yes');
  await second.waitForOutput(/was asked to drain\./);
  const third = run('masters', 'drain', 'blue', '--json');
  await third.waitForOutput(/"event":"progress"/);
  openGate();
  const [done, watched] = await Promise.all([second.finished, third.finished]);
  t.is(done.status, 0, done.stdout + done.stderr);
  t.regex(done.stdout, /1 build left \(tests #1: [^)]+\)[^]*ci:\/srv\/blue: stopped after \d+s; 1 build: 1 success\n/);
  t.is(watched.status, 0, watched.stdout + watched.stderr);
  t.regex(watched.stdout, /^\{"event":"plan".*"kind":"watch"/);
  t.like(JSON.parse(watched.stdout.trim().split('\n').at(-1) ?? ''), { event: 'report', report: { status: 'stopped' } });
  await until('its process has ended', () => master.exitCode !== null);
  t.is(master.exitCode, 0);
}); // prettier-ignore

test('masters stop: the running build ends as RETRY, and the plan says so before', async (t) => {
  t.timeout(120_000);
  const { end } = await building(t);
  const shown = await end('masters', 'stop', 'blue', '--dry-run');
  t.regex(shown.stdout, /ask to stop, by REST at http:\/\/127\.0\.0\.1:\d+ .*\n.*\n?.*Warning: ci:\/srv\/blue: 1 running build will end as RETRY/);
  t.is((await end('masters', 'stop', 'blue')).status, 6);
  const stopped = await end('masters', 'stop', 'blue', '--yes');
  t.is(stopped.status, 0, stopped.stdout + stopped.stderr);
  t.regex(stopped.stdout, /ci:\/srv\/blue: stopped after \d+s; 1 build: 1 retry\nStopped, and checked in the database\.\n$/);
  const after = await end('masters', 'stop', 'blue', '--yes');
  t.deepEqual([after.status, after.stdout], [0, 'Note: ci:/srv/blue is stopped, and nothing is left of it.\nNothing to do.\n']);
}); // prettier-ignore

test('one that does not end by its deadline is killed, and expired when it is gone and its heart beats no more', async (t) => {
  t.timeout(120_000);
  const { file, end } = await building(t);
  const { status, stdout, stderr } = await end('masters', 'drain', 'blue', '--yes', '--deadline', '1s', '--on-deadline', 'kill', '--reason', 'it hangs'); // prettier-ignore
  t.is(status, 0, stdout + stderr);
  t.regex(stdout, /now it is killed\.\n[^]*asked to kill\.\n[^]*is gone\.\n[^]*journal entry 1\.\n[^]*stopped \(killed, and then expired\) after \d+s; 1 build: 1 retry/); // prettier-ignore
  t.like((await bbctl(['journal', '--json'], { home: path.dirname(file) })).json(), { changes: [{ operation: 'masters expire', reason: 'it hangs', state: 'done' }] }); // prettier-ignore
});

test('on a terminal what is left is drawn anew in its place', async (t) => {
  t.timeout(120_000);
  const { file, openGate } = await building(t);
  const terminal = startInTerminal(['masters', 'drain', 'blue', '--config', file], { columns: 70, answers: [[/Do this\?/, 'y\r']] }); // prettier-ignore
  await terminal.waitFor(/was asked to drain\.[^]*\r\n {4}tests #1: [^\r]*\r\n/, plainLines);
  await terminal.waitFor(/\u001b\[A\r\u001b\[2K\u001b\[A\r\u001b\[2Kci:\/srv\/blue \(active\)/);
  openGate();
  const { output, status } = await terminal.finished;
  t.is(status, 0, output);
  // What was drawn is taken away before the end is told.
  t.regex(output, /\u001b\[2K {2}ci:\/srv\/blue: stopped after \d+s; 1 build: 1 success\r\n[^]*Stopped, and checked/);
});

const plainLines = (output: string): string => output.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
