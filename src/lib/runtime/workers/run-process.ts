import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, realpath } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { Countdown } from './countdown.js';
import { killAll } from './kill-all.js';
import { markVariable, newMark } from './marks.js';
import { OutputEnd } from './output-end.js';
import { recordGroup } from './records.js';

export interface Command {
  /** A program and its arguments. */
  readonly argv: readonly string[];
  /** Made where it is not there. */
  readonly cwd: string;
  /** All of it. */
  readonly env: Readonly<Record<string, string>>;
  /** The builder's, which exists: what a killed master leaves is found by it. */
  readonly folder: string;
  /** Without any output. */
  readonly timeoutMs: number | null;
  /** In all. */
  readonly maxTimeMs: number | null;
  /** What it reads; nothing. */
  readonly input?: Buffer;
}

/** Why it was killed. */
export type Stop = 'silent' | 'too long' | 'interrupted';

export interface ProcessOptions {
  /** It waits while this does; and so its silence is not counted. What it throws kills the command, and is thrown. */
  onOutput(stream: 'stdout' | 'stderr', data: Buffer): Promise<void>;
  /** It is being killed. */
  onStop(why: Stop): Promise<void>;
  readonly signal: AbortSignal;
  /** Between SIGTERM and SIGKILL. */
  readonly killAfterMs?: number;
  /** What has been started in the background may hold the output open for so long without a word. */
  readonly graceMs?: number;
}

export interface ProcessEnd {
  /** `null`: by a signal, or it could not be started, or not be killed. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stop: Stop | null;
  /** It could not be started: why. */
  readonly error: Error | null;
  readonly elapsedMs: number;
}

/** Runs a command in a process group of its own. */
export async function runProcess(command: Command, options: ProcessOptions): Promise<ProcessEnd> {
  await mkdir(command.cwd, { recursive: true });
  const folder = await realpath(command.folder);
  const beganMs = performance.now();
  const mark = newMark(folder);
  const child = start(command, mark);
  if (child instanceof Error) return { status: null, signal: null, stop: null, error: child, elapsedMs: 0 };
  const forget = recordGroup(folder, child.pid);
  try {
    const end = await new RunningProcess(child, mark, command, options).end();
    return { ...end, elapsedMs: performance.now() - beganMs };
  } finally {
    forget();
  }
}

/** Of some errors (an argument that is too long, or has a NUL) Node does not tell by an event. */
function start({ argv, cwd, env, input }: Command, mark: string): ChildProcess | Error {
  const [program = '', ...args] = argv;
  const whole = { ...env, PWD: cwd, [markVariable]: mark };
  try {
    const child = spawn(program, args, { cwd, env: whole, detached: true, stdio: 'pipe' });
    child.stdin.on('error', () => {}).end(input);
    return child;
  } catch (error) {
    return error as Error;
  }
}

class RunningProcess {
  private readonly child: ChildProcess;
  private readonly mark: string;
  private readonly options: ProcessOptions;
  private readonly silence: Countdown;
  private readonly time: Countdown;
  private readonly outputEnd: OutputEnd;
  /** Streams whose output is being taken. */
  private busy = 0;
  private pieces = 0;
  private stop: Stop | null = null;
  private stopped: Promise<void> = Promise.resolve();
  private failure: { readonly error: unknown } | null = null;

  constructor(child: ChildProcess, mark: string, { timeoutMs, maxTimeMs }: Command, options: ProcessOptions) {
    this.child = child;
    this.mark = mark;
    this.options = options;
    this.silence = new Countdown(timeoutMs, () => this.killIfSilent());
    this.time = new Countdown(maxTimeMs, () => this.kill('too long'));
    this.outputEnd = new OutputEnd(child, options.graceMs ?? 1000, () => this.busy > 0);
  }

  async end(): Promise<Omit<ProcessEnd, 'elapsedMs'>> {
    const { child } = this;
    const interrupt = (): void => this.kill('interrupted');
    this.options.signal.addEventListener('abort', interrupt);
    if (this.options.signal.aborted) interrupt();
    this.silence.start();
    this.time.start();
    try {
      const ended = exitOf(child, this.outputEnd);
      await Promise.all([this.read('stdout', child.stdout), this.read('stderr', child.stderr), ended]);
      await this.stopped;
      if (this.failure) throw this.failure.error;
      return { ...(await ended), stop: this.stop };
    } finally {
      this.silence.stop();
      this.time.stop();
      this.options.signal.removeEventListener('abort', interrupt);
    }
  }

  private async read(stream: 'stdout' | 'stderr', output: Readable | null): Promise<void> {
    try {
      for await (const data of output ?? []) await this.take(stream, data as Buffer);
    } catch (error) {
      // It was closed from here.
      if (!output?.destroyed || this.failure) this.fail(error);
    }
  }

  private async take(stream: 'stdout' | 'stderr', data: Buffer): Promise<void> {
    this.busy++;
    this.pieces++;
    this.silence.stop();
    try {
      await this.options.onOutput(stream, data);
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy--;
      if (this.busy === 0 && !this.stop) this.silence.start();
    }
  }

  /** Between the timer and this is read what is there: a master that was busy may not have come to it before. */
  private killIfSilent(): void {
    const { pieces } = this;
    setImmediate(() => this.pieces === pieces && this.kill('silent'));
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.kill('interrupted');
  }

  private kill(why: Stop): void {
    if (this.stop) return;
    this.stop = why;
    this.silence.stop();
    this.time.stop();
    this.stopped = this.killAndTell(why);
  }

  private async killAndTell(why: Stop): Promise<void> {
    const told = this.options.onStop(why).catch((error: unknown) => void (this.failure ??= { error }));
    await killAll(this.child.pid, this.mark, this.options.killAfterMs ?? 5000);
    this.outputEnd.hurry();
    await told;
  }
}

type Exit = Pick<ProcessEnd, 'status' | 'signal' | 'error'>;

/** How it has ended, once there is no more output of it to come. */
function exitOf(child: ChildProcess, outputEnd: OutputEnd): Promise<Exit> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ status: null, signal: null, error }));
    child.on('exit', (status, signal) => {
      outputEnd.begin();
      child.on('close', () => resolve({ status, signal, error: null }));
    });
    outputEnd.onGivenUp = () => resolve({ status: null, signal: null, error: null });
  });
}
