// Real Buildbot 3.7.0 masters, as Debian packages them.
import test, { type ExecutionContext } from 'ava';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWebStub, type Settings } from './buildbot/directory.js';
import { createMaster, type Master } from './buildbot/master.js';
import { cleanEnvironment } from './buildbot/process.js';
import { createRepository, type Repository } from './buildbot/repository.js';
import { emptyDatabase, engines, type EngineName, type TestDatabase } from './database.js';
import { isSkipped } from './skip.js';

export * from './buildbot/records.js';
export { until } from './buildbot/until.js';
export { createMaster, type Forced, type Master, type MasterOptions } from './buildbot/master.js';

export type ServerEngine = 'postgres' | 'myisam' | 'innodb';
export type Choices = Partial<Omit<Settings, 'databaseUrl' | 'gate'>>;

/** A scenario with real masters, one after the other: each of them keeps the processors busy. */
export function realTest(engine: EngineName, title: string, scenario: (t: ExecutionContext) => Promise<void>): void {
  if (isSkipped('buildbot') || !engines.includes(engine)) test.skip(title, scenario);
  else {
    test.serial(title, async (t) => {
      t.timeout(SCENARIO_TIMEOUT_MS);
      await scenario(t);
    });
  }
}

/** A directory for masters of one database; all of it is gone when the test ends, however it ends. */
export interface Site {
  home: string;
  gate: string;
  /** In which a Buildbot master runs. */
  environment: Readonly<Record<string, string>>;
  addMaster: (name: string, choices?: Choices) => Promise<Master>;
  /** Lets the builds of `slow` end. */
  openGate: () => Promise<void>;
  /** Lets the later ones wait. */
  closeGate: () => Promise<void>;
  close: () => Promise<void>;
}

export interface BuildbotCluster extends Site {
  db: TestDatabase;
  a: Master;
  b: Master;
  repository: Repository;
}

const SCENARIO_TIMEOUT_MS = 240_000;
const DEFAULTS = {
  repository: null,
  servicePollSeconds: 300,
  claimsAfter: null,
  heartbeatSeconds: 60,
  periodSeconds: 0,
  everyMinute: false,
  treeStableSeconds: null,
  tickWorker: 'light',
  heavyPassword: null,
  workerPort: 0,
  webPort: 0,
  countingWorkers: [],
  countingEnv: {},
  countingStep: '',
  spareBuilders: 0,
  renamed: {},
  building: false,
  withoutBuilders: [],
};

export async function createSite(t: ExecutionContext, databaseUrl: string, common: Choices = {}): Promise<Site> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'bbctl-buildbot-')));
  const gate = join(home, 'gate');
  const masters: Master[] = [];
  const close = async () => {
    await Promise.all(masters.map((master) => master.kill9()));
    // The steps of killed masters live on; they end when their gate is gone.
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  t.teardown(close);
  await mkdir(gate);
  const environment = cleanEnvironment(home, { PYTHONPATH: await createWebStub(home) });
  return {
    home,
    gate,
    environment,
    close,
    async addMaster(name, choices = {}) {
      const settings = { ...DEFAULTS, ...common, ...choices, databaseUrl, gate };
      const master = await createMaster({ home, environment, name, settings });
      masters.push(master);
      return master;
    },
    openGate: () => writeFile(join(gate, 'open'), ''),
    closeGate: () => rm(join(gate, 'open')),
  };
}

/** Two masters, not started: whoever is started first holds the services. */
export async function createCluster(
  t: ExecutionContext,
  engine: ServerEngine,
  choices: Choices = {},
): Promise<BuildbotCluster> {
  const db = await emptyDatabase(engine);
  t.teardown(() => db.close());
  const site = await createSite(t, databaseUrl(db, engine), choices);
  const repository = await createRepository(site.home);
  const common = { repository: repository.url };
  const a = await site.addMaster('a', common);
  const b = await site.addMaster('b', common);
  return { ...site, db, a, b, repository };
}

/** Buildbot makes MyISAM tables unless it is told otherwise. */
export function databaseUrl(db: Pick<TestDatabase, 'url'>, engine: EngineName): string {
  return engine === 'innodb' ? `${db.url}?storage_engine=InnoDB` : db.url;
}
