import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Failure } from '../errors.js';
import { printable } from '../model/names.js';

export interface CommandOptions {
  readonly cwd: string;
  readonly timeoutMs: number;
}

/** How a program ended. */
export interface CommandEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It was killed: it took too long. */
  readonly isLate: boolean;
  /** The end of what it printed. */
  readonly output: string;
}

/** Of what a program printed before it failed. */
const mostCharacters = 500;

/** What is printed may come after the end of the program; who started a daemon leaves it its output for ever. */
const outputWithinMs = 200;

/**
 * Runs a program of the operator's, without a shell. Of its arguments, which may hold secrets, nothing is told. Throws a
 * `Failure` with the end of what it printed.
 */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<void> {
  const end = await endOfCommand(argv, options);
  if (end.status === 0 && !end.isLate) return;
  throw commandFailure(argv[0] ?? '', end, options.timeoutMs);
}

/**
 * The same, whatever its status is: throws a `Failure` only where it cannot be run. Ctrl-C, which a terminal sends to all
 * that runs in it, does not reach the program, and so it has no terminal to ask for passwords on.
 */
export function endOfCommand(argv: readonly string[], { cwd, timeoutMs }: CommandOptions): Promise<CommandEnd> {
  const [program = '', ...words] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = tailOf(child);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(child);
    }, timeoutMs);
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(new Failure('notFound', `${printable(program)} cannot be run (${error.code ?? 'unknown error'})`, { cause: error })); // prettier-ignore
    });
    child.once('exit', (status, signal) => {
      clearTimeout(timer);
      const finish = (): void => resolve({ status, signal, isLate, output: output() });
      const patience = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        finish();
      }, outputWithinMs);
      child.once('close', () => {
        clearTimeout(patience);
        finish();
      });
    });
  });
}

/** What it has started, too, but for daemons, which are in no group of its. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

/** Not more than can be told is kept of what it prints. */
function tailOf({ stdout, stderr }: ChildProcess): () => string {
  const kept = { stdout: '', stderr: '' };
  const keep = (name: keyof typeof kept) => (text: string) =>
    void (kept[name] = (kept[name] + text).slice(-2 * mostCharacters));
  stdout?.setEncoding('utf8').on('data', keep('stdout'));
  stderr?.setEncoding('utf8').on('data', keep('stderr'));
  return () => kept.stdout + kept.stderr;
}

/** In words, with the end of what it printed. */
export function commandFailure(program: string, end: CommandEnd, timeoutMs: number): Failure {
  const said = printable(end.output.trim().slice(-mostCharacters).split('\n').join(' / '));
  const message = `${printable(program)} ${howItEnded(end, timeoutMs)}${said === '' ? '' : `: ${said}`}`;
  return new Failure(end.isLate ? 'timedOut' : 'unreachable', message);
}

function howItEnded({ isLate, status, signal }: CommandEnd, timeoutMs: number): string {
  if (isLate) return `did not end within ${timeoutMs / 1000} s`;
  return status === null ? `was ended by ${signal ?? 'a signal'}` : `ended with status ${status}`;
}
