// A shell step: Buildbot's words in its log and its state, and how it ends.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { StepConfig } from '../../../../src/lib/model/cluster-config.js';
import { runShell } from '../../../../src/lib/runtime/steps/shell.js';
import { stepContext } from '../../../_helpers/step-context.js';

type Shell = StepConfig & { kind: 'shell' };

function shell(command: Shell['command'], settings: Partial<Shell> = {}): Shell {
  const flags = { haltOnFailure: false, flunkOnFailure: true, warnOnFailure: false, alwaysRun: false };
  return { kind: 'shell', name: 'shell', command, workdir: null, env: {}, timeoutMs: 1_200_000, maxTimeMs: null, ...flags, ...settings }; // prettier-ignore
}

test('what is in the log of a command that Buildbot has run is in the log of one of bbctl', async (t) => {
  const context = stepContext(t);
  const end = await runShell(shell(['sh', '-c', 'echo hello; echo err >&2']), context);
  t.deepEqual(end, { results: 0, state: "'sh -c ...'" });
  const log = context
    .shortStdio()
    .replace(context.build.workdir, '/srv/bot/w/quick')
    .replace(/\d\.\d{6}/, '0.020223');
  t.deepEqual(log.replace(/o.*\n|ee.*\n/g, (line) => (/^(ohello|eerr)\n$/.test(line) ? '' : line)).split('\n'), [
    "hsh -c 'echo hello; echo err >&2'",
    'h in dir /srv/bot/w/quick/build (timeout 1200 secs)',
    'h watching logfiles {}',
    "h argv: [b'sh', b'-c', b'echo hello; echo err >&2']",
    'h environment:',
    'h using PTY: False',
    'hprogram finished with exit code 0',
    'helapsedTime=0.020223',
    '',
  ]);
  t.regex(context.stdio(), /^ohello\n/m);
  t.regex(context.stdio(), /^eerr\n/m);
  t.regex(context.stdio(), /^h {2}PATH=.*\n(h {2}.*\n)*h {2}PWD=.*\/build\n/m);
});

test('a status that is not 0 is a failure; a text is for the shell', async (t) => {
  const context = stepContext(t);
  t.deepEqual(await runShell(shell('false || exit 3'), context), { results: 2, state: "'false || ...' (failure)" });
  t.regex(context.stdio(), /^hprogram finished with exit code 3\n/m);
});

test("the step's environment goes before the builder's, and folders are below the builder's", async (t) => {
  const context = stepContext(t, { env: { A: 'builder', B: 'builder' } });
  await runShell(shell('echo $A $B; pwd; touch here', { env: { A: 'step' }, workdir: 'a/b' }), context);
  t.regex(context.stdio(), /^ostep builder\n/m);
  t.true(existsSync(join(context.build.workdir, 'a/b/here')));
});

test('no secret of the master is in the environment or the log', async (t) => {
  process.env['BBCTL_TEST_SECRET'] = 'geheim';
  t.teardown(() => delete process.env['BBCTL_TEST_SECRET']);
  const context = stepContext(t);
  await runShell(shell('env'), context);
  t.notRegex(context.stdio(), /geheim/);
});

test('silence and length are told as Buildbot tells them, and are failures', async (t) => {
  const silent = stepContext(t);
  t.deepEqual(await runShell(shell('exec sleep 1000', { timeoutMs: 200 }), silent), { results: 2, state: "'exec sleep ...' (failure)" }); // prettier-ignore
  t.true(silent.stdio().includes("h\nhcommand timed out: 0.2 seconds without output running b'exec sleep 1000', attempting to kill\nhprocess killed by signal 15\nhprogram finished with exit code -1\n")); // prettier-ignore
  const long = stepContext(t);
  await runShell(shell(['sleep', '1000'], { maxTimeMs: 200 }), long);
  t.true(long.stdio().includes("hcommand timed out: 0.2 seconds elapsed running [b'sleep', b'1000'], attempting to kill\n")); // prettier-ignore
});

test('a program that is not there is a failure, and the log says which', async (t) => {
  const context = stepContext(t);
  t.deepEqual(await runShell(shell(['no-such-program']), context), {
    results: 2,
    state: "'no-such-program' (failure)",
  });
  t.regex(context.stdio(), /^hthe command could not be started: .*no-such-program.*\n/m);
});

for (const [results, word] of [
  [6, 'cancelled'],
  [5, 'retry'],
] as const) {
  test(`interrupted, it ends as it is told: ${word}`, async (t) => {
    const context = stepContext(t);
    const ending = runShell(shell('trap "exit 0" TERM; echo ready; while true; do sleep 0.02; done'), context);
    const timer = setInterval(() => context.stdio().includes('oready') && context.interrupt({ text: 'enough', results }), 5); // prettier-ignore
    t.deepEqual(await ending, { results, state: `'trap "exit ...' (${word})` });
    clearInterval(timer);
    t.regex(
      context.shortStdio(),
      /^h\nhcommand interrupted, attempting to kill\n(e.*\n)*hprogram finished with exit code -1\n/m,
    );
    t.is(context.logs.get('stdio')?.finished, context.stdio().split('\n').length - 1);
  });
}

test('a step that is told to end before it has begun runs nothing', async (t) => {
  const context = stepContext(t);
  context.interrupt({ text: 'enough', results: 5 });
  t.is((await runShell(shell('touch here'), context)).results, 5);
  t.deepEqual([context.stdio(), existsSync(join(context.build.workdir, 'build'))], ['', false]);
});
