// Whatever a test file does, the run ends and says which it was.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { supervise, type Ending } from '../../script/supervise.js';
import { TestFiles } from '../../script/test-files.js';

const good = `test('good', (t) => t.pass());`;
const hanging = `test('quick', (t) => t.pass());
  test('hangs', (t) => (t.timeout(600_000), setInterval(() => {}, 1000), new Promise(() => {})));`;
const leaving = `test('leaves', (t) => {
    spawn('sleep', ['1000'], { stdio: 'inherit', detached: true }).unref();
    t.pass();
  });`;

/** A package with these tests; its counts and what was said. */
async function runTests(t: ExecutionContext, files: Record<string, string>, env: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'bbctl-run-tests-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'test'));
  for (const name of ['node_modules', 'build']) symlinkSync(resolve(name), join(folder, name));
  const ava = { files: ['test/*.test.js'], require: ['./build/script/note-test-file.js'], workerThreads: false, concurrency: 3 }; // prettier-ignore
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', ava }));
  const head = `import { spawn } from 'node:child_process';\nimport test from 'ava';\n`;
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'test', `${name}.test.js`), head + text);
  const output = await new Promise<string>(
    (done) =>
    execFile(process.execPath, ['build/script/run-tests.js', 'counts'], { cwd: folder, env: { ...process.env, ...env } }, (_, stdout) => done(stdout)), // prettier-ignore
  );
  return { output, counts: readFileSync(join(folder, 'counts'), 'utf8').trim() };
}

test('a test file that hangs and one that leaves a process are ended and named, and what the others did counts', async (t) => {
  const { output, counts } = await runTests(t, { good, hanging, leaving }, { BBCTL_TEST_FILE_SECONDS: '4' });
  const [, failed = ''] = output.split('\nFailed:\n');
  t.deepEqual(failed.trim().split('\n').sort(), [
    '✖ 1 more that did not get to run',
    '✖ test/hanging.test.js exited due to SIGKILL',
    '✖ test/hanging.test.ts did not end within 4 s',
    '✖ test/leaving.test.ts left processes running: sleep 1000',
  ]);
  t.is(counts, '3 4 0');
  t.regex(output, /\nSlowest:\n +\d+\.\d s {2}test\/hanging\.test\.ts\n/);
});

test('a run that takes too long ends, and says what was not over', async (t) => {
  const { output, counts } = await runTests(t, { good, hanging }, { BBCTL_TEST_SECONDS: '4' });
  t.regex(output, /✖ the tests did not end within 4 s; still running: test\/hanging\.test\.ts\n/);
  t.is(counts, '2 1 0');
});

async function supervised(t: ExecutionContext, program: string): Promise<Ending> {
  const folder = mkdtempSync(join(tmpdir(), 'bbctl-supervise-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'notes'), '');
  const limits = { file: 1000, left: 1000, silence: 1000, run: 600_000 };
  return supervise([process.execPath, '-e', program], new TestFiles(join(folder, 'notes')), limits, () => {});
}

test('AVA is ended when it does not end by itself', async (t) => {
  const { problems } = await supervised(t, `console.log('TAP version 13'); setInterval(() => {}, 1000)`);
  t.deepEqual(problems, ['AVA did not end, though nothing had happened for 1 s']);
});

test('nobody waits for an output that a stranger holds open', async (t) => {
  const { status, problems } = await supervised(
    t,
    `const { spawn } = require('node:child_process');
     spawn('sleep', ['20'], { stdio: 'inherit', detached: true }).unref(); process.exit(3)`,
  );
  t.deepEqual([status, problems], [3, []]);
});
