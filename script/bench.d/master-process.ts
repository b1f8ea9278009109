import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bbctl, run } from './process.js';

export interface MasterConfig {
  url: string;
  expireAfter: string;
  /** So many builders, and periodic schedulers that fire once a day. */
  services: number;
}

/** Two masters on a database that is made for them; returns the cluster.yaml. */
export async function prepareMasters(dir: string, { url, expireAfter, services }: MasterConfig): Promise<string> {
  const each = (line: (i: number) => string): string[] => Array.from({ length: services }, (_, i) => line(i));
  return prepareCluster(dir, url, [
    `expireAfter: ${expireAfter}`,
    'masters: {blue: {name: blue}, green: {name: green}}',
    'workers: {local: {local: true}}',
    'builders:',
    ...each((i) => `  b${i}: {workers: [local], steps: [{shell: make}]}`),
    'schedulers:',
    ...each((i) => `  s${i}: {type: periodic, every: 1d, builders: [b${i}]}`),
  ]);
}

/** A cluster.yaml of these lines, on a database that is made for it; returns the file. */
export async function prepareCluster(dir: string, url: string, lines: readonly string[]): Promise<string> {
  await run(bbctl(dir, ['db', 'init', '--yes', '--db', url]));
  const folder = join(dir, 'masters');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'cluster.yaml');
  writeFileSync(file, [`database: "${url}"`, ...lines, ''].join('\n'));
  return file;
}

interface Line {
  readonly time: string;
  readonly message: string;
}

/** A master that runs, and the times (epoch ms) of what its log says. */
export class MasterProcess {
  private readonly child;
  private readonly lines: Line[] = [];
  private readonly heard = new Set<() => void>();
  private readonly ended: Promise<unknown>;

  /** `more`: of its environment. */
  constructor(dir: string, config: string, name: string, more: NodeJS.ProcessEnv = {}) {
    const args = ['master', 'run', '--config', config, '--name', name, '--log-format', 'json'];
    const { program, args: all, env } = bbctl(dir, args);
    this.child = spawn(program, all, { env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'inherit'] });
    running.add(this);
    this.ended = new Promise((resolve) => this.child.once('exit', resolve)).then(() => running.delete(this));
    createInterface(this.child.stdout).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
      for (const look of this.heard) look();
    });
  }

  /** When it said so for the `nth` time. */
  said(message: string, nth = 1): Promise<number> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const line = this.lines.filter((one) => one.message === message)[nth - 1];
        if (!line) return;
        this.heard.delete(look);
        resolve(Date.parse(line.time));
      };
      this.heard.add(look);
      look();
      void this.ended.then(() => reject(new Error(`a master ended without "${message}"`)));
    });
  }

  /** When it has said so until now. */
  times(message: string): number[] {
    return this.lines.filter((one) => one.message === message).map(({ time }) => Date.parse(time));
  }

  /** What it has said until now is of no interest any more. */
  forget(): void {
    this.lines.length = 0;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }
}

const running = new Set<MasterProcess>();

export async function endMasters(): Promise<void> {
  await Promise.all([...running].map((one) => one.end('SIGKILL')));
}
