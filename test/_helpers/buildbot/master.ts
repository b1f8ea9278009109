import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createMasterDirectory, writeSettings, type Settings } from './directory.js';
import { exited, isRunning, launch, run } from './process.js';
import { until } from './until.js';

export interface MasterOptions {
  /** The directory of the test, which the masters, their home and the stub of the web front end share. */
  home: string;
  environment: Readonly<Record<string, string>>;
  /** Of the directory; the name in `masters` is made of it. */
  name: string;
  settings: Settings;
}

export interface Forced {
  buildsetId: number;
  requestId: number;
}

export interface Master {
  /** As in the `masters` table. */
  readonly name: string;
  readonly dir: string;
  pid(): number;
  start(): Promise<void>;
  startWithoutWaiting(): void;
  running(): Promise<void>;
  /** Takes effect with the next start. */
  configure(settings: Partial<Settings>): Promise<void>;
  reconfig(settings?: Partial<Settings>): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  kill9(): Promise<void>;
  stop(): Promise<void>;
  upgradeMaster(): Promise<string>;
  /** Compresses the chunks of all logs anew. */
  cleanUpDatabase(): Promise<string>;
  /** Of its web server. */
  url(): string;
  rest(path: string, init?: RequestInit): Promise<unknown>;
  force(builder: string): Promise<Forced>;
  /** Of this start, not of those before. */
  log(): string;
}

// As `buildbot start` does it, but in the foreground: the process is our child, and seen to be gone.
const TWISTD = [
  '-c',
  'from twisted.scripts import twistd; twistd.run()',
  '--nodaemon',
  '--no_save',
  '--logfile=twistd.log',
  '--python=buildbot.tac',
];

export async function createMaster(options: MasterOptions): Promise<Master> {
  const dir = join(options.home, options.name);
  await createMasterDirectory(options.home, dir, options.settings);
  return new MasterProcess(dir, options);
}

class MasterProcess implements Master {
  readonly name: string;
  readonly dir: string;
  readonly #environment: Readonly<Record<string, string>>;
  #settings: Settings;
  #process: ChildProcess | undefined;
  #logStart = 0;

  constructor(dir: string, options: MasterOptions) {
    this.dir = dir;
    this.name = `${hostname()}:${dir}`;
    this.#settings = options.settings;
    this.#environment = options.environment;
  }

  pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error(`${this.name} was not started`);
    return pid;
  }

  startWithoutWaiting(): void {
    this.#logStart = this.#wholeLog().length;
    this.#process = launch('/usr/bin/python3', TWISTD, { cwd: this.dir, env: this.#environment, stdio: 'ignore' });
  }

  async start(): Promise<void> {
    this.startWithoutWaiting();
    await this.running();
  }

  async running(): Promise<void> {
    await this.#logged(/BuildMaster is running/, 0, /BuildMaster startup failed|Halting master/);
  }

  async configure(settings: Partial<Settings>): Promise<void> {
    this.#settings = { ...this.#settings, ...settings };
    await writeSettings(this.dir, this.#settings);
  }

  async reconfig(settings: Partial<Settings> = {}): Promise<void> {
    await this.configure(settings);
    const since = this.log().length;
    this.signal('SIGHUP');
    await this.#logged(/configuration update complete/, since, /configuration update (aborted|partially)/);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#process === undefined) return;
    this.signal(signal);
    await exited(this.#process);
  }

  upgradeMaster(): Promise<string> {
    return run('buildbot', ['upgrade-master', this.dir], { cwd: this.dir, env: this.#environment });
  }

  cleanUpDatabase(): Promise<string> {
    return run('buildbot', ['cleanupdb', '--force', this.dir], { cwd: this.dir, env: this.#environment });
  }

  url(): string {
    return `http://127.0.0.1:${this.#port()}/`;
  }

  async rest(path: string, init?: RequestInit): Promise<unknown> {
    const response = await fetch(`${this.url()}api/v2/${path}`, init);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }

  async force(builder: string): Promise<Forced> {
    const params = { builderNames: [builder], reason: 'test', username: 'A <a@b.invalid>' };
    const answer = (await this.rest('forceschedulers/force', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'force', params }),
    })) as { result: [number, Record<string, number>] };
    const [buildsetId, requestIds] = answer.result;
    const requestId = Object.values(requestIds)[0];
    if (requestId === undefined) throw new Error(`${builder} was not forced: ${JSON.stringify(answer)}`);
    return { buildsetId, requestId };
  }

  log(): string {
    return this.#wholeLog().slice(this.#logStart);
  }

  #wholeLog(): string {
    try {
      return readFileSync(join(this.dir, 'twistd.log'), 'utf8');
    } catch {
      return '';
    }
  }

  #port(): string {
    // Somebody else may have started it anew.
    const port = [...this.log().matchAll(/BuildbotSite starting on (\d+)/g)].at(-1)?.[1];
    if (port === undefined) throw new Error(`${this.name} does not listen`);
    return port;
  }

  async #logged(wanted: RegExp, since: number, failure: RegExp): Promise<void> {
    await until(`${this.name} logs ${wanted.source}`, () => {
      const log = this.log().slice(since);
      if (wanted.test(log)) return true;
      if (failure.test(log) || !this.#process || !isRunning(this.#process))
        throw new Error(`${this.name}:\n${log.slice(-2000)}`);
      return false;
    });
  }
}
