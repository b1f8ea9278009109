// The command lines of examples/monitoring, run as they are written there; examples/cluster.yaml, as it is read.
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readClusterFile } from '../../src/lib/cluster-file.js';
import { databaseAged, insertRevision } from '../_helpers/recordings.js';
import { databaseFrom } from '../_helpers/database.js';
import { samplesIn } from '../_helpers/exposition.js';

const folder = join('examples', 'monitoring');

function temporary(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'bbctl-examples-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  mkdirSync(join(made, 'bin'));
  symlinkSync(join(process.cwd(), 'bin', 'run.js'), join(made, 'bin', 'bbctl'));
  return made;
}

function runs(home: string, db: string, command: string, args: readonly string[]): SpawnSyncReturns<string> {
  const path = [join(home, 'bin'), process.execPath.replace(/\/[^/]*$/, ''), '/usr/bin', '/bin'].join(delimiter);
  return spawnSync(command, args, { encoding: 'utf8', env: { PATH: path, HOME: home, BBCTL_DB: db, LANG: 'C.UTF-8' } });
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

test('the systemd service and timer are well-formed, and what they run answers', async (t) => {
  const home = temporary(t);
  const [line = ''] = linesOf('bbctl-health.service', /^ExecStart=(.*)$/gm);
  const inPath = line.replace('/usr/local/bin/', '');
  t.is(shell(home, await freshUrl(t), inPath).status, 0);
  t.is(shell(home, await deadUrl(t), inPath).status, 2);
  const units = ['bbctl-health.service', 'bbctl-health.timer'].map((name) => join(home, name));
  for (const unit of units) copyFileSync(join(folder, unit.slice(home.length + 1)), unit);
  const service = readFileSync(units[0] ?? '', 'utf8').replace('/usr/local/bin/bbctl', join(home, 'bin', 'bbctl'));
  writeFileSync(units[0] ?? '', service);
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', ...units], { encoding: 'utf8' });
  if (verified.error) t.log('systemd-analyze is not installed: the units were only read by the test');
  else t.is(verified.status, 0, verified.stderr);
  t.notRegex(verified.stderr, /bbctl-health[^\n]*(?:Unknown|Failed|Invalid)/);
});

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
