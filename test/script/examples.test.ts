// The command lines of examples/monitoring and two-masters, run as they are written there; examples/cluster.yaml, as it is read.
import { spawn, spawnSync, type ChildProcessByStdio, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir, userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { readClusterFile } from '../../src/lib/cluster-file.js';
import { until } from '../_helpers/buildbot/until.js';
import { addLivingMaster } from '../_helpers/clusters.js';
import { startCron } from '../_helpers/cron.js';
import { databaseFrom } from '../_helpers/database.js';
import { makeUnclean } from '../_helpers/killed.js';
import { promtoolOn, samplesIn } from '../_helpers/prometheus.js';
import { databaseAged, insertRevision } from '../_helpers/recordings.js';
import { testWith } from '../_helpers/test-with.js';

const folder = join('examples', 'monitoring');

function temporary(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'bbctl-examples-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  mkdirSync(join(made, 'bin'));
  symlinkSync(join(process.cwd(), 'bin', 'run.js'), join(made, 'bin', 'bbctl'));
  return made;
}

const pathFrom = (home: string) => [join(home, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);

function runs(home: string, db: string, command: string, args: readonly string[]): SpawnSyncReturns<string> {
  const env = { PATH: pathFrom(home), HOME: home, BBCTL_DB: db, LANG: 'C.UTF-8' };
  return spawnSync(command, args, { encoding: 'utf8', env });
}

const shell = (home: string, db: string, line: string) => runs(home, db, '/bin/sh', ['-c', line]);

async function freshUrl(t: ExecutionContext): Promise<string> {
  const db = await databaseFrom('sqlite', '3.7.0/fresh');
  t.teardown(() => db.close());
  await insertRevision(db, '3.7.0/fresh');
  return db.url;
}

const deadUrl = async (t: ExecutionContext) => (await databaseAged(t, 'sqlite', '3.7.0/killed', 700)).url;

function linesOf(file: string, pattern: RegExp): string[] {
  const lines = [...readFileSync(join(folder, file), 'utf8').matchAll(pattern)].map((match) => match[1] ?? '');
  if (lines.length === 0) throw new Error(`${file} has no line like ${pattern.source}`);
  return lines;
}

test('crontab: prints nothing while all is well, and the report when something is wrong', async (t) => {
  const home = temporary(t);
  const [line = ''] = linesOf('crontab', /^\* \* \* \* \* \w+ (.*)$/gm);
  t.false(line.includes('%'), 'cron makes a newline of it');
  t.like(shell(home, await freshUrl(t), line), { stdout: '', stderr: '' });
  t.regex(shell(home, await deadUrl(t), line).stdout, /^CRITICAL: /);
});

/** A shell that keeps in a file, once it is whole, what cron would mail. */
function keepingShell(home: string): { shell: string; mail: string } {
  const [shell, mail] = [join(home, 'shell'), join(home, 'mail')];
  writeFileSync(shell, `#!/bin/sh\n/bin/sh "$@" >${mail}.$$ 2>&1\nmv ${mail}.$$ ${mail}\n`, { mode: 0o755 });
  return { shell, mail };
}

/** The example with this machine's paths, and without an MTA. */
function crontabFor(home: string, db: string, line?: string): { text: string; mail: string } {
  const { shell, mail } = keepingShell(home);
  const text = readFileSync(join(folder, 'crontab'), 'utf8')
    .replace(/^SHELL=.*$/m, `SHELL=${shell}\nHOME=${home}`)
    .replace(/^PATH=.*$/m, `PATH=${pathFrom(home)}`)
    .replace(/^BBCTL_DB=.*$/m, `BBCTL_DB=${db}`)
    .replace(/^MAILTO=.*$/m, 'MAILTO=""')
    .replace(/^(\* \* \* \* \*) \w+ (.*)$/m, (_line, when, own) => `${when} ${userInfo().username} ${line ?? own}`);
  return { text, mail };
}

// Cron looks at its tables once a minute: this test takes up to one.
testWith('cron')('crontab: a real cron runs it, mends, mails only what is wrong, and leaves metrics', async (t) => {
  t.timeout(240_000);
  const unclean = await databaseAged(t, 'sqlite', '3.7.0/killed', 700);
  await makeUnclean(unclean);
  await addLivingMaster(unclean);
  const homes = { well: temporary(t), dead: temporary(t), unclean: temporary(t), exporter: temporary(t) };
  const well = crontabFor(homes.well, await freshUrl(t));
  const dead = crontabFor(homes.dead, await deadUrl(t));
  const mended = crontabFor(homes.unclean, unclean.url);
  const script = join(process.cwd(), folder, 'node-exporter.sh');
  const exporter = crontabFor(homes.exporter, await deadUrl(t), `${script} ${homes.exporter}`);
  const crontabs = { well, dead, mended, exporter };
  startCron(t, temporary(t), Object.fromEntries(Object.entries(crontabs).map(([name, { text }]) => [name, text])));
  const mailOf = ({ mail }: { mail: string }) =>
    until(`${mail} is there`, () => existsSync(mail) && readFileSync(mail, 'utf8'), { deadlineMs: 200_000 });
  t.is(await mailOf(well), '');
  t.regex(await mailOf(dead), /^CRITICAL: /);
  t.regex(await mailOf(mended), /^repair: done, journal entry 1$/m);
  t.true(existsSync(join(homes.unclean, '.local', 'state', 'bbctl', 'journal', '000001.jsonl')));
  t.is(await mailOf(exporter), '');
  const metrics = readFileSync(join(homes.exporter, 'bbctl.prom'), 'utf8');
  t.is(samplesIn(metrics).find(({ name }) => name === 'bbctl_health_status')?.value, 2);
});

test('what the systemd service runs answers', async (t) => {
  const home = temporary(t);
  const [line = ''] = linesOf('bbctl-health.service', /^ExecStart=(.*)$/gm);
  const inPath = line.replace('/usr/local/bin/', '');
  t.is(shell(home, await freshUrl(t), inPath).status, 0);
  t.is(shell(home, await deadUrl(t), inPath).status, 2);
});

/** What systemd-analyze says of units, with this project's bbctl in them. */
function verified(t: ExecutionContext, from: string, names: readonly string[]): void {
  const home = temporary(t);
  for (const name of names) {
    const unit = readFileSync(join(from, name), 'utf8').replaceAll('/usr/local/bin/bbctl', join(home, 'bin', 'bbctl'));
    writeFileSync(join(home, name), unit);
  }
  const units = names.map((name) => join(home, name.replace('@.', '@blue.')));
  const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], {
    encoding: 'utf8',
  });
  if (error) throw new Error('systemd-analyze does not run (Debian: apt-get install systemd), or put systemd into BBCTL_TEST_SKIP', { cause: error }); // prettier-ignore
  t.is(status, 0, stderr);
  t.notRegex(stderr, /bbctl-[^\n]*(?:Unknown|Failed|Invalid)/);
}

testWith('systemd')('the systemd units are well-formed', (t) => {
  verified(t, folder, ['bbctl-health.service', 'bbctl-health.timer']);
  verified(t, join('examples', 'two-masters'), ['bbctl-master@.service']);
});

/** Until a master's log says so. */
async function saidBy(child: ChildProcessByStdio<null, Readable, null>, what: string): Promise<void> {
  for await (const line of createInterface(child.stdout)) if (line.includes(what)) return;
  throw new Error(`it never said "${what}"`);
}

test('two-masters: checked, its database made, and a master run as the README and the unit say', async (t) => {
  const home = temporary(t);
  const from = join('examples', 'two-masters');
  const text = readFileSync(join(from, 'cluster.yaml'), 'utf8');
  const config = join(home, 'cluster.yaml');
  writeFileSync(config, text);
  writeFileSync(join(home, 'token'), 'secret', { mode: 0o600 });
  const [, checkAsShown = ''] = /^\$ bbctl master check\n([^$]*)/m.exec(readFileSync(join(from, 'README.md'), 'utf8')) ?? []; // prettier-ignore
  const checked = shell(home, '', `BBCTL_CONFIG=${config} bbctl master check 2>&1`);
  t.deepEqual(checked.stdout.split('\n').sort(), checkAsShown.split('\n').sort());
  writeFileSync(config, text.replaceAll(/801\d/g, '0'));
  t.is(shell(home, '', `BBCTL_CONFIG=${config} bbctl db init --yes`).status, 0);
  const unit = readFileSync(join(from, 'bbctl-master@.service'), 'utf8');
  const [, line = ''] = /^ExecStart=\S+bbctl (.*)$/m.exec(unit) ?? [];
  const args = line.replace('%i', 'blue').replace('/var/lib/bbctl/masters', join(home, 'masters')).split(' ');
  const env = { PATH: pathFrom(home), HOME: home, BBCTL_CONFIG: config };
  const master = spawn(join(home, 'bin', 'bbctl'), args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => master.kill('SIGKILL'));
  const ended = once(master, 'exit');
  await saidBy(master, '"message":"build finished"');
  t.regex(shell(home, '', `BBCTL_CONFIG=${config} bbctl services`).stdout, /ticker +held +yes +ci1:\/srv\/bb\/blue +active/);
  master.kill('SIGTERM');
  t.deepEqual(await ended, [0, null]);
}); // prettier-ignore

test('the Nagios commands answer as plugins do', async (t) => {
  const home = temporary(t);
  const commands = linesOf('commands.cfg', /^ +command_line +(.*)$/gm);
  for (const [url, statuses] of [[await freshUrl(t), [0, 0]], [await deadUrl(t), [2, 1]]] as const) {
    for (const [index, command] of commands.entries()) {
      const line = command.replace('$ARG1$', url).replace('$ARG2$', '1m').replace('$ARG3$', '1d');
      const { status, stdout } = shell(home, '', line);
      t.is(status, statuses[index] ?? null, stdout);
      t.regex(stdout, /^BUILDBOT (OK|WARNING|CRITICAL) - [^|\n]+ \| masters_active=/);
    }
  } // prettier-ignore
});

testWith('promtool')('promtool takes what node-exporter.sh leaves', async (t) => {
  const home = temporary(t);
  for (const url of [await freshUrl(t), await deadUrl(t), 'sqlite:////no/such/file']) {
    runs(home, url, join(folder, 'node-exporter.sh'), [home]);
    t.deepEqual(promtoolOn(readFileSync(join(home, 'bbctl.prom'), 'utf8')), { status: 0, output: '' });
  }
});

test('node-exporter.sh leaves metrics, and fails only where it cannot', async (t) => {
  const home = temporary(t);
  const script = join(folder, 'node-exporter.sh');
  for (const url of [await freshUrl(t), await deadUrl(t)]) {
    t.is(runs(home, url, script, [home]).status, 0);
    t.true(samplesIn(readFileSync(join(home, 'bbctl.prom'), 'utf8')).length > 20);
  }
  t.is(runs(home, 'sqlite:////no/such/file', script, [home]).status, 3);
  t.is(samplesIn(readFileSync(join(home, 'bbctl.prom'), 'utf8'))[0]?.value, 0);
  t.is(runs(home, await freshUrl(t), script, [join(home, 'nowhere')]).status, 3);
});

test('cluster.yaml is read as its comments say, and commands take it', async (t) => {
  const file = join('examples', 'cluster.yaml');
  const { database, inventory } = await readClusterFile(file);
  t.is(database, 'postgresql://bbctl@db.example.org/buildbot');
  t.true(inventory.complete);
  t.deepEqual(
    inventory.masters.map(({ key, control }) => [key, Object.keys(control).sort()]),
    [['blue', ['reconfig', 'wake']], ['green', ['reconfig', 'wake']]],
  ); // prettier-ignore
  const home = temporary(t);
  const url = await freshUrl(t);
  const { status, stdout } = shell(home, '', `bbctl doctor --db '${url}' --config ${file} --only inventory-missing`);
  t.is(status, 0);
  t.regex(stdout, /2 masters that examples\/cluster\.yaml names are not in the database/);
  t.regex(stdout, /1 change source that examples\/cluster\.yaml names is not in the database/);
});
