import type { OpenBuild } from '../model/build.js';
import { clusterOf } from '../model/cluster.js';
import type { Cluster, DatabaseFacts, Facts } from '../model/cluster.js';
import { groupBy } from '../model/group-by.js';
import { defaultExpireAfterSeconds } from '../model/master.js';
import type { MasterFacts, Possessions } from '../model/master.js';
import type { OpenRequest } from '../model/request.js';
import type { Service } from '../model/service.js';
import { readAbandonedBuilds, readRunningBuilds } from './build-lists.js';
import { readBuilders } from './builder-lists.js';
import type { BuilderMaster } from './builder-lists.js';
import type { Database, Transaction } from './connect.js';
import { readMasters, withSigns } from './master-lists.js';
import { queuesOf, readOpenRequests } from './request-lists.js';
import { readServices } from './service-lists.js';
import { writtenTables } from './tables.js';
import { readWorkers } from './worker-lists.js';
import type { Connection } from './worker-lists.js';

export interface SnapshotOptions {
  /** Seconds of silence after which a master is dead. */
  readonly expireAfter?: number;
  /** Also find open builds that no open request leads to, of masters that are not alive. */
  readonly deep?: boolean;
}

/** One consistent look at the cluster. Everything goes through indexed columns; see docs/schema.md. */
export function readCluster(database: Database, options: SnapshotOptions = {}): Promise<Cluster> {
  return database.read((tx) => snapshot(tx, database.location.label, options));
}

export async function snapshot(tx: Transaction, label: string, options: SnapshotOptions = {}): Promise<Cluster> {
  const facts = await readFacts(tx, label, options.expireAfter ?? defaultExpireAfterSeconds);
  const heard = { ...facts, masters: await withSigns(tx, facts) };
  const cluster = clusterOf(heard);
  if (!options.deep) return cluster;
  const builds = await readAbandonedBuilds(tx, cluster);
  return clusterOf({ ...heard, builds, masters: heard.masters.map((master) => withBuilds(master, builds)) });
}

async function readFacts(tx: Transaction, label: string, expireAfter: number): Promise<Facts> {
  const now = await tx.dialect.now(tx.sql);
  const services = await readServices(tx);
  const requests = await readOpenRequests(tx);
  const claimed = requests.filter((request) => request.claim !== null);
  const builds = await readRunningBuilds(tx, idsOf(requests));
  const { builders, builderMasters } = await readBuilders(tx);
  const { workers, connections } = await readWorkers(tx, builderMasters);
  const has = possessions({ services, claimed, builds, builderMasters, connections });
  return {
    database: databaseFacts(tx, label),
    now,
    expireAfter,
    ...(await readMasters(tx, has, claimed)),
    services,
    builders,
    workers,
    claimed,
    queues: queuesOf(requests),
    builds,
  };
}

export function databaseFacts({ schema, dialect }: Transaction, label: string): DatabaseFacts {
  return {
    engine: dialect.engine,
    label,
    server: dialect.server,
    revision: schema.revision,
    buildbot: schema.buildbot,
    unknownRevision: schema.unknownRevision,
    withoutTransactions: schema.withoutTransactions.filter((table) => writtenTables.includes(table)),
  };
}

interface Held {
  readonly services: readonly Service[];
  readonly claimed: readonly OpenRequest[];
  readonly builds: readonly OpenBuild[];
  readonly builderMasters: readonly BuilderMaster[];
  readonly connections: readonly Connection[];
}

function possessions(held: Held): (masterId: number) => Possessions {
  const services = groupBy(held.services, (service) => service.holderId);
  const claims = groupBy(held.claimed, (request) => request.claim?.masterId);
  const builds = groupBy(held.builds, (build) => build.masterId);
  const links = groupBy(held.builderMasters, (link) => link.masterId);
  const connections = groupBy(held.connections, (connection) => connection.masterId);
  return (masterId) => ({
    schedulers: idsOf(services.get(masterId)?.filter((service) => service.kind === 'scheduler')),
    changeSources: idsOf(services.get(masterId)?.filter((service) => service.kind === 'changesource')),
    builderMasters: idsOf(links.get(masterId)),
    connectedWorkers: idsOf(connections.get(masterId)),
    claims: claims.get(masterId)?.length ?? 0,
    openBuilds: builds.get(masterId)?.length ?? 0,
  });
}

function idsOf(items: readonly { readonly id: number }[] = []): number[] {
  return items.map((item) => item.id);
}

function withBuilds(master: MasterFacts, builds: readonly OpenBuild[]): MasterFacts {
  return {
    ...master,
    has: { ...master.has, openBuilds: builds.filter((build) => build.masterId === master.id).length },
  };
}
