// What is done to a master, and what is told of it. With real masters: test/real/drain.test.ts.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { MasterControl, type Controlled } from '../../../src/lib/control/master-control.js';
import type { Control } from '../../../src/lib/model/inventory.js';

function folder(t: ExecutionContext): string {
  const made = realpathSync(mkdtempSync(path.join(tmpdir(), 'bbctl-control-')));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function controlled(
  t: ExecutionContext,
  control: Controlled['control'],
  more: Partial<Controlled> = {},
): MasterControl {
  const file = path.join(folder(t), 'cluster.yaml');
  return new MasterControl({ id: 7, key: 'blue', kind: 'buildbot', control, file, tokenFile: null, ...more });
}

/** A process that says when it has heard a signal. */
async function running(t: ExecutionContext, cwd: string, ...words: string[]): Promise<ChildProcess> {
  const script = "process.on('SIGUSR1', () => process.stdout.write('heard')); setInterval(() => {}, 1000); process.stdout.write('on')"; // prettier-ignore
  const child = spawn(process.execPath, ['-e', script, '--', ...words], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

function pidFileOf(base: string, { pid }: ChildProcess): string {
  const pidFile = path.join(base, 'twistd.pid');
  writeFileSync(pidFile, `${pid}\n`);
  return pidFile;
}

const drainBy = (pidFile: string): Controlled['control'] => ({ drain: { signal: 'USR1', pidFile } });

test('a signal reaches the master of the pid file; afterwards its end is seen', async (t) => {
  const base = folder(t);
  const child = await running(t, base, 'buildbot.tac');
  const control = controlled(t, drainBy(pidFileOf(base, child)));
  const heard = once(child.stdout ?? child, 'data');
  t.deepEqual(await control.carryOut('drain'), { verb: 'drain', way: 'signal', error: null });
  t.is(String(((await heard) as [Buffer])[0]), 'heard');
  const before = control.process();
  t.deepEqual([before?.pid, await control.presence()], [child.pid, 'running']);
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.is(await control.presenceAfter(before), 'gone');
  t.is(await control.presence(), 'unknown');
});

test('a process that has got the pid of a master is left alone', async (t) => {
  const base = folder(t);
  const child = await running(t, base, 'buildbot.tac');
  const pidFile = pidFileOf(base, child);
  // It was written by a process that was there before this one.
  utimesSync(pidFile, Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);
  const recycled = controlled(t, drainBy(pidFile));
  const { error } = await recycled.carryOut('drain');
  t.is(error?.code, 'refused');
  t.regex(error?.message ?? '', /^Process \d+ of \S+ is not the master: it was started after the file was written$/);
  t.is(recycled.process(), null);

  const other = await running(t, base, 'something.else');
  const strange = await controlled(t, drainBy(pidFileOf(base, other))).carryOut('drain');
  t.regex(strange.error?.message ?? '', /is not the master: it is no Buildbot, or runs in another folder$/);
  t.deepEqual([child.exitCode ?? child.signalCode, other.exitCode ?? other.signalCode], [null, null]);
});

test("a master of bbctl's own is known by its command line: its file, and its name", async (t) => {
  const base = folder(t);
  const file = path.join(base, 'cluster.yaml');
  writeFileSync(file, '');
  const cases: [words: string[], expected: RegExp | null][] = [
    [['bbctl', 'master', 'run', '--name', 'blue'], null],
    [['bbctl', 'master', 'run', '--name=blue', `--config=${file}`], null],
    [['bbctl', 'master', 'run'], null],
    [['bbctl', 'master', 'run', '--name', 'green'], /it is no "bbctl master run" of blue$/],
    [['bbctl', 'master', 'run', '--config', '/etc/hosts', '--name', 'blue'], /it is no "bbctl master run" of blue$/],
    [['bbctl', 'masters', 'drain', 'blue'], /it is no "bbctl master run" of blue$/],
  ];
  for (const [words, expected] of cases) {
    const child = await running(t, base, ...words);
    const { error } = await controlled(t, drainBy(pidFileOf(base, child)), { kind: 'bbctl', file }).carryOut('drain');
    if (expected === null) t.is(error, null, words.join(' '));
    else t.regex(error?.message ?? '', expected);
  }
});

test('a command is run in the folder of the file; what it says when it fails is told, its arguments are not', async (t) => {
  const exec = (...argv: string[]): Controlled['control'] => ({ stop: { exec: argv } });
  t.deepEqual(await controlled(t, exec('true')).carryOut('stop'), { verb: 'stop', way: 'command', error: null });
  const { error } = await controlled(t, exec('sh', '-c', 'pwd; head -c 99999 /dev/zero | tr "\\0" x; echo "no \u001b way"; exit 4', 's3cret')).carryOut('stop'); // prettier-ignore
  t.regex(error?.message ?? '', /^sh ended with status 4: x{400,500}no \\u001b way$/);
  t.true((error?.message.length ?? 0) < 600);
  t.notRegex(error?.message ?? '', /s3cret/);
  const missing = (await controlled(t, exec('/no/such/program', 's3cret')).carryOut('stop')).error;
  t.is(missing?.message, '/no/such/program cannot be run (ENOENT)');
});

test('a command that hangs is ended, with what it has started', async (t) => {
  const base = folder(t);
  const pidFile = path.join(base, 'child.pid');
  const control: Control = { exec: ['sh', '-c', `sleep 600 & echo $! > ${pidFile}; wait`], timeoutMs: 1000 };
  const { error } = await controlled(t, { stop: control }).carryOut('stop');
  t.is(error?.code, 'timedOut');
  t.is(error?.message, 'sh did not end within 1 s');
  const state = (): string => {
    try {
      return readFileSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}/stat`, 'utf8').split(') ')[1]?.[0] ?? '';
    } catch {
      return 'gone';
    }
  };
  t.true(['gone', 'Z'].includes(state()), state());
});

test('a command that leaves a daemon has ended when it has ended', async (t) => {
  const base = folder(t);
  const pidFile = path.join(base, 'daemon.pid');
  const control: Control = { exec: ['sh', '-c', `setsid sleep 600 & echo $! > ${pidFile}`], timeoutMs: 60_000 };
  t.is((await controlled(t, { start: control }).carryOut('start')).error, null);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  t.notThrows(() => process.kill(pid, 'SIGKILL'));
});

test('status: 0 is running, 3 is gone, anything else tells nothing', async (t) => {
  const status = (code: number) => controlled(t, { status: { exec: ['sh', '-c', `exit ${code}`] } }).presence();
  t.deepEqual([await status(0), await status(3), await status(1), await status(4)], ['running', 'gone', 'unknown', 'unknown']); // prettier-ignore
  await t.throwsAsync(controlled(t, { status: { exec: ['sleep', '60'], timeoutMs: 1000 } }).presence(), { message: 'sleep did not end within 1 s' }); // prettier-ignore
  t.is(await controlled(t, { drain: { http: 'http://127.0.0.1:9' } }).presence(), 'unknown');
});

interface Asked {
  readonly url: string;
  readonly authorization: string;
  readonly body: unknown;
}

async function serve(t: ExecutionContext, status: number, answer: object): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (data: Buffer) => (text += data.toString()));
    request.on('end', () => {
      asked.push({ url: `${request.method} ${request.url}`, authorization: request.headers.authorization ?? '', body: text === '' ? null : (JSON.parse(text) as unknown) }); // prettier-ignore
      response.writeHead(status).end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test("bbctl's own REST: an order is a call of JSON-RPC to the master by its id, with the token", async (t) => {
  const tokenFile = path.join(folder(t), 'token');
  writeFileSync(tokenFile, 's3cret\n');
  const server = await serve(t, 200, { jsonrpc: '2.0', id: 1, result: null });
  const own = { kind: 'bbctl' as const, tokenFile };
  const control = controlled(t, { drain: { http: server.url } }, own);
  t.deepEqual(await control.carryOut('drain'), { verb: 'drain', way: 'rest', error: null });
  t.deepEqual(await control.cancelDrain(), { verb: 'cancelDrain', way: 'rest', error: null });
  t.deepEqual(server.asked, [
    { url: 'POST /api/v2/masters/7', authorization: 'Bearer s3cret', body: { jsonrpc: '2.0', id: 1, method: 'drain', params: {} } },
    { url: 'POST /api/v2/masters/7', authorization: 'Bearer s3cret', body: { jsonrpc: '2.0', id: 1, method: 'cancelDrain', params: {} } },
  ]); // prettier-ignore
  t.is(await control.presence(), 'running');

  const refusing = await serve(t, 401, { error: { code: -32600, message: 'Show the token' } });
  const { error } = await controlled(t, { drain: { http: refusing.url } }, own).carryOut('drain');
  t.regex(error?.message ?? '', /^http:\/\/127\.0\.0\.1:\d+\/api\/v2 answered 401: Show the token$/);
  t.is(error?.code, 'refused');
  const idle = await serve(t, 409, { error: { code: -32600, message: 'It is not draining' } });
  t.regex(
    (await controlled(t, { drain: { http: idle.url } }, own).cancelDrain()).error?.message ?? '',
    / answered 409: It is not draining$/,
  );
  const bySignal = controlled(t, drainBy('/no/such/file'), own);
  t.regex((await bySignal.cancelDrain()).error?.message ?? '', /^blue cannot be asked over REST/);
  const unreadable = await controlled(t, { drain: { http: idle.url } }, { ...own, tokenFile: '/no/such/token' }).carryOut('drain'); // prettier-ignore
  t.regex(unreadable.error?.message ?? '', /^The tokenFile cannot be read: ENOENT/);
});
