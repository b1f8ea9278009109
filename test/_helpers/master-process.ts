// Masters of bbctl's own as what they are: processes, that log, are killed, and run again.
import type { ExecutionContext } from 'ava';
import { until } from './buildbot/until.js';
import { startBbctl } from './cli.js';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface MasterProcess {
  /** In `cluster.yaml`. */
  readonly key: string;
  readonly pid: number;
  /** `null` while it runs. */
  readonly exitCode: number | null;
  /** Since it was started. */
  log(): LogLine[];
  /** The first line with this message and these fields, as soon as it is there. */
  logged(message: string, fields?: Readonly<Record<string, unknown>>): Promise<LogLine>;
  signal(signal: NodeJS.Signals): void;
  kill9(): Promise<void>;
  /** In order: its status must be 0. */
  stop(): Promise<void>;
}

export interface MasterProcessOptions {
  /** The `cluster.yaml`. */
  readonly file: string;
  readonly key: string;
  /** Where everything is kept that bbctl keeps. */
  readonly home: string;
  /** Further arguments. */
  readonly more?: readonly string[];
}

const longestLifeMs = 600_000;

/** Starts one. It ends with the test at the latest; what it has logged is shown if the test fails. */
export function startMasterProcess(
  t: ExecutionContext,
  { file, key, home, more = [] }: MasterProcessOptions,
): MasterProcess {
  const running = startBbctl(['master', 'run', '--config', file, '--name', key, '--log-format', 'json', ...more], {
    home,
    timeoutMs: longestLifeMs,
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    running.kill(signal);
    await running.finished.catch(() => {});
  };
  t.teardown(async () => {
    await end('SIGKILL');
    t.log(`${key}:\n${running.stdout()}${running.stderr()}`);
  });
  const log = (): LogLine[] => wholeLines(running.stdout()).map((line) => JSON.parse(line) as LogLine);
  return {
    key,
    pid: running.pid,
    get exitCode() {
      return running.process.exitCode;
    },
    log,
    logged: (message, fields = {}) =>
      until(`${key} logs "${message}" ${JSON.stringify(fields)}`, () => {
        // Looked for after the end, too: it may be the last thing that it has said.
        const hasEnded = running.process.exitCode !== null;
        const line = log().find((one) => one.message === message && Object.entries(fields).every(([field, value]) => one[field] === value)); // prettier-ignore
        if (!line && hasEnded) throw new Error(`${key} has ended:\n${running.stderr()}`);
        return line;
      }),
    signal: (signal) => running.kill(signal),
    kill9: () => end('SIGKILL'),
    async stop() {
      running.kill('SIGTERM');
      const { status, stderr } = await running.finished;
      t.is(status, 0, `${key}: ${stderr}`);
    },
  };
}

function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}
