import type { Builder } from './builder.js';
import { isAbandoned } from './build.js';
import type { OpenBuild } from './build.js';
import { isHeartSilent, withState } from './master.js';
import type { Master, MasterFacts } from './master.js';
import { isStuck } from './request.js';
import type { OpenRequest } from './request.js';
import { isServiceStuck } from './service.js';
import type { Service } from './service.js';
import type { Worker } from './worker.js';

export interface DatabaseFacts {
  readonly engine: 'sqlite' | 'postgres' | 'mysql';
  /** The URL without its password. */
  readonly label: string;
  /** `PostgreSQL 15.18`, `MariaDB 10.11.14`, `SQLite 3.53.0` */
  readonly server: string;
  /** `059`, or `58` before Buildbot 3.4. */
  readonly revision: string;
  /** `3.4 to 3.8` */
  readonly buildbot: string;
  /** The revision is newer than any this program knows. */
  readonly unknownRevision: boolean;
  /** Tables of an engine without transactions (MyISAM, Aria) among those that are written. */
  readonly withoutTransactions: readonly string[];
}

/** Open requests that nobody has claimed, of one builder. */
export interface Queue {
  readonly builderId: number;
  readonly length: number;
  readonly oldestSubmittedAt: number;
}

/** One consistent look at what is small in the database; what is big is counted or bounded. */
export interface Facts {
  readonly database: DatabaseFacts;
  /** The database's clock, epoch seconds. */
  readonly now: number;
  /** Seconds of silence after which a master is dead. */
  readonly expireAfter: number;
  readonly masters: readonly MasterFacts[];
  readonly services: readonly Service[];
  /** `scheduler 12` → `masters.id` of the master of bbctl's own that it was moved to and is to stay on. */
  readonly pins: ReadonlyMap<string, number>;
  readonly builders: readonly Builder[];
  readonly workers: readonly Worker[];
  /** Open requests that are claimed. */
  readonly claimed: readonly OpenRequest[];
  readonly queues: readonly Queue[];
  /** Open builds: those of open requests, and every one of masters that are not alive if `deep` was asked for. */
  readonly builds: readonly OpenBuild[];
}

export interface Cluster extends Facts {
  readonly masters: readonly Master[];
}

export function clusterOf(facts: Facts): Cluster {
  const masters = facts.masters.map((master) => withState(master, facts.now, facts.expireAfter));
  const known = new Set(masters.map((master) => master.id));
  // Rows can outlive their master where nothing cascades (SQLite, MyISAM): what is not there configures nothing.
  const configured = <T extends { readonly masterIds: readonly number[] }>(thing: T): T => ({
    ...thing,
    masterIds: thing.masterIds.filter((id) => known.has(id)),
  });
  return { ...facts, masters, builders: facts.builders.map(configured), workers: facts.workers.map(configured) };
}

/** Masters whose other signs of life must be looked for. */
export function silentHearts(facts: Pick<Facts, 'masters' | 'now' | 'expireAfter'>): MasterFacts[] {
  return facts.masters.filter((master) => isHeartSilent(master, facts.now, facts.expireAfter));
}

export function masterOf(cluster: Cluster, id: number | null): Master | undefined {
  return id === null ? undefined : cluster.masters.find((master) => master.id === id);
}

/** The name, or for a row that is gone `master 7 (gone)`. */
export function masterName(cluster: Cluster, id: number): string {
  return masterOf(cluster, id)?.name ?? `master ${id} (gone)`;
}

export function builderName(cluster: Cluster, id: number): string {
  return cluster.builders.find((builder) => builder.id === id)?.name ?? `builder ${id} (gone)`;
}

function masterIndex(cluster: Cluster): Map<number, Master> {
  return new Map(cluster.masters.map((master) => [master.id, master]));
}

export function stuckRequests(cluster: Cluster): OpenRequest[] {
  const masters = masterIndex(cluster);
  return cluster.claimed.filter((request) => isStuck(request.claim, masters.get(request.claim?.masterId ?? -1)));
}

export function stuckServices(cluster: Cluster): Service[] {
  const masters = masterIndex(cluster);
  return cluster.services.filter((service) => isServiceStuck(service, masters.get(service.holderId ?? -1)));
}

export function abandonedBuilds(cluster: Cluster): OpenBuild[] {
  const masters = masterIndex(cluster);
  return cluster.builds.filter((build) => isAbandoned(build, masters.get(build.masterId)));
}

/**
 * Claims and builds of an unclean master that came after its next heartbeat was due: of a process that runs, a new one
 * that is starting or the old one, whose heart stopped and which survivors have expired.
 */
export function freshWork(cluster: Cluster, master: Master): { readonly claims: number; readonly builds: number } {
  const isMine = (masterId: number | undefined): boolean => masterId === master.id;
  return {
    claims: master.has.claims - stuckRequests(cluster).filter((request) => isMine(request.claim?.masterId)).length,
    builds: master.has.openBuilds - abandonedBuilds(cluster).filter((build) => isMine(build.masterId)).length,
  };
}
