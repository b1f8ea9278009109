import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandOf, killGroup, killTree } from './process-tree.js';
import type { TestFile, TestFiles } from './test-files.js';

/** All in ms. */
export interface Limits {
  /** For one test file. */
  file: number;
  /** For a process to end after the test file that has started it. */
  left: number;
  /** Without a line of output while no test file runs. */
  silence: number;
  /** For the whole run. */
  run: number;
}

export interface Ending {
  status: number;
  /** What had to be ended by force, a sentence each. */
  problems: string[];
}

type Ava = ChildProcessByStdio<null, Readable, null>;

/**
 * Runs AVA to its end, whatever a test does: a file that hangs is killed alone, so that AVA names it and goes on. In a
 * process group of its own, so that nothing a test has started outlives the run.
 */
export async function supervise(
  command: readonly string[],
  files: TestFiles,
  limits: Limits,
  onLine: (line: string) => void,
): Promise<Ending> {
  const [program = '', ...args] = command;
  const ava = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const watch = new Watch(ava, files, limits);
  const timer = setInterval(() => watch.look(Date.now()), 500);
  const output = readLines(ava.stdout, (line) => {
    watch.heard(Date.now());
    onLine(line);
  });
  try {
    const status = await exitOf(ava);
    clearInterval(timer);
    // Who left the group may hold the pipe open for ever.
    await Promise.race([output, sleep(limits.left, undefined, { ref: false })]);
    return { status, problems: watch.problems };
  } finally {
    clearInterval(timer);
    ava.stdout.destroy();
    files.refresh(Date.now());
  }
}

class Watch {
  readonly problems: string[] = [];
  private readonly began = Date.now();
  private lastSign = Date.now();
  private readonly ava: Ava;
  private readonly files: TestFiles;
  private readonly limits: Limits;

  constructor(ava: Ava, files: TestFiles, limits: Limits) {
    this.ava = ava;
    this.files = files;
    this.limits = limits;
  }

  heard(now: number): void {
    this.lastSign = now;
  }

  look(now: number): void {
    const { file, left, silence, run } = this.limits;
    this.files.refresh(now);
    if (this.files.running().length > 0) this.lastSign = now;
    for (const { name, pid } of this.files.running().filter(({ began }) => now - began > file)) {
      this.problem(`${name} did not end within ${seconds(file)}`);
      killTree(pid);
    }
    for (const test of this.files.leaving().filter(({ ended = now }) => now - ended > left)) this.endRest(test);
    if (now - this.lastSign > silence) this.end(`AVA did not end, though nothing had happened for ${seconds(silence)}`);
    else if (now - this.began > run) this.end(`the tests did not end within ${seconds(run)}; ${this.whatRuns()}`);
  }

  private endRest(test: TestFile): void {
    const commands = test.left.map(commandOf).filter((command) => command !== undefined);
    if (commands.length > 0) this.problem(`${test.name} left processes running: ${commands.join('; ')}`);
    test.left.forEach(killTree);
    test.left = [];
  }

  private end(problem: string): void {
    this.problem(problem);
    killTree(this.ava.pid ?? 0);
  }

  /** Once: what is killed may take a moment to be gone. */
  private problem(text: string): void {
    if (!this.problems.includes(text)) this.problems.push(text);
  }

  private whatRuns(): string {
    const names = this.files.running().map(({ name }) => name);
    return names.length > 0 ? `still running: ${names.join(', ')}` : 'none was running';
  }
}

const seconds = (ms: number) => `${ms / 1000} s`;

async function readLines(input: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input })) onLine(line);
}

function exitOf(ava: Ava): Promise<number> {
  const group = ava.pid ?? 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => killGroup(group, 'SIGTERM'));
  return new Promise<number>((resolve, reject) => {
    ava.once('error', reject);
    ava.once('exit', (code) => {
      killGroup(group, 'SIGKILL');
      resolve(code ?? 1);
    });
  });
}
