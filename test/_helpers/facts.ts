import { clusterOf, type Cluster, type Facts } from '../../src/lib/model/cluster.js';
import { defaultExpireAfterSeconds, type Master, type MasterFacts, type MasterState, type Possessions } from '../../src/lib/model/master.js'; // prettier-ignore
import { noOffer } from '../../src/lib/model/run.js';
import type { Inventory } from '../../src/lib/model/inventory.js';
import type { Service } from '../../src/lib/model/service.js';
import type { Worker } from '../../src/lib/model/worker.js';

/** What the time is in every test of the model. */
export const now = 1_800_000_000;

const nothing: Possessions = {
  schedulers: [],
  changeSources: [],
  builderMasters: [],
  connectedWorkers: [],
  claims: 0,
  openBuilds: 0,
};

/** An idle master whose heart beats, but for what is said otherwise. */
export function masterFacts(
  facts: Partial<Omit<MasterFacts, 'has'>> & { has?: Partial<Possessions> } = {},
): MasterFacts {
  const { has, ...rest } = facts;
  return {
    id: 1,
    name: 'host:/srv/one',
    active: true,
    lastActive: now,
    run: null,
    condition: null,
    offer: noOffer,
    otherSign: null,
    clockBehind: 0,
    ...rest,
    has: { ...nothing, builderMasters: [1], ...has },
  };
}

/** One of bbctl's own, which offers all that tests name, but for what is said otherwise. */
export function ownMaster(facts: Parameters<typeof masterFacts>[0] & { expireAfter?: number } = {}): MasterFacts {
  const { expireAfter = 45, ...rest } = facts;
  const run = { incarnation: 'run', expireAfter, beat: rest.lastActive ?? now, startedAt: now - 3600 };
  return masterFacts({ run, offer: { schedulers: ['nightly', 'poll'], changeSources: ['repo'] }, ...rest });
}

/** For rules that ask for the state only. */
export function masterIn(state: MasterState, facts: Partial<MasterFacts> = {}): Master {
  return { ...masterFacts(facts), state, silentFor: 0 };
}

export const everyState: readonly MasterState[] = [
  'active',
  'late',
  'dead',
  'silent',
  'zombie',
  'starting',
  'unclean',
  'stopped',
];

export function service(facts: Partial<Service> = {}): Service {
  return { kind: 'scheduler', id: 1, name: 'nightly', className: null, enabled: true, holderId: null, ...facts };
}

/** A worker of builder 1, configured by master 1 and connected to it, but for what is said otherwise. */
export function worker(facts: Partial<Worker> = {}): Worker {
  return { id: 1, name: 'w', paused: false, pauseReason: null, graceful: false, builderIds: [1], masterIds: [1], connectedTo: [1], ...facts }; // prettier-ignore
}

/** A cluster of nothing, but for what is said otherwise. */
export function clusterWith(facts: Partial<Facts> = {}): Cluster {
  return clusterOf({
    database: {
      engine: 'postgres',
      label: 'postgresql://localhost/buildbot',
      server: 'PostgreSQL 15',
      revision: '059',
      buildbot: '3.4 to 3.8',
      unknownRevision: false,
      withoutTransactions: [],
    },
    now,
    expireAfter: defaultExpireAfterSeconds,
    masters: [],
    services: [],
    pins: new Map(),
    builders: [],
    workers: [],
    claimed: [],
    queues: [],
    builds: [],
    ...facts,
  });
}

/** A complete inventory of nothing, but for what is said otherwise. */
export function everything(facts: Partial<Inventory> = {}): Inventory {
  const none: ReadonlySet<string> = new Set();
  return { file: 'cluster.yaml', complete: true, tokenFile: null, masters: [], builders: none, workers: none, schedulers: none, changeSources: none, ...facts }; // prettier-ignore
}
