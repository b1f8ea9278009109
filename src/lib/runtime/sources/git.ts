import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { withoutCredentials } from '../../model/repository-address.js';
import { formatDuration } from '../../model/duration.js';
import { printable } from '../../model/names.js';

export interface GitOptions {
  /** Kills git and all that it started. */
  readonly signal: AbortSignal;
  /** So does the end of this time. */
  readonly timeoutMs: number;
  readonly input?: string;
  /** Of its output; git is stopped where it has more to say. */
  readonly maxBytes?: number;
}

export interface GitOutput {
  readonly text: string;
  /** `false`: there was more. */
  readonly isWhole: boolean;
}

/** git did not do it: what it said, on one line, without credentials. */
export class GitFailure extends Error {
  override name = 'GitFailure';
}

/** Whatever the user's configuration says: no hooks, and names and messages in one form. */
export const gitSettings: readonly string[] = [
  ...['core.hooksPath=/dev/null', 'core.quotePath=true', 'i18n.logOutputEncoding=UTF-8', 'color.ui=false'],
  // Small packs, and no single objects: a fetch that is killed leaves all of it or nothing.
  ...['fetch.unpackLimit=1', 'gc.autoDetach=false'],
].flatMap((setting) => ['-c', setting]);

const fromUser = /^GIT_(SSH|SSL|HTTP|PROXY|CONFIG_(GLOBAL|SYSTEM|NOSYSTEM)$)/;

/** Nobody is there to be asked for a password; programs that the address could name are not run. */
export function gitEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(environment).filter(([name]) => !name.startsWith('GIT_') || fromUser.test(name));
  return {
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
    ...Object.fromEntries(own),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    SSH_ASKPASS: 'true',
    GCM_INTERACTIVE: 'never',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_OPTIONAL_LOCKS: '0',
  };
}

const mostStderr = 4096;
/** What git leaves behind (a shared connection of ssh) may hold its output open for hours. */
const graceMs = 1000;

/** Runs git. Throws a `GitFailure` where it fails, is stopped, or is not installed. */
export async function git(args: readonly string[], options: GitOptions): Promise<GitOutput> {
  const { signal, timeoutMs, input = '', maxBytes = 16 * 1024 * 1024 } = options;
  if (signal.aborted) throw new GitFailure(`git ${verbOf(args)} was not started: the service ends`);
  const child = spawn('git', [...gitSettings, ...args], {
    env: gitEnvironment(process.env),
    detached: true,
    stdio: 'pipe',
  });
  const kill = (): void => killGroup(child);
  const stop = stopper(kill, options);
  try {
    const output = collect(child, maxBytes, kill);
    // It may end before it has read everything.
    child.stdin.on('error', () => {}).end(input);
    const status = await closed(child);
    if (signal.aborted) throw new GitFailure(`git ${verbOf(args)} was stopped: the service ends`);
    if (stop.isLate()) throw new GitFailure(`git ${verbOf(args)} took longer than ${formatDuration(timeoutMs / 1000)}`);
    if (status === 0 || !output.isWhole()) return { text: output.text(), isWhole: output.isWhole() };
    throw new GitFailure(`git ${verbOf(args)} failed: ${sentence(output.stderr())}`);
  } finally {
    stop.end();
  }
}

function stopper(kill: () => void, { signal, timeoutMs }: GitOptions) {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, timeoutMs);
  signal.addEventListener('abort', kill);
  const end = (): void => {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  };
  return { isLate: () => isLate, end };
}

/** Its exit status, once all that it said was read. */
function closed(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new GitFailure(`git cannot be started: ${cause.message}`)));
    child.on('exit', () => closeOnceSilent(child));
    child.on('close', resolve);
  });
}

function closeOnceSilent({ stdout, stderr }: ChildProcess): void {
  const read = (): number => [stdout, stderr].reduce((sum, stream) => sum + bytesRead(stream), 0);
  const wait = (before: number): void => {
    // Between the timer and this is read what is there: a process that was busy may not have come to it before.
    const check = (): void => void (read() === before ? [stdout, stderr].map((one) => one?.destroy()) : wait(read()));
    setTimeout(() => setImmediate(check), graceMs).unref();
  };
  wait(read());
}

function bytesRead(stream: Readable | null): number {
  return (stream as Socket | null)?.bytesRead ?? 0;
}

function collect(child: ChildProcess, maxBytes: number, onFull: () => void) {
  const chunks: Buffer[] = [];
  let [bytes, stderr] = [0, ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    if (bytes > maxBytes) return;
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes) onFull();
  });
  child.stderr?.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-mostStderr)));
  return {
    isWhole: () => bytes <= maxBytes,
    text: () => Buffer.concat(chunks).subarray(0, maxBytes).toString(),
    stderr: () => stderr,
  };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function verbOf(args: readonly string[]): string {
  return args.find((arg) => !arg.startsWith('-')) ?? '';
}

/** The line that says why; what comes before it is progress, and what comes after it advice. */
function sentence(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== ''); // prettier-ignore
  const line = lines.find((one) => /^(fatal|error|ERROR):/.test(one)) ?? lines.at(-1) ?? 'it said nothing';
  return printable(withoutCredentials(line)).slice(0, 500);
}
