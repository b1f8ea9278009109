// How masters are told to look, and when they are left alone. With real Buildbot masters: test/real/wake.test.ts.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { wakeMasters } from '../../../src/lib/control/wake.js';
import type { Control, MasterEntry } from '../../../src/lib/model/inventory.js';
import type { WakeUp, Woken } from '../../../src/lib/model/wake.js';
import { everything } from '../../_helpers/facts.js';

const master = 'host:/srv/blue';
const wakeUp: WakeUp = {
  masterId: 2,
  master,
  builders: ['tests', 'docs'],
  workers: [
    { id: 1, name: 'one', builders: ['tests', 'docs'] },
    { id: 2, name: 'two', builders: ['tests'] },
    { id: 3, name: 'three', builders: ['docs'] },
  ],
};

function folder(t: ExecutionContext): string {
  const made = realpathSync(mkdtempSync(path.join(tmpdir(), 'bbctl-wake-')));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function wake(t: ExecutionContext, control: MasterEntry['control'], byReconfig = false): Promise<Woken[]> {
  const entry: MasterEntry = { key: 'blue', name: master, kind: 'buildbot', listen: null, control };
  const file = path.join(folder(t), 'cluster.yaml');
  return wakeMasters([wakeUp], { inventory: everything({ file, masters: [entry] }), byReconfig });
}

/** A worker of the master 2 as Buildbot's REST API shows it. */
const free = { paused: false, graceful: false, connected_to: [{ masterid: 2 }] };

interface Server {
  readonly url: string;
  /** `POST /api/v2/workers/1 unpause`, in the order in which they came. */
  readonly asked: string[];
  readonly authorization: string[];
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(t: ExecutionContext, answer: Answer): Promise<Server> {
  const asked: string[] = [];
  const authorization: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => {
      const method = body === '' ? '' : ` ${(JSON.parse(body) as { method: string }).method}`;
      asked.push(`${request.method} ${request.url}${method}`);
      authorization.push(request.headers.authorization ?? '');
      answer(request, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, authorization };
}

/** As Buildbot answers: the worker for a GET, nothing of note for what is asked of it. */
const workers = (shown: Readonly<Record<string, object>>): Answer => ({ method, url }, response) => response.end(JSON.stringify(method === 'GET' ? { workers: [shown[url?.split('/').at(-1) ?? '']] } : { jsonrpc: '2.0', id: 1, result: null })); // prettier-ignore

test('one free worker for each builder is unpaused, and no more than it takes', async (t) => {
  const server = await serve(t, workers({ 1: free }));
  t.deepEqual(await wake(t, { wake: { http: `${server.url}/buildbot/` } }), [{ master, way: 'rest', builders: ['tests', 'docs'], error: null }]); // prettier-ignore
  t.deepEqual(server.asked, ['GET /buildbot/api/v2/workers/1', 'POST /buildbot/api/v2/workers/1 unpause']);
});

test('a worker that its master calls paused, or does not call unpaused, is never unpaused', async (t) => {
  const shown = [{ ...free, paused: true }, { ...free, graceful: true }, { connected_to: free.connected_to }, { ...free, connected_to: [{ masterid: 1 }] }, { paused: false }]; // prettier-ignore
  for (const worker of shown) {
    const server = await serve(t, workers({ 1: worker, 2: worker, 3: free }));
    const [woken] = await wake(t, { wake: { http: server.url } });
    t.deepEqual(woken, { master, way: 'rest', builders: ['docs'], error: 'no worker that is connected to it and not paused serves tests' }); // prettier-ignore
    t.deepEqual(
      server.asked.filter((one) => one.startsWith('POST')),
      ['POST /api/v2/workers/3 unpause'],
    );
  }
});

test('what a server answers is told in a sentence', async (t) => {
  const answers: [Answer, RegExp][] = [
    [(_, response) => response.writeHead(403).end('{"error": {"message": "not for \\u001b you"}}'), /^http:\/\/127\.0\.0\.1:\d+\/api\/v2 answered 403: not for \\u001b you$/], // prettier-ignore
    [(_, response) => response.writeHead(404).end('nothing'), / answered 404$/],
    [(_, response) => response.end('<html>'), / answered with something else than JSON$/],
    [(_, response) => response.writeHead(302, { location: '/other' }).end(), / cannot be asked \(/],
    [(_, response) => response.destroy(), / cannot be asked \(/],
    [() => {}, / did not answer within 5 s$/],
  ];
  for (const [answer, expected] of answers) {
    const server = await serve(t, answer);
    const [woken] = await wake(t, { wake: { http: server.url } });
    t.deepEqual(woken?.builders, []);
    t.regex(woken?.error ?? '', expected);
  }
  const [nobody] = await wake(t, { wake: { http: 'http://127.0.0.2:9' } });
  t.regex(nobody?.error ?? '', /^http:\/\/127\.0\.0\.2:9\/api\/v2 cannot be asked \(.+\)$/);
});

test('a password in the URL is used and never told', async (t) => {
  const server = await serve(t, (_, response) => response.writeHead(401).end('{}'));
  const [woken] = await wake(t, { wake: { http: server.url.replace('//', '//bob:s%40cret@') } });
  t.is(server.authorization[0], `Basic ${Buffer.from('bob:s@cret').toString('base64')}`);
  t.regex(woken?.error ?? '', / answered 401$/);
  t.notRegex(JSON.stringify(woken), /s%40cret|s@cret|bob/);
});

test('a program is run without a shell, in the folder of the file; of its arguments nothing is told', async (t) => {
  const exec = (...argv: string[]): Control => ({ exec: argv });
  t.like((await wake(t, { wake: exec('true', '; exit 3') }))[0], { way: 'command', builders: ['tests', 'docs'], error: null }); // prettier-ignore
  const failing = (await wake(t, { wake: exec('sh', '-c', 'pwd; echo "no \u001b way" >&2; exit 3', 's3cret') }))[0];
  t.regex(failing?.error ?? '', /^sh ended with status 3: \/\S*bbctl-wake-\w+ \/ no \\u001b way$/);
  t.notRegex(failing?.error ?? '', /s3cret/);
  t.deepEqual(failing?.builders, []);
  t.is((await wake(t, { wake: exec('/no/such/program') }))[0]?.error, '/no/such/program cannot be run (ENOENT)');
  t.regex((await wake(t, { wake: exec('sh', '-c', 'kill -TERM $$') }))[0]?.error ?? '', /^sh was ended by SIGTERM$/);
});

test('a reconfig is only done where it is asked for, and where nothing gentler has done it', async (t) => {
  const server = await serve(t, workers({ 1: free }));
  const reconfig: Control = { exec: ['false'] };
  t.deepEqual(await wake(t, { reconfig }), []);
  const gently = await wake(t, { wake: { http: server.url }, reconfig }, true);
  t.deepEqual(gently.map(({ way }) => way), ['rest']); // prettier-ignore
  const roughly = await wake(t, { wake: { http: 'http://127.0.0.1:1' }, reconfig: { exec: ['true'] } }, true);
  t.deepEqual(roughly.map(({ way, builders }) => [way, builders.length]), [['rest', 0], ['reconfig', 2]]); // prettier-ignore
  t.is((await wake(t, {}, true))[0]?.error, 'cluster.yaml has no control.reconfig of it');
  t.regex((await wake(t, { reconfig: { http: server.url } }, true))[0]?.error ?? '', /no URL reconfigures/);
});

test('a master that cluster.yaml does not name is not woken', async (t) => {
  const inventory = everything({ masters: [{ key: 'other', name: 'h:/other', kind: 'buildbot', listen: null, control: { wake: { exec: ['true'] } } }] }); // prettier-ignore
  t.deepEqual(await wakeMasters([wakeUp], { inventory, byReconfig: false }), []);
});

/** A process in a folder of its own that says when it has heard SIGHUP. */
async function running(t: ExecutionContext, cwd: string, ...words: string[]): Promise<ChildProcess> {
  const script = "process.on('SIGHUP', () => process.stdout.write('hup')); setInterval(() => {}, 1000); process.stdout.write('on')"; // prettier-ignore
  const child = spawn(process.execPath, ['-e', script, ...words], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('a signal goes to a Buildbot that runs in the folder of its pid file', async (t) => {
  const base = folder(t);
  const child = await running(t, base, 'buildbot.tac');
  const pidFile = path.join(base, 'twistd.pid');
  writeFileSync(pidFile, `${child.pid}\n`);
  const heard = once(child.stdout ?? child, 'data');
  t.like((await wake(t, { wake: { signal: 'HUP', pidFile } }))[0], { way: 'signal', error: null, builders: ['tests', 'docs'] }); // prettier-ignore
  t.is(String(((await heard) as [Buffer])[0]), 'hup');
});

test('a pid that is another process by now, or none, is left alone', async (t) => {
  const [base, elsewhere] = [folder(t), folder(t)];
  const pidFile = path.join(base, 'twistd.pid');
  const error = async (text: string) => {
    writeFileSync(pidFile, text);
    return (await wake(t, { wake: { signal: 'KILL', pidFile } }))[0]?.error ?? '';
  };
  const other = await running(t, base, 'something.else');
  const moved = await running(t, elsewhere, 'buildbot.tac');
  t.regex(await error(`${other.pid}`), /^Process \d+ of \S+ is not the master: it is no Buildbot, or runs in another folder$/); // prettier-ignore
  t.regex(await error(`${moved.pid}`), /is not the master/);
  for (const text of ['', '0', '1', '-1', 'x', `${moved.pid} ${other.pid}`]) t.regex(await error(text), /holds no process id$/); // prettier-ignore
  t.regex(await error('4194999'), /^Process 4194999 of \S+ is not there, or cannot be looked at$/);
  rmSync(pidFile);
  const [missing] = await wake(t, { wake: { signal: 'HUP', pidFile } });
  t.regex(missing?.error ?? '', /cannot be read: the master does not run, or on another machine$/);
  t.is(other.exitCode ?? other.signalCode, null);
  t.is(moved.exitCode ?? moved.signalCode, null);
  const unknown = await running(t, base, 'buildbot');
  writeFileSync(pidFile, String(unknown.pid));
  t.is((await wake(t, { wake: { signal: 'NONE', pidFile } }))[0]?.error, 'There is no signal NONE');
});
