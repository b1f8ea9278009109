// One cluster of a real Buildbot master and two masters of bbctl's own, which name the same schedulers and change source.
import type { ExecutionContext } from 'ava';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { age, createSite, databaseUrl, until, type Choices, type Master, type ServerEngine } from './buildbot.js';
import { createRepository, type Repository } from './buildbot/repository.js';
import { bbctl, type CliResult } from './cli.js';
import { emptyDatabase, type TestDatabase } from './database.js';
import { startMasterProcess, type MasterProcess } from './master-process.js';

export const periodSeconds = 5;
const treeStableSeconds = 3;
/** A Buildbot master declares others dead after ten minutes. */
const longAgoSeconds = 700;

export type Key = 'real' | 'blue' | 'green';
type OwnKey = Exclude<Key, 'real'>;

/** What both kinds of masters configure. */
export const shared = ['nightly', 'on-commit', 'periodic', 'poller'] as const;
/** What only bbctl's masters do. */
export const own = ['own', 'own-branch', 'own-poller'] as const;

export interface MixedCluster {
  readonly t: ExecutionContext;
  readonly db: TestDatabase;
  readonly real: Master;
  /** The directory of all that runs. */
  readonly home: string;
  /** The directory in which builds of `slow` look for the file `open`. */
  readonly gate: string;
  /** Polled by `poller`. */
  readonly repository: Repository;
  /** Polled by `own-poller`. */
  readonly ownRepository: Repository;
  readonly openGate: () => Promise<void>;
  readonly closeGate: () => Promise<void>;
  /** Of masters of bbctl's own. */
  start(key: OwnKey): MasterProcess;
  /** Every one that was ever started. */
  readonly processes: readonly MasterProcess[];
  /** What `cluster.yaml` says from now on: whether and where the real master can be woken. */
  configure(wake: boolean): void;
  bbctl(...args: string[]): Promise<CliResult>;
  /** As if a killed master had been silent for longer than ten minutes. */
  age(key: Key): Promise<void>;
}

/** What a cluster has beside, or instead of, the schedulers and change sources that all share. */
export interface Flavour {
  /** Of the real master's configuration. */
  readonly choices: Choices;
  /** Of `cluster.yaml`: top-level keys, given the directory of all, and where the gate of `slow` is. */
  readonly file: (home: string, gate: string) => object;
  /** Of the section of each master of bbctl's own. */
  readonly section: object;
}

export async function mixedCluster(
  t: ExecutionContext,
  engine: ServerEngine,
  flavour?: Flavour,
): Promise<MixedCluster> {
  const db = await emptyDatabase(engine);
  t.teardown(() => db.close());
  const site = await createSite(t, databaseUrl(db, engine), { periodSeconds, treeStableSeconds, everyMinute: true, tickWorker: 'ticker', servicePollSeconds: 1, heartbeatSeconds: 2, ...flavour?.choices }); // prettier-ignore
  const [repository, ownRepository] = [await repositoryIn(site.home, 'shared'), await repositoryIn(site.home, 'own')];
  const real = await site.addMaster('real', { repository: repository.url });
  const file = join(site.home, 'cluster.yaml');
  const processes: MasterProcess[] = [];
  const start: MixedCluster['start'] = (key) => {
    const started = startMasterProcess(t, { file, key, home: site.home });
    processes.push(started);
    return started;
  };
  const nameOf = (key: Key): string => (key === 'real' ? real.name : key);
  return {
    t, db, real, repository, ownRepository,
    home: site.home,
    gate: site.gate,
    openGate: site.openGate,
    closeGate: site.closeGate,
    start,
    processes,
    configure(wake) {
      const control = wake ? { wake: { http: real.url() } } : {};
      writeFileSync(file, JSON.stringify({ database: db.url, ...settings(repository.url, ownRepository.url), ...flavour?.file(site.home, site.gate), masters: { blue: { name: 'blue', ...flavour?.section }, green: { name: 'green', ...flavour?.section }, real: { kind: 'buildbot', name: real.name, control } } })); // prettier-ignore
    },
    bbctl: (...args) => bbctl([...args, '--config', file], { db: db.url, home: site.home }),
    age: (key) => age(db, { name: nameOf(key) }, longAgoSeconds),
  }; // prettier-ignore
}

async function repositoryIn(home: string, name: string): Promise<Repository> {
  const folder = join(home, name);
  mkdirSync(folder);
  return createRepository(folder);
}

/** The builders, workers and the force scheduler are the real master's. */
function settings(repository: string, ownRepository: string): object {
  const poller = { type: 'git-poller', branches: ['main'], every: '2s' };
  return {
    expireAfter: '5s',
    complete: true,
    builders: { slow: {}, quick: {}, tick: {} },
    workers: { heavy: {}, light: {}, ticker: {} },
    schedulers: {
      force: {},
      nightly: { type: 'nightly', cron: '* * * * *', builders: ['quick'] },
      'on-commit': { type: 'any-branch', builders: ['quick'], treeStableTimer: `${treeStableSeconds}s` },
      periodic: { type: 'periodic', every: `${periodSeconds}s`, builders: ['tick'] },
      own: { type: 'periodic', every: '1h', builders: ['slow'] },
      'own-branch': { type: 'single-branch', branches: ['main'], builders: ['tick'] },
    },
    changeSources: { poller: { ...poller, repository }, 'own-poller': { ...poller, repository: ownRepository } },
  };
}

/** Service → who holds it. */
export async function holders({ db, real }: MixedCluster): Promise<Record<string, Key>> {
  const rows = await db.query(
    'SELECT s.name AS service, m.name AS master FROM scheduler_masters c JOIN schedulers s ON s.id = c.schedulerid JOIN masters m ON m.id = c.masterid ' +
      'UNION ALL ' +
      'SELECT s.name, m.name FROM changesource_masters c JOIN changesources s ON s.id = c.changesourceid JOIN masters m ON m.id = c.masterid',
  );
  const keyOf = (name: unknown): Key => (name === real.name ? 'real' : (name as Key));
  const held = rows.map(({ service, master }) => [String(service), keyOf(master)] as const);
  return Object.fromEntries(held.filter(([service]) => service !== 'force'));
}

/** All of these are held by some of those, and nothing is held by anybody else. */
export function untilHeld(c: MixedCluster, services: readonly string[], by: readonly Key[]): Promise<Record<string, Key>> {
  return until(`${by.join(' and ')} hold ${services.join(', ')}`, async () => {
    const held = await holders(c);
    return services.every((service) => by.includes(held[service] as Key)) && held;
  });
} // prettier-ignore

export interface RecordedChange {
  readonly id: number;
  readonly stamp: number;
  readonly comments: string;
}

export async function readChanges({ db }: Pick<MixedCluster, 'db'>): Promise<RecordedChange[]> {
  const rows = await db.query('SELECT changeid, sourcestampid, comments FROM changes ORDER BY changeid');
  return rows.map((row) => ({ id: Number(row.changeid), stamp: Number(row.sourcestampid), comments: String(row.comments) })); // prettier-ignore
}

export interface RecordedBuildset {
  readonly id: number;
  readonly at: number;
  readonly complete: boolean;
  readonly stamp: number;
}

/** What a scheduler has asked for, oldest first. */
export async function buildsetsOf({ db }: Pick<MixedCluster, 'db'>, scheduler: string): Promise<RecordedBuildset[]> {
  const rows = await db.query(
    'SELECT b.id AS id, b.submitted_at AS at, b.complete AS complete, s.sourcestampid AS stamp FROM buildsets b ' +
      'JOIN buildset_properties p ON p.buildsetid = b.id JOIN buildset_sourcestamps s ON s.buildsetid = b.id ' +
      "WHERE p.property_name = 'scheduler' AND p.property_value = ? ORDER BY b.id",
    [`["${scheduler}", "Scheduler"]`],
  );
  return rows.map((row) => ({ id: Number(row.id), at: Number(row.at), complete: Number(row.complete) === 1, stamp: Number(row.stamp) })); // prettier-ignore
}

/** The change with this comment, and that the scheduler has had it built. */
export function untilBuilt(c: MixedCluster, scheduler: string, comments: string): Promise<RecordedBuildset> {
  return until(`${scheduler} has "${comments}" built`, async () => {
    const change = (await readChanges(c)).find((one) => one.comments === comments);
    return (
      change && (await buildsetsOf(c, scheduler)).find(({ stamp, complete }) => stamp === change.stamp && complete)
    );
  });
}
