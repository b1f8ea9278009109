import { execFile } from 'node:child_process';
import type { ExecFileException } from 'node:child_process';
import { Failure } from '../errors.js';
import { printable } from '../model/names.js';

export interface CommandOptions {
  readonly cwd: string;
  readonly timeoutMs: number;
}

/** Of what a program printed before it failed. */
const mostCharacters = 500;

/**
 * Runs a program of the operator's, without a shell. Of its arguments, which may hold secrets, nothing is told. Throws a
 * `Failure` with the end of what it printed.
 */
export function runCommand(argv: readonly string[], { cwd, timeoutMs }: CommandOptions): Promise<void> {
  const [program = '', ...words] = argv;
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, { cwd, timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error) reject(commandFailure(program, error, `${stdout}${stderr}`, timeoutMs));
      else resolve();
    }); // prettier-ignore
    child.stdin?.end();
  });
}

function commandFailure(program: string, error: ExecFileException, output: string, timeoutMs: number): Failure {
  const said = printable(output.trim().slice(-mostCharacters).split('\n').join(' / '));
  const ended = howItEnded(error, timeoutMs);
  const message = `${printable(program)} ${ended}${said === '' ? '' : `: ${said}`}`;
  return new Failure(error.killed ? 'timedOut' : 'unreachable', message, { cause: error });
}

function howItEnded({ code, killed, signal }: ExecFileException, timeoutMs: number): string {
  if (killed) return `did not end within ${timeoutMs / 1000} s`;
  if (typeof code === 'number') return `ended with status ${code}`;
  return signal ? `was ended by ${signal}` : `cannot be run (${code ?? 'unknown error'})`;
}
