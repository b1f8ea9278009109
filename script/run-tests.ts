import { spawn } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { TapReader, type Tally } from './tap.js';

/*
 * Runs AVA, shows its progress and leaves the counts in a file, for script/test:
 *   node build/script/run-tests.js COUNTS [test/lib/db | test/lib/db/lock.test.ts | option of AVA]…
 */

const [countsFile, ...args] = process.argv.slice(2);
if (countsFile === undefined) throw new Error('the file for the counts is missing');
const tally = await runTests(args.map(compiled));
writeFileSync(countsFile, `${tally.passed} ${tally.failed} ${tally.skipped}\n`);
process.exitCode = tally.failed > 0 ? 1 : 0;

async function runTests(avaArguments: string[]): Promise<Tally> {
  const reader = new TapReader();
  const status = await runAva(avaArguments, (line) => {
    const text = reader.read(line);
    if (text !== undefined) console.log(text);
  });
  const { tally: counts, failures } = reader.finish(status);
  if (failures.length > 0) console.log(['', 'Failed:', ...failures.map((title) => `✖ ${title}`)].join('\n'));
  return counts;
}

/** In a process group of its own, so that nothing a test has started outlives the run. */
async function runAva(avaArguments: string[], onLine: (line: string) => void): Promise<number> {
  const ava = spawn(process.execPath, ['node_modules/.bin/ava', '--tap', ...avaArguments], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const endGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-(ava.pid ?? 0), signal);
    } catch {
      // the group is gone already
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => endGroup('SIGTERM'));
  const ended = new Promise<number>((resolve, reject) => {
    ava.once('error', reject);
    ava.once('exit', (code) => {
      endGroup('SIGKILL');
      resolve(code ?? 1);
    });
  });
  for await (const line of createInterface({ input: ava.stdout })) onLine(line);
  return ended;
}

/** Tests are named by their source, but run compiled. */
function compiled(argument: string): string {
  const path = argument.replace(/^\.\//, '').replace(/\/$/, '');
  if (path !== 'test' && !path.startsWith('test/')) return argument;
  if (existsSync(path) && statSync(path).isDirectory()) return `build/${path}/**/*.test.js`;
  return `build/${path.replace(/\.ts$/, '.js')}`;
}
