import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { bbctl } from '../cli.js';
import { createRepository, type GitRepository } from '../git-repository.js';
import type { Scope } from '../scope.js';
import type { ChaosDatabase } from './chaos-database.js';
import { ChaosLog } from './chaos-log.js';
import { ChaosMaster } from './chaos-master.js';
import { clusterText, toggled } from './cluster-text.js';
import type { Ground } from './faults.js';
import { Proxy } from './proxy.js';
import { Random } from './random.js';

export interface StageOptions {
  readonly database: ChaosDatabase;
  readonly seed: number;
  readonly masters: number;
  /** What is kept of the run: logs and configurations. */
  readonly dir: string;
}

export interface Stage {
  readonly log: ChaosLog;
  readonly masters: readonly ChaosMaster[];
  readonly repository: GitRepository;
  readonly ground: Ground;
  readonly complaints: string[];
  /** Gives all of them the same configuration, in which everything is. */
  readonly unite: () => void;
}

const names = ['red', 'green', 'blue', 'white', 'black'];

/** Everything that takes part, not started yet. */
export async function setStage(scope: Scope, options: StageOptions): Promise<Stage> {
  const { database, dir, seed } = options;
  mkdirSync(dir, { recursive: true });
  const log = new ChaosLog(join(dir, 'chaos.log'));
  const repository = createRepository(scope);
  repository.git('config', 'gc.auto', '0');
  const keys = names.slice(0, options.masters);
  const proxies = await openProxies(scope, keys, database);
  const masters = keys.map((key) => new ChaosMaster({ key, dir: join(dir, key), url: proxies.get(key)?.url ?? database.url, log })); // prettier-ignore
  scope.teardown(async () => void (await Promise.all(masters.map((master) => master.kill()))));
  const complaints: string[] = [];
  const extras = new Map<string, boolean>();
  const configure = (master: ChaosMaster, withExtra: boolean): void => {
    extras.set(master.key, withExtra);
    master.configure(clusterText(keys, repository.path, withExtra));
  };
  const ground: Ground = {
    random: new Random(seed),
    proxies,
    server: database.server,
    lock: database.engine === 'sqlite' ? (ms) => holdWriteLock(database.url, ms) : undefined,
    reconfigure: (master) => configure(master, !extras.get(master.key)),
    enable: (isEnabled) => enable(database.url, isEnabled, log),
    complain(text) {
      log.say('complaint', { text });
      complaints.push(text);
    },
  };
  const unite = (): void => masters.forEach((master) => configure(master, true));
  unite();
  return { log, masters, repository, ground, complaints, unite };
}

async function openProxies(scope: Scope, keys: readonly string[], { engine, url }: ChaosDatabase): Promise<Map<string, Proxy>> {
  if (engine === 'sqlite') return new Map();
  const proxies = new Map<string, Proxy>();
  for (const key of keys) {
    const proxy = await Proxy.open(url);
    proxies.set(key, proxy);
    scope.teardown(() => proxy.close());
  }
  return proxies;
} // prettier-ignore

/** Somebody else who writes for long. */
async function holdWriteLock(url: string, ms: number): Promise<void> {
  const location = parseDatabaseUrl(url);
  if (location.engine !== 'sqlite') return;
  const database = new Sqlite(location.file, { timeout: 5000 });
  try {
    database.exec('BEGIN IMMEDIATE');
    await pause(ms);
    database.exec('ROLLBACK');
  } finally {
    database.close();
  }
}

/** A person's command, which may find the database away. */
async function enable(url: string, isEnabled: boolean, log: ChaosLog): Promise<void> {
  for (let tries = 1; tries <= 10; tries++) {
    const { status, stderr } = await bbctl(['services', isEnabled ? 'enable' : 'disable', toggled, '--yes'], { db: url }); // prettier-ignore
    log.say(isEnabled ? 'enabled' : 'disabled', { status, stderr });
    if (status === 0) return;
    await pause(1000);
  }
}
