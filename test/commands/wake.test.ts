// Masters are woken after a change by what cluster.yaml gives, and the report says so.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { bbctl, temporaryHome, type CliResult } from '../_helpers/cli.js';
import { addSurvivor } from '../_helpers/clusters.js';
import { killedMaster } from '../_helpers/killed.js';
import { inTerminal, plainText } from '../_helpers/terminal.js';

interface Scene {
  readonly builder: string;
  /** Made by the wake-up. */
  readonly sign: string;
  readonly file: string;
  readonly url: string;
  readonly run: (...args: string[]) => Promise<CliResult>;
}

/** A dead master and its survivor, which is "woken" by a program that leaves a file. */
async function scene(t: ExecutionContext): Promise<Scene> {
  const { db, claimed } = await killedMaster(t, 'sqlite', 4000);
  const { builder } = await addSurvivor(db, claimed);
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const file = join(home, 'cluster.yaml');
  const control = { wake: { exec: ['touch', 'woken'] }, reconfig: { exec: ['touch', 'woken'] } };
  writeFileSync(file, JSON.stringify({ masters: { other: { kind: 'buildbot', name: 'host2:/srv/bb/other', control } } })); // prettier-ignore
  const run = (...args: string[]) => bbctl([...args, '--config', file], { db: db.url, home });
  return { builder: builder.name, sign: join(home, 'woken'), file, url: db.url, run };
}

test('the report names who was woken, instead of what to run', async (t) => {
  const { run, sign, builder } = await scene(t);
  const { status, stdout } = await run('requests', 'release', '--yes');
  t.is(status, 0);
  t.true(stdout.includes(`Woken: host2:/srv/bb/other looks for requests of ${builder} now (by its wake command).`));
  t.notRegex(stdout, /To make it look now/);
  t.true(existsSync(sign));
});

test('on a terminal, too', async (t) => {
  const { file, url, sign } = await scene(t);
  const args = ['masters', 'expire', '--yes', '--db', url, '--config', file];
  const { status, output } = await inTerminal(args);
  t.is(status, 0);
  t.regex(plainText(output), /Woken: host2:\/srv\/bb\/other looks for requests/);
  t.true(existsSync(sign));
});

test('a wake-up that fails is told, and the change stays done', async (t) => {
  const { run, sign, file, builder } = await scene(t);
  writeFileSync(file, JSON.stringify({ masters: { other: { kind: 'buildbot', name: 'host2:/srv/bb/other', control: { wake: { exec: ['sh', '-c', 'echo no; exit 2'] } } } } })); // prettier-ignore
  const { status, stdout } = await run('requests', 'release', '--yes');
  t.is(status, 0);
  t.regex(stdout, /Done, and checked in the database\./);
  t.regex(stdout, /Not woken: host2:\/srv\/bb\/other: sh ended with status 2: no\.\n.*To make it look now/s);
  t.false(existsSync(sign));
  const { json } = await run('requests', '--json', '--filter', `builder=${builder}`);
  t.true((json() as { requests: { state: string }[] }).requests.some(({ state }) => state === 'pending'));
});

test('nobody is woken with --no-wake, by a dry run, or by "health --repair"', async (t) => {
  const { run, sign } = await scene(t);
  t.is((await run('requests', 'release', '--dry-run')).status, 0);
  t.is((await run('requests', 'release', '--yes', '--no-wake')).status, 0);
  t.is((await run('undo', '1', '--yes')).status, 0);
  const { stdout } = await run('health', '--repair', '--format', 'json');
  t.like(JSON.parse(stdout), { repair: { status: 'done' } });
  t.false(existsSync(sign));
});
