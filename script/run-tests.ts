import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { supervise, type Limits } from './supervise.js';
import { TestFiles } from './test-files.js';
import { TapReader, type Tally } from './tap.js';

/*
 * Runs AVA, shows its progress and leaves the counts in a file, for script/test:
 *   node build/script/run-tests.js COUNTS [test/lib/db | test/lib/db/lock.test.ts | option of AVA]…
 */

const [countsFile, ...args] = process.argv.slice(2);
if (countsFile === undefined) throw new Error('the file for the counts is missing');
const limits: Limits = {
  file: limitOf('BBCTL_TEST_FILE_SECONDS', 600),
  left: 3000,
  silence: 30_000,
  run: limitOf('BBCTL_TEST_SECONDS', 45 * 60),
};
const tally = await runTests(args.map(compiled));
writeFileSync(countsFile, `${tally.passed} ${tally.failed} ${tally.skipped}\n`);
process.exitCode = tally.failed > 0 ? 1 : 0;

async function runTests(avaArguments: string[]): Promise<Tally> {
  const notes = join(mkdtempSync(join(tmpdir(), 'bbctl-notes-')), 'notes');
  writeFileSync(notes, '');
  process.env.BBCTL_TEST_NOTES = notes;
  const reader = new TapReader();
  const files = new TestFiles(notes);
  // Its own limit ends all files that run, whichever of them hangs.
  const command = ['node_modules/.bin/ava', '--tap', `--timeout=${2 * limits.run}ms`, ...avaArguments];
  const { status, problems } = await supervise([process.execPath, ...command], files, limits, (line) => {
    const text = reader.read(line);
    if (text !== undefined) console.log(text);
  });
  const { tally: counts, failures } = reader.finish(status, problems);
  rmSync(dirname(notes), { recursive: true });
  report('Slowest:', files.slowest(15).map(({ name, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${name}`)); // prettier-ignore
  report('Failed:', failures.map((title) => `✖ ${title}`)); // prettier-ignore
  return counts;
}

function report(title: string, lines: readonly string[]): void {
  if (lines.length > 0) console.log(['', title, ...lines].join('\n'));
}

/** In seconds; a machine of any use ends within a fraction. */
function limitOf(variable: string, usual: number): number {
  return Number(process.env[variable] ?? usual) * 1000;
}

/** Tests are named by their source, but run compiled. */
function compiled(argument: string): string {
  const path = argument.replace(/^\.\//, '').replace(/\/$/, '');
  if (path !== 'test' && !path.startsWith('test/')) return argument;
  if (existsSync(path) && statSync(path).isDirectory()) return `build/${path}/**/*.test.js`;
  return `build/${path.replace(/\.ts$/, '.js')}`;
}
