// Two masters, of Buildbot's kind or of bbctl's, of which one takes the place of the other while everything goes on.
import type { ExecutionContext } from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSite, databaseUrl, type Queryable, type Site } from '../buildbot.js';
import { createRepository } from '../buildbot/repository.js';
import { startWorker } from '../buildbot/worker.js';
import { bbctl, startBbctl, type RunningCli } from '../cli.js';
import { countingEnv, countingStep } from '../counting/counted-cluster.js';
import { emptyDatabase, type EngineName, type TestDatabase } from '../database.js';
import { startHaproxy, type Haproxy } from '../haproxy.js';
import { Asking } from './asking.js';
import { buildbotChoices, clusterFile, token } from './cluster-file.js';
import { sideOf, type Key, type Kind, type Side } from './sides.js';

/** May be one that a test restarts. */
export type SceneDatabase = Queryable & Pick<TestDatabase, 'url'>;

export interface UpgradeScene {
  readonly t: ExecutionContext;
  readonly db: SceneDatabase;
  readonly site: Site;
  /** The `cluster.yaml`. */
  readonly file: string;
  readonly sides: Readonly<Record<Key, Side>>;
  /** `null`: no Buildbot is there, to which workers would connect. */
  readonly haproxy: Haproxy | null;
  /** Of which there should be one change each. */
  readonly commits: readonly string[];
  readonly asking: Asking;
  /** Where the builds say what they do. */
  readonly record: string;
  /** The workers of blue, by way of HAProxy. */
  connectRoving(): Promise<void>;
  /** The worker of green: it tries again and again, ever more rarely. */
  connectFresh(): Promise<void>;
  commit(message: string): Promise<void>;
  bbctl(...words: string[]): RunningCli;
}

export type Kinds = Readonly<Record<Key, Kind>>;

/** They reach whoever lives by way of HAProxy; `lonely` has only the first, `slow` only `heavy`. */
const roving = ['roving', 'heavy'];
/** Is connected to green from the beginning on, so that `tally` has a worker there while blue drains. */
const fresh = 'fresh';
const password = 'secret';
const longestMs = 240_000;

/** Nothing runs yet but HAProxy, and the tables are made. */
export async function upgradeScene(t: ExecutionContext, engine: EngineName, kinds: Kinds, own?: SceneDatabase): Promise<UpgradeScene> {
  const db = own ?? (await databaseOf(t, engine));
  const site = await createSite(t, databaseUrl(db, engine), commonChoices);
  const at = (name: string): string => join(site.home, name);
  const [file, record] = [at('cluster.yaml'), at('record')];
  for (const [name, text] of Object.entries({ record: '', 'step.sh': countingStep, token })) writeFileSync(at(name), text);
  const repository = await createRepository(site.home);
  const choices = { countingEnv: countingEnv(record), countingStep: at('step.sh'), repository: repository.url };
  const ground = { t, site, file, choices };
  const sides = { blue: await sideOf(ground, 'blue', kinds.blue), green: await sideOf(ground, 'green', kinds.green) };
  const settings = { repository: repository.url, gate: site.gate, step: at('step.sh'), env: countingEnv(record) };
  writeFileSync(file, clusterFile({ ...settings, database: db.url, tokenFile: at('token'), sides: Object.values(sides) }));
  const haproxy = await haproxyOf(t, site.home, sides);
  if (!haproxy) await bbctl(['db', 'init', '--yes'], { db: db.url });
  const connect = async (name: string, port: number): Promise<void> => {
    const worker = await startWorker({ home: site.home, name, password, port });
    t.teardown(() => worker.kill9());
  };
  const asking = new Asking({ db, token, sides });
  t.teardown(() => asking.stop());
  const commits: string[] = [];
  return {
    t, db, site, file, sides, haproxy, asking, record, commits,
    connectRoving: async () => void (await Promise.all(haproxy ? roving.map((name) => connect(name, haproxy.port)) : [])),
    connectFresh: () => (sides.green.workerPort === 0 ? Promise.resolve() : connect(fresh, sides.green.workerPort)),
    commit: (message) => (commits.push(message), repository.commit(message)),
    bbctl: (...words) => startBbctl([...words, '--config', file], { db: db.url, home: site.home, timeoutMs: longestMs }),
  };
} // prettier-ignore

async function databaseOf(t: ExecutionContext, engine: EngineName): Promise<TestDatabase> {
  const db = await emptyDatabase(engine);
  t.teardown(() => db.close());
  return db;
}

const commonChoices = {
  ...buildbotChoices,
  heavyPassword: password,
  countingWorkers: [...roving.slice(0, 1), fresh],
  // A minute with Buildbot, and a new master is believed to live when its heart has beaten twice.
  heartbeatSeconds: 2,
  // Another Buildbot master takes a free service when it next asks for it: every 5 minutes, which no test waits for.
  servicePollSeconds: 2,
};

/** In front of the Buildbot masters, if there are any. */
async function haproxyOf(t: ExecutionContext, home: string, sides: Readonly<Record<Key, Side>>): Promise<Haproxy | null> {
  const servers = Object.values(sides).filter(({ kind }) => kind === 'buildbot');
  if (servers.length === 0) return null;
  return startHaproxy(t, home, Object.fromEntries(servers.map(({ key, workerPort }) => [key, workerPort])));
} // prettier-ignore
