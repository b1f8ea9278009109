import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../scope.js';
import type { ChaosDatabase } from './chaos-database.js';
import { ChaosLog } from './chaos-log.js';
import { ChaosMaster } from './chaos-master.js';
import type { Ground } from './faults.js';
import { enable, holdWriteLock } from './others.js';
import { Proxy } from './proxy.js';
import { Random } from '../random.js';

export interface StageOptions {
  readonly database: ChaosDatabase;
  readonly seed: number;
  readonly masters: number;
  /** What is kept of the run: logs and configurations. */
  readonly dir: string;
}

/** The `cluster.yaml` of these masters, with the scheduler that comes and goes or without it. */
export type ClusterText = (masters: readonly string[], withExtra: boolean) => string;

export interface Stage {
  readonly log: ChaosLog;
  readonly masters: readonly ChaosMaster[];
  readonly ground: Ground;
  readonly complaints: string[];
  /** Gives all of them the same configuration, in which everything is. */
  readonly unite: () => void;
}

const names = ['red', 'green', 'blue', 'white', 'black'];

export function masterNames(count: number): string[] {
  return names.slice(0, count);
}

/** Everything that takes part, not started yet. */
export async function setStage(scope: Scope, options: StageOptions, text: ClusterText): Promise<Stage> {
  const { database, dir } = options;
  mkdirSync(dir, { recursive: true });
  const log = new ChaosLog(join(dir, 'chaos.log'));
  const keys = masterNames(options.masters);
  const proxies = await openProxies(scope, keys, database);
  const masters = keys.map((key) => new ChaosMaster({ key, dir: join(dir, key), url: proxies.get(key)?.url ?? database.url, log })); // prettier-ignore
  scope.teardown(async () => void (await Promise.all(masters.map((master) => master.kill()))));
  const complaints: string[] = [];
  const configure = configurator(keys, text);
  const unite = (): void => masters.forEach((master) => configure(master, 'whole'));
  unite();
  const ground = { ...groundOf(options, log, complaints), proxies, reconfigure: (master: ChaosMaster) => configure(master, 'other') }; // prettier-ignore
  return { log, masters, ground, complaints, unite };
}

function groundOf({ database, seed }: StageOptions, log: ChaosLog, complaints: string[]): Omit<Ground, 'proxies' | 'reconfigure'> {
  return {
    random: new Random(seed),
    server: database.server,
    lock: database.engine === 'sqlite' ? (ms) => holdWriteLock(database.url, ms) : undefined,
    enable: (isEnabled) => enable(database.url, isEnabled, log),
    complain(text) {
      log.say('complaint', { text });
      complaints.push(text);
    },
  };
} // prettier-ignore

/** `other`: with the scheduler that comes and goes, or without it, whichever the master has not now. */
function configurator(keys: readonly string[], text: ClusterText) {
  const whole = new Map<string, boolean>();
  return (master: ChaosMaster, which: 'whole' | 'other'): void => {
    const withExtra = which === 'whole' || !whole.get(master.key);
    whole.set(master.key, withExtra);
    master.configure(text(keys, withExtra));
  };
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
