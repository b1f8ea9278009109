import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { exited, isRunning, launch } from '../buildbot/process.js';
import { epoch, type ChaosLog } from './chaos-log.js';

export interface ChaosMasterOptions {
  readonly key: string;
  /** Its own: configuration, log, copies of repositories. */
  readonly dir: string;
  readonly url: string;
  readonly log: ChaosLog;
}

/** A real process of `bbctl master run`, which a supervisor starts again when it ends by itself. */
export class ChaosMaster {
  readonly key: string;
  readonly logFile: string;
  /** When its processes have ended; epoch seconds. */
  readonly ends: number[] = [];
  endedByItself = 0;
  /** One fault at a time. */
  isTaken = false;
  private readonly options: ChaosMasterOptions;
  private child: ChildProcess | undefined;
  private isWanted = false;

  constructor(options: ChaosMasterOptions) {
    this.options = options;
    this.key = options.key;
    this.logFile = join(options.dir, 'master.log');
    mkdirSync(options.dir, { recursive: true });
  }

  configure(text: string): void {
    writeFileSync(this.configFile, text);
  }

  start(): void {
    const { dir, url } = this.options;
    this.isWanted = true;
    const output = openSync(this.logFile, 'a');
    const run = ['master', 'run', '--config', this.configFile, '--name', this.key, '--db', url];
    const args = [join(process.cwd(), 'bin', 'run.js'), ...run, '--work-dir', join(dir, 'work'), '--log-format', 'json']; // prettier-ignore
    const child = launch(process.execPath, args, { cwd: dir, env: { PATH: process.env['PATH'], HOME: dir, LANG: 'C.UTF-8' }, stdio: ['ignore', output, output] }); // prettier-ignore
    closeSync(output);
    this.child = child;
    child.once('exit', (code, signal) => void this.ended(code, signal));
  }

  async kill(): Promise<void> {
    this.isWanted = false;
    await this.ending('SIGKILL');
  }

  /** In order. `false`: it did not end in time, and was killed. */
  terminate(withinMs: number): Promise<boolean> {
    return this.leave(withinMs, ['SIGTERM']);
  }

  /** Told so by these signals, one after the other, or otherwise. `false`: it did not end in order, or in time. */
  async leave(withinMs: number, signals: readonly NodeJS.Signals[]): Promise<boolean> {
    this.isWanted = false;
    if (!this.child || !isRunning(this.child)) return true;
    for (const signal of signals) {
      this.child.kill(signal);
      await pause(200);
    }
    const isEnded = await Promise.race([exited(this.child).then(() => true), pause(withinMs, false, { ref: false })]);
    if (!isEnded) await this.kill();
    // Who had not begun to listen to signals had not begun at all.
    const hasNotBegun = signals.some((signal) => signal === this.child?.signalCode);
    return isEnded && (this.child.exitCode === 0 || hasNotBegun);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void {
    if (this.child && isRunning(this.child)) this.child.kill(signal);
  }

  private get configFile(): string {
    return join(this.options.dir, 'cluster.yaml');
  }

  private async ending(signal: NodeJS.Signals): Promise<void> {
    if (!this.child) return;
    this.child.kill(signal);
    await exited(this.child);
  }

  private async ended(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    this.ends.push(epoch());
    this.options.log.say('ended', { master: this.key, code, signal, byItself: this.isWanted });
    if (!this.isWanted) return;
    this.endedByItself++;
    await pause(1000);
    if (this.isWanted) this.start();
  }
}
