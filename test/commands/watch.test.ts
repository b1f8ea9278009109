// --watch: changes appear by themselves, a database that goes away is waited for, the terminal is left as it was.
import { once } from 'node:events';
import { readFileSync, renameSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { startPostgres } from '../_helpers/buildbot/postgres-server.js';
import { bbctl, startBbctl } from '../_helpers/cli.js';
import { addLivingMaster, deadMaster, heartbeat } from '../_helpers/clusters.js';
import { engines } from '../_helpers/database.js';
import { openPostgres } from '../_helpers/engines/postgres.js';
import { listening } from '../_helpers/network.js';
import { lastScreen, startInTerminal, startOnTerminal } from '../_helpers/terminal.js';

const [enter, leave] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];
const reads = ['status', 'masters', 'masters show 1', 'services', 'services show 1', 'builders', 'workers', 'requests', 'builds', 'doctor', 'why 1']; // prettier-ignore

for (const engine of engines) {
  test(`${engine}: what changes in the database appears on the screen`, async (t) => {
    const db = await deadMaster(t, engine);
    const watch = startInTerminal(['masters', '--watch=1'], { db: db.url, columns: 120 });
    await watch.waitFor(/every 1s: .*\n[^]* 1 {2}.*dead/, lastScreen);
    await heartbeat(db);
    await watch.waitFor(/ 1 {2}.*active/, lastScreen);
    await addLivingMaster(db);
    await watch.waitFor(/ 2 {2}host2:\/srv\/bb\/other/, lastScreen);
    watch.type('\u0003');
    t.is((await watch.finished).status, 130);
  });
}

test('Ctrl-C gives the terminal back, with what was seen last', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const watch = startInTerminal(['status', '--watch'], { db: db.url });
  await watch.waitFor(/bbctl masters expire/);
  watch.type('\u0003');
  const { output, status } = await watch.finished;
  t.is(status, 130);
  t.is(output.split(enter).length, 2);
  const [, after = '', ...more] = output.split(leave);
  t.is(more.length, 0);
  t.regex(after, /every 2s: [^]*bbctl masters expire/);
  t.notRegex(after, /\u001b\[[?HJK]/);
});

test('a screen that is too small shows the first lines and how many there are more, also when it is resized', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const watch = startInTerminal(['status', '--watch=3600'], { db: db.url, rows: 8 });
  await watch.waitFor(/… \d+ more lines/, lastScreen);
  t.is(lastScreen(watch.output()).split('\n').length, 8);
  watch.resize(80, 60);
  await watch.waitFor(/WORK\n[^]*workers? of which/, lastScreen);
  watch.resize(80, 5);
  await watch.waitFor(/… \d+ more lines/, lastScreen);
  t.is(lastScreen(watch.output()).split('\n').length, 5);
  watch.type('\u0003');
  await watch.finished;
});

test('Ctrl-Z gives the terminal back, and the screen comes again when it goes on', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const shell = startOnTerminal(['bash', '--norc', '--noprofile', '-i'], { db: db.url, columns: 120 });
  shell.type(`'${process.execPath}' '${join(process.cwd(), 'bin', 'run.js')}' masters --watch=1\n`);
  await shell.waitFor(/dead/, lastScreen);
  shell.type('\u001a');
  await shell.waitFor(/\?1049l[^]*Stopped/);
  shell.type('fg\n');
  await shell.waitFor(/Stopped[^]*\?1049h[^]*dead/);
  shell.type('\u0003');
  await shell.waitFor(/Stopped[^]*\?1049l/);
  shell.type('exit $?\n');
  t.is((await shell.finished).status, 130);
});

test('a database that goes away is told in the place of the screen, and looked for until it is back', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const file = db.url.replace('sqlite:///', '');
  const watch = startInTerminal(['masters', '--watch=1'], { db: db.url, columns: 120 });
  await watch.waitFor(/ 1 {2}.*dead/, lastScreen);
  renameSync(file, `${file}.away`);
  await watch.waitFor(/every 1s[^]*Error: There is no file[^]*It was seen last at \d\d:\d\d:\d\d UTC/, lastScreen);
  await heartbeat(db);
  renameSync(`${file}.away`, file);
  await watch.waitFor(/ 1 {2}.*active/, lastScreen);
  watch.type('\u0003');
  t.is((await watch.finished).status, 130);
});

for (const engine of engines.filter((one) => one !== 'sqlite')) {
  test(`${engine}: a server that is not to be reached is waited for, and no session is left behind`, async (t) => {
    const db = await deadMaster(t, engine);
    const target = new URL(db.url);
    let isDown = false;
    let open = 0;
    const serverPort = Number(target.port);
    const port = await listening(t, (socket) => {
      if (isDown) return void socket.destroy();
      open++;
      const server = connect(serverPort, target.hostname).on('error', () => socket.destroy());
      socket.pipe(server).pipe(socket);
      socket.on('close', () => (open--, server.destroy()));
    });
    target.port = String(port);
    const watch = startInTerminal(['masters', '--watch=1'], { db: target.href, columns: 120 });
    await watch.waitFor(/ 1 {2}.*dead/, lastScreen);
    isDown = true;
    await watch.waitFor(/Error: [^]*Trying again/, lastScreen);
    await heartbeat(db);
    isDown = false;
    await watch.waitFor(/ 1 {2}.*active/, lastScreen);
    t.true(open <= 1, `${open} connections`);
    watch.type('\u0003');
    t.is((await watch.finished).status, 130);
  });
}

test('Ctrl-C ends it also while a server does not answer', async (t) => {
  let called = (): void => {};
  const isCalled = new Promise<void>((resolve) => (called = resolve));
  const port = await listening(t, () => called());
  const watch = startInTerminal(['masters', '--watch'], { db: `postgresql://u:p@127.0.0.1:${port}/buildbot` });
  await isCalled;
  watch.type('\u0003');
  t.is((await watch.finished).status, 130);
});

if (engines.includes('postgres')) {
  test('a server that is stopped and started again is found again', async (t) => {
    const server = await startPostgres(t);
    const { url } = await openPostgres(server.url, readFileSync('test/fixtures/3.7.0/pg/killed.full.sql', 'utf8'));
    const watch = startInTerminal(['masters', '--watch=1'], { db: url, columns: 120 });
    await watch.waitFor(/ 1 {2}.*dead/, lastScreen);
    await server.stop();
    await watch.waitFor(/Error: [^]*Trying again/, lastScreen);
    await server.start();
    await watch.waitFor(/ 1 {2}.*dead/, lastScreen);
    watch.type('\u0003');
    t.is((await watch.finished).status, 130);
  });
}

test('in a pipe each look that differs is printed, with an empty line between, and failures go to stderr', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const file = db.url.replace('sqlite:///', '');
  const watch = startBbctl(['masters', '--watch=1', '--columns', 'id,state'], { db: db.url });
  await watch.waitForOutput(/dead/);
  renameSync(file, `${file}.away`);
  await watch.waitForOutput(/There is no file/);
  renameSync(`${file}.away`, file);
  await heartbeat(db);
  await watch.waitForOutput(/active/);
  watch.kill('SIGINT');
  const { status, stdout, stderr } = await watch.finished;
  t.is(status, 130);
  t.is(stdout, 'ID  STATE\n 1  dead\n\nID  STATE\n 1  active\n');
  t.is(stderr.split('Error:').length, 2);
});

test('--json prints a document on each line', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const file = db.url.replace('sqlite:///', '');
  const watch = startBbctl(['masters', '--watch=1', '--json'], { db: db.url });
  await watch.waitForOutput(/dead.*\n.*dead.*\n/);
  renameSync(file, `${file}.away`);
  await watch.waitForOutput(/unreachable.*\n/);
  watch.kill('SIGTERM');
  const { status, stdout, stderr } = await watch.finished;
  t.is(status, 143);
  t.is(stderr, '');
  const documents = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
  t.like(documents[0], { masters: [{ id: 1, state: 'dead' }] });
  t.like(documents.at(-1), { error: { code: 'unreachable' } });
});

test('a reader that has seen enough ends it quietly', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const watch = startBbctl(['masters', '--watch=1', '--json'], { db: db.url });
  await watch.waitForOutput(/dead/);
  watch.process.stdout?.destroy();
  await once(watch.process, 'exit');
  t.is(watch.stderr(), '');
  t.is(watch.process.exitCode, 0);
});

test('every read can be watched', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  for (const line of reads) {
    const once = await bbctl([...line.split(' '), '--json'], { db: db.url });
    const watch = startBbctl([...line.split(' '), '--watch', '--json'], { db: db.url });
    await watch.waitForOutput(/\n/);
    watch.kill('SIGINT');
    const { stdout } = await watch.finished;
    const keys = (text: string): string[] => Object.keys(JSON.parse(text) as object);
    t.deepEqual(keys(stdout.split('\n')[0] ?? ''), keys(once.stdout), line);
  }
});

test('a wrong call, and a database that was never there, end at the first look as always', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const statuses: [string[], number][] = [
    [['masters', '--watch', '5'], 2],
    [['masters', '--watch=0'], 2],
    [['masters', '--watch='], 2],
    [['masters', '--watch=x'], 2],
    [['masters', '--watch', '--filter', 'x'], 2],
    [['doctor', '--watch', '--fix'], 2],
    [['masters', 'show', 'nobody', '--watch'], 3],
    [['masters', '--watch', '--db', 'sqlite:////nowhere.sqlite'], 9],
  ];
  for (const [args, expected] of statuses) {
    const { status, stdout, stderr } = await bbctl(args, { db: db.url });
    t.is(status, expected, args.join(' '));
    t.is(stdout, '');
    t.regex(stderr, /^Error: /);
  }
  const shown = startBbctl(['masters', 'show', '--watch', '1'], { db: db.url });
  await shown.waitForOutput(/Heartbeat/);
  shown.kill('SIGINT');
  t.is((await shown.finished).status, 130);
});
