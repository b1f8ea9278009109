import { constants } from 'node:os';
import { commandBytes, commandLine } from '../../model/command-words.js';
import type { StepContext, StepLog } from '../builds/step-context.js';
import { runProcess, type ProcessEnd, type Stop } from '../workers/run-process.js';

export interface LoggedCommand {
  /** A text is for the shell. */
  readonly command: string | readonly string[];
  /** In the log in its place. */
  readonly shown?: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number | null;
  readonly maxTimeMs: number | null;
  readonly input?: Buffer;
  /** Beside the log. */
  readonly onStdout?: (data: Buffer) => void;
}

/** Its exit status, where it had one; -1: it was killed, as Buildbot says it. */
export async function runCommand(command: LoggedCommand, context: StepContext, log: StepLog): Promise<number> {
  // Told to stop: nothing more is begun.
  if (context.signal.aborted) return -1;
  const { cwd, env, timeoutMs, maxTimeMs, input } = command;
  const argv = typeof command.command === 'string' ? ['/bin/sh', '-c', command.command] : command.command;
  const shown = { ...command, command: command.shown ?? command.command };
  await log.header(beginning(shown));
  const limits = { timeoutMs, maxTimeMs, folder: context.build.workdir };
  const end = await runProcess(
    { argv, cwd, env, ...limits, ...(input && { input }) },
    {
      signal: context.signal,
      onOutput: (stream, data) => {
        if (stream === 'stdout') command.onStdout?.(data);
        return log.write(stream, data);
      },
      onStop: (why) => log.header(`\n${stopWords(why, shown)}, attempting to kill\n`),
    },
  );
  const status = statusOf(end);
  await log.header(ending(end, status));
  return status;
}

function beginning(command: LoggedCommand): string {
  const { cwd, env, timeoutMs, maxTimeMs } = command;
  const limits = [limit('timeout', timeoutMs), limit('maxTime', maxTimeMs)].join('');
  const variables = Object.entries({ ...env, PWD: cwd }).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    commandLine(command.command),
    ` in dir ${cwd}${limits}`,
    ' watching logfiles {}',
    ` argv: ${commandBytes(command.command)}`,
    ' environment:',
    ...variables.map(([name, value]) => `  ${name}=${value}`),
    ' using PTY: False',
    '',
  ].join('\n');
}

function limit(name: string, ms: number | null): string {
  return ms === null ? '' : ` (${name} ${ms / 1000} ${ms === 1000 ? 'sec' : 'secs'})`;
}

function stopWords(why: Stop, { command, timeoutMs, maxTimeMs }: LoggedCommand): string {
  if (why === 'interrupted') return 'command interrupted';
  const [ms, what] = why === 'silent' ? [timeoutMs, 'without output'] : [maxTimeMs, 'elapsed'];
  return `command timed out: ${(ms ?? 0) / 1000} seconds ${what} running ${commandBytes(command)}`;
}

/** What was killed has failed, whatever it says itself. */
function statusOf({ status, stop }: ProcessEnd): number {
  return stop && status === 0 ? -1 : (status ?? -1);
}

function ending({ signal, status, error, elapsedMs }: ProcessEnd, shown: number): string {
  return [
    ...(error ? [`the command could not be started: ${error.message}\n`] : []),
    ...(signal ? [`process killed by signal ${constants.signals[signal]}\n`] : []),
    ...(!error && !signal && status === null ? ['SIGKILL failed to kill process\nusing fake rc=-1\n'] : []),
    `program finished with exit code ${shown}\n`,
    `elapsedTime=${(elapsedMs / 1000).toFixed(6)}\n`,
  ].join('');
}
