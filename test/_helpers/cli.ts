import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, constants, tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CliOptions {
  /** The address of the database, as BBCTL_DB; a `--db` among the arguments goes before it. */
  db?: string;
  /** Added to an otherwise clean environment. */
  env?: Record<string, string>;
  /** A directory of the caller's for everything bbctl keeps; without it each call gets its own, and forgets. */
  home?: string;
  cwd?: string;
  input?: string;
  timeoutMs?: number;
}

export interface CliResult {
  status: number;
  stdout: string;
  stderr: string;
  json: () => unknown;
}

export interface RunningCli {
  process: ChildProcess;
  pid: number;
  stdout(): string;
  stderr(): string;
  /** Resolves as soon as stdout and stderr together, in the order of arrival, match. */
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  kill(signal?: NodeJS.Signals): void;
  finished: Promise<CliResult>;
}

const DEFAULT_TIMEOUT_MS = 60_000;

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A test file has dozens of tests at once: if all of them ran theirs together, each would take as long as all. */
let free = availableParallelism() + 2;
const waiting: (() => void)[] = [];

/** Runs bbctl to its end; a status other than 0 is a result like any other. */
export async function bbctl(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await startBbctl(args, options).finished;
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}

/** Starts bbctl for a test that looks at it, or kills it, while it runs. */
export function startBbctl(args: readonly string[], options: CliOptions = {}): RunningCli {
  const home = options.home ?? temporaryHome();
  const child = spawn(process.execPath, [join(process.cwd(), 'bin', 'run.js'), ...args], {
    cwd: options.cwd ?? home,
    env: { ...cleanEnvironment(home), ...(options.db === undefined ? {} : { BBCTL_DB: options.db }), ...options.env },
    stdio: 'pipe',
  });
  running.add(child);
  const output = collectOutput(child);
  child.stdin.on('error', () => {}); // bbctl may end without having read it all
  child.stdin.end(options.input ?? '');
  const finished = resultOf(child, output, describe(args), options.timeoutMs ?? DEFAULT_TIMEOUT_MS).finally(() => {
    running.delete(child);
    if (options.home === undefined) rmSync(home, { recursive: true, force: true });
  });
  finished.catch(() => {}); // whoever awaits it still gets the error; who only kills the process need not
  return {
    process: child,
    pid: child.pid ?? 0,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    waitForOutput: (pattern, timeoutMs) => waitForOutput(child, output, pattern, timeoutMs ?? DEFAULT_TIMEOUT_MS),
    kill: (signal) => void child.kill(signal),
    finished,
  };
}

/** For several calls that share a journal or contexts; remove it with `t.teardown(() => rmSync(…))`. */
export function temporaryHome(): string {
  return mkdtempSync(join(tmpdir(), 'bbctl-home-'));
}

function cleanEnvironment(home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    LANG: 'C.UTF-8',
    TMPDIR: tmpdir(),
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_STATE_HOME: join(home, '.local', 'state'),
    XDG_DATA_HOME: join(home, '.local', 'share'),
    XDG_CACHE_HOME: join(home, '.cache'),
  };
}

interface Output {
  stdout: string;
  stderr: string;
  all: string;
}

function collectOutput(child: ChildProcess): Output {
  const output: Output = { stdout: '', stderr: '', all: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
      output.all += text;
    });
  }
  return output;
}

function resultOf(child: ChildProcess, output: Output, command: string, timeoutMs: number): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command} did not end within ${timeoutMs} ms.\n${output.all}`));
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const { stdout, stderr } = output;
      resolve({ status: code ?? statusOf(signal), stdout, stderr, json: () => parse(command, stdout, stderr) });
    });
  });
}

function waitForOutput(child: ChildProcess, output: Output, pattern: RegExp, ms: number): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(`no output matched ${pattern.source} within ${ms} ms`), ms);
    const end = (failure: string | undefined, match?: RegExpExecArray) => {
      clearTimeout(timer);
      child.stdout?.off('data', look);
      child.stderr?.off('data', look);
      child.off('close', gone);
      if (match) resolve(match);
      else reject(new Error(`${failure}.\n${output.all}`));
    };
    const look = () => {
      const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(output.all);
      if (match) end(undefined, match);
    };
    const gone = () => end(`bbctl ended before its output matched ${pattern.source}`);
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.on('close', gone);
    if (child.exitCode !== null || child.signalCode !== null) gone();
    look();
  });
}

/** As a shell reports it. */
function statusOf(signal: NodeJS.Signals | null): number {
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}

function parse(command: string, stdout: string, stderr: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch (error) {
    throw new Error(`${command} did not print JSON.\nstdout: ${stdout}\nstderr: ${stderr}`, { cause: error });
  }
}

function describe(args: readonly string[]): string {
  return ['bbctl', ...args].join(' ');
}
