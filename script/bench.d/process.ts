import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from './settings.js';

export interface Command {
  program: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  /** Statuses that are no failure. */
  accepts: number[];
}

export interface Run {
  ms: number;
  stdout: string;
}

export function run(command: Command): Promise<Run> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command.program, command.args, { env: command.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.once('error', reject);
    child.once('close', (status) => {
      const ms = performance.now() - started;
      if (status !== null && command.accepts.includes(status)) resolve({ ms, stdout: output.stdout });
      else reject(new Error(`${spelled(command)} ended with ${status}:\n${output.stderr.slice(-2000)}${output.stdout.slice(-2000)}`)); // prettier-ignore
    });
  });
}

/** Turn by turn, so that whatever else this machine does hits all of them alike. */
export async function medians(commands: Command[], rounds: number, before?: () => Promise<void>): Promise<number[]> {
  const times = commands.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, command] of commands.entries()) {
      await before?.();
      const { ms } = await run(command);
      // The first round only warms the caches.
      if (round > 0) times[i]?.push(ms);
    }
  }
  return times.map(median);
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** bbctl with nothing of this user's settings, and its journal in the bench's own folder. */
export function bbctl(dir: string, args: string[]): Command {
  const home = join(dir, 'home');
  mkdirSync(home, { recursive: true });
  const env = { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', NO_COLOR: '1' };
  return { program: process.execPath, args: [join(projectRoot, 'bin/run.js'), ...args], env, accepts: [0] };
}

export const emptyNode: Command = { program: process.execPath, args: ['-e', '0'], env: { PATH: process.env.PATH }, accepts: [0] }; // prettier-ignore

/** A run of its own for it: what measures the memory would cost time. */
export async function runMeasured(dir: string, command: Command): Promise<Run & { peakMb: number }> {
  const file = join(dir, 'peak-memory');
  rmSync(file, { force: true });
  const hook = pathToFileURL(join(import.meta.dirname, 'peak-memory.js')).href;
  const env = { ...command.env, NODE_OPTIONS: `--import=${hook}`, BENCH_PEAK_FILE: file };
  const result = await run({ ...command, env });
  return { ...result, peakMb: Number(readFileSync(file, 'utf8')) / 1024 };
}

function spelled(command: Command): string {
  return [command.program, ...command.args].join(' ');
}
