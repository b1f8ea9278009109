// What a killed master has left running in its work directory is killed by whoever comes next, and nothing else is.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { killLeftovers } from '../../../../src/lib/runtime/workers/leftovers.js';
import { markVariable, newMark } from '../../../../src/lib/runtime/workers/marks.js';
import { identityOf } from '../../../../src/lib/process-identity.js';
import { recordsFolder } from '../../../../src/lib/runtime/workers/records.js';
import { temporaryFolder } from '../../../_helpers/git-repository.js';
import { isRunning } from '../../../_helpers/processes.js';

interface Doomed {
  readonly workDir: string;
  readonly builder: string;
  readonly master: ChildProcess;
  readonly pids: Record<'group' | 'setsid' | 'bare', number>;
}

/** A child in the group, one that has left it, and one in the group that has emptied its environment. */
const script = `
  sleep 1000 & echo group $!
  setsid sleep 1000 & echo setsid $!
  env -i /bin/sleep 1000 & echo bare $!
  wait`;

async function doomed(t: ExecutionContext): Promise<Doomed> {
  const workDir = temporaryFolder(t);
  const builder = join(workDir, 'local', 'a builder');
  mkdirSync(builder, { recursive: true });
  const program = new URL('../../../_helpers/doomed-master.js', import.meta.url).pathname;
  const master = spawn(process.execPath, [program, builder, script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  master.stdout.on('data', (data: Buffer) => (output += data.toString()));
  while (output.split('\n').length < 4) await once(master.stdout, 'data');
  const pids = Object.fromEntries(output.trim().split('\n').map((line) => line.split(' ')).map(([name, pid]) => [name, Number(pid)])) as Doomed['pids']; // prettier-ignore
  t.teardown(() => [master.pid, ...Object.values(pids)].filter((pid) => pid !== undefined && isRunning(pid)).forEach((pid) => process.kill(pid!, 'SIGKILL'))); // prettier-ignore
  return { workDir, builder, master, pids };
}

async function kill(master: ChildProcess): Promise<void> {
  const ended = once(master, 'exit');
  master.kill('SIGKILL');
  await ended;
}

test('its children are killed, those that left the group and those without environment too', async (t) => {
  const { workDir, master, pids, builder } = await doomed(t);
  await kill(master);
  t.true(Object.values(pids).every(isRunning), 'they outlive it');
  t.true((await killLeftovers(workDir)) > 1);
  t.deepEqual(Object.values(pids).filter(isRunning), []);
  t.deepEqual(readdirSync(join(builder, recordsFolder)), []);
  t.is(await killLeftovers(workDir), 0);
});

test('while the master lives nothing of it is left over', async (t) => {
  const { workDir, pids, builder } = await doomed(t);
  t.is(await killLeftovers(workDir), 0);
  t.true(Object.values(pids).every(isRunning));
  t.is(readdirSync(join(builder, recordsFolder)).length, 1);
});

test('nor is what belongs to another work directory', async (t) => {
  const { workDir, master, pids } = await doomed(t);
  await kill(master);
  const other = temporaryFolder(t);
  t.is(await killLeftovers(other), 0);
  t.is(await killLeftovers(workDir.slice(0, -1)), 0);
  t.true(Object.values(pids).every(isRunning));
  t.true((await killLeftovers(workDir)) > 1);
});

test('a process that has come to have the number of one of them lives on', async (t) => {
  const { workDir, master, builder } = await doomed(t);
  await kill(master);
  const unrelated = spawn('sleep', ['1000'], { detached: true });
  t.teardown(() => unrelated.kill('SIGKILL'));
  const records = join(builder, recordsFolder);
  const [record = ''] = readdirSync(records);
  // As if the recorded one had ended, and the system had given its number to another.
  renameSync(join(records, record), join(records, record.replace(/^\d+/, String(unrelated.pid))));
  await killLeftovers(workDir);
  t.true(isRunning(unrelated.pid ?? 0));
  t.deepEqual(readdirSync(records), []);
});

test('a master with the number of one that was killed is another', async (t) => {
  const { workDir, master, builder, pids } = await doomed(t);
  await kill(master);
  const records = join(builder, recordsFolder);
  const [record = ''] = readdirSync(records);
  const dead = readFileSync(join(records, record), 'utf8');
  writeFileSync(join(records, record), dead.replace(/^\d+/, String(process.pid)));
  t.true((await killLeftovers(workDir)) > 1);
  t.false(Object.values(pids).some(isRunning));
});

test('what this process has started is not left over, and what is told by nobody is nothing', async (t) => {
  const workDir = temporaryFolder(t);
  const own = spawn('sleep', ['1000'], { env: { ...process.env, [markVariable]: newMark(workDir) } });
  t.teardown(() => own.kill('SIGKILL'));
  await once(own, 'spawn');
  t.is(await killLeftovers(workDir), 0);
  t.true(isRunning(own.pid ?? 0));
  t.is(await killLeftovers(join(workDir, 'not there')), 0);
  t.is(identityOf(2 ** 30), null);
});
