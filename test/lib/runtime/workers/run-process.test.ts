// Real processes: how they end, and that all of them end when they must.
import { EventEmitter, once } from 'node:events';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { recordsFolder } from '../../../../src/lib/runtime/workers/records.js';
import { runProcess, type Command, type ProcessEnd, type ProcessOptions, type Stop } from '../../../../src/lib/runtime/workers/run-process.js'; // prettier-ignore
import { baseEnvironment, environmentOf } from '../../../../src/lib/runtime/workers/base-environment.js';
import { until } from '../../../_helpers/buildbot/until.js';
import { temporaryFolder } from '../../../_helpers/git-repository.js';
import { isRunning } from '../../../_helpers/processes.js';

interface Run {
  readonly end: Promise<ProcessEnd>;
  readonly output: { stdout: string; stderr: string };
  readonly stops: Stop[];
  readonly folder: string;
  /** Resolves when stdout has a whole line that begins so: the rest of it. */
  said(word: string): Promise<string>;
  interrupt(): void;
}

function run(t: ExecutionContext, script: string | readonly string[], command: Partial<Command> = {}, options: Partial<ProcessOptions> = {}): Run {
  const folder = realpathSync(temporaryFolder(t));
  const output = { stdout: '', stderr: '' };
  const stops: Stop[] = [];
  const controller = new AbortController();
  const argv = typeof script === 'string' ? ['/bin/sh', '-c', script] : script;
  const waiting: (() => void)[] = [];
  const end = runProcess(
    { argv, cwd: join(folder, 'build', 'deep'), folder, env: baseEnvironment(), timeoutMs: null, maxTimeMs: null, ...command },
    {
      onOutput: (stream, data) => {
        output[stream] += data.toString();
        for (const look of waiting) look();
        return Promise.resolve();
      },
      onStop: (why) => Promise.resolve(void stops.push(why)),
      signal: controller.signal,
      graceMs: 100,
      killAfterMs: 200,
      ...options,
    },
  );
  const said = (word: string): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = new RegExp(`^${word}(.*)\n`, 'm').exec(output.stdout);
        if (found) resolve(found[1] ?? '');
      };
      waiting.push(look);
      look();
    });
  return { end, output, stops, folder, said, interrupt: () => controller.abort() };
} // prettier-ignore

test('its status, its output by stream, its folder and its environment', async (t) => {
  const env = environmentOf({ PATH: process.env['PATH'] ?? '' }, { A: 'old' }, { A: 'new', P: '/x:${PATH}:${SECRET}' });
  const { end, output, folder } = run(t, 'pwd; env | sort; echo oh >&2; read x || echo no input; exit 7', { env });
  const { status, signal, stop, error } = await end;
  t.deepEqual({ status, signal, stop, error }, { status: 7, signal: null, stop: null, error: null });
  t.is(output.stderr, 'oh\n');
  const lines = output.stdout.split('\n').filter((line) => !/^(_|OLDPWD|SHLVL|BBCTL_BUILD)=/.test(line));
  const cwd = join(folder, 'build', 'deep');
  t.deepEqual(lines, [cwd, 'A=new', `P=/x:${process.env['PATH']}:`, `PATH=${process.env['PATH']}`, `PWD=${cwd}`, 'no input', '']); // prettier-ignore
  t.deepEqual(readdirSync(join(folder, recordsFolder)), []);
});

test('of the environment of a master a build sees little', (t) => {
  const own = { PATH: '/bin', HOME: '/h', LC_ALL: 'C', PGPASSWORD: 'secret', BBCTL_TOKEN: 'secret' };
  t.deepEqual(baseEnvironment(own), { PATH: '/bin', HOME: '/h', LC_ALL: 'C' });
});

test('what it reads is given to it, also where it reads nothing of it', async (t) => {
  const { end, output } = run(t, ['cat'], { input: Buffer.from('given') });
  t.is((await end).status, 0);
  t.is(output.stdout, 'given');
  t.is((await run(t, ['true'], { input: Buffer.alloc(1_000_000) }).end).status, 0);
});

test('a program that is not there, and one that dies by a signal', async (t) => {
  const missing = await run(t, ['no-such-program']).end;
  t.is(missing.status, null);
  t.regex(missing.error?.message ?? '', /ENOENT/);
  const tooLong = await run(t, ['echo', 'x'.repeat(10_000_000)]).end;
  t.regex(tooLong.error?.message ?? '', /E2BIG/);
  t.regex((await run(t, ['echo', 'a\0b']).end).error?.message ?? '', /null bytes/);
  const killed = await run(t, 'kill -SEGV $$').end;
  t.deepEqual([killed.status, killed.signal, killed.stop], [null, 'SIGSEGV', null]);
});

test('all output of it is there, however much it prints at its end', async (t) => {
  const { end, output } = run(t, 'seq 1 200000; seq 1 1000 >&2');
  await end;
  t.is(output.stdout.split('\n').length, 200_001);
  t.is(output.stderr.split('\n').length, 1001);
});

test('silence stops it, words do not', async (t) => {
  const silent = run(t, 'echo a; sleep 1000', { timeoutMs: 300 });
  t.is((await silent.end).stop, 'silent');
  t.deepEqual(silent.stops, ['silent']);
  const talking = await run(t, 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; echo $i; done', { timeoutMs: 950 }).end;
  t.deepEqual([talking.status, talking.stop], [0, null]);
});

test('it may take only so long in all', async (t) => {
  t.is((await run(t, 'while true; do echo a; sleep 0.05; done', { maxTimeMs: 300, timeoutMs: 60_000 }).end).stop, 'too long'); // prettier-ignore
});

test('while its output is not taken it waits, and is not silent', async (t) => {
  const told = new EventEmitter();
  const onOutput = (): Promise<unknown> => (told.emit('output'), once(told, 'room'));
  const took = once(told, 'output');
  const { end } = run(
    t,
    'seq 1 100000; exit 3',
    { timeoutMs: 1500 },
    { onOutput: async () => void (await onOutput()) },
  );
  await took;
  const first = await Promise.race([end, new Promise((resolve) => setTimeout(() => resolve('waits'), 2000))]);
  t.is(first, 'waits');
  told.on('output', () => setImmediate(() => told.emit('room')));
  told.emit('room');
  t.deepEqual([(await end).status, (await end).stop], [3, null]);
});

test('interrupted, the whole group is asked to end and may tidy up', async (t) => {
  const script = `(trap 'echo tidy; exit' TERM; echo ready; while true; do sleep 0.02; done) & trap '' TERM; wait; wait; exit 0`;
  const one = run(t, script, {}, { killAfterMs: 60_000 });
  await one.said('ready');
  one.interrupt();
  t.is((await one.end).stop, 'interrupted');
  t.regex(one.output.stdout, /tidy/);
});

test('who does not end when asked is killed, and with it those that have left the group', async (t) => {
  const script = `setsid sh -c 'trap "" TERM; echo other $$; while true; do sleep 1; done' & trap '' TERM; echo own $$; while true; do sleep 1; done`;
  const one = run(t, script);
  const pids = [Number(await one.said('other ')), Number(await one.said('own '))];
  t.true(pids.every(isRunning));
  one.interrupt();
  t.deepEqual([(await one.end).signal, (await one.end).stop], ['SIGKILL', 'interrupted']);
  await until('both have ended', () => (pids.some(isRunning) ? undefined : true));
});

test('a program in the background that holds the output open does not hold the step, and goes on', async (t) => {
  const one = run(t, `setsid sleep 1000 & echo pid $!; exit 4`);
  const pid = Number(await one.said('pid '));
  t.is((await one.end).status, 4);
  t.true(isRunning(pid));
  process.kill(pid, 'SIGKILL');
});

test('nor does one that prints for ever', async (t) => {
  const one = run(t, `(while true; do echo x; sleep 0.02; done) & echo pid $!; exit 4`);
  const pid = Number(await one.said('pid '));
  t.is((await one.end).status, 4);
  await until('it has nobody to tell', () => (isRunning(pid) ? undefined : true));
});

test('interrupted before it has begun, it ends at once; its end is told once', async (t) => {
  const one = run(t, 'sleep 1000', { timeoutMs: 1000 });
  one.interrupt();
  t.is((await one.end).stop, 'interrupted');
  t.deepEqual(one.stops, ['interrupted']);
});

test('output that nobody can take ends it, and is thrown', async (t) => {
  const onOutput = (): Promise<void> => Promise.reject(new Error('declared dead'));
  const one = run(t, 'echo a; exec sleep 1000', {}, { onOutput });
  await t.throwsAsync(one.end, { message: 'declared dead' });
  t.false(existsSync(join(one.folder, recordsFolder, 'x')));
});
