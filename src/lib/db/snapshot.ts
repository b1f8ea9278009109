import { groupBy } from '../model/group-by.js';
import type { OpenBuild } from '../model/build.js';
import type { Builder } from '../model/builder.js';
import { clusterOf, silentHearts } from '../model/cluster.js';
import type { Cluster, DatabaseFacts, Facts, Queue } from '../model/cluster.js';
import { defaultExpireAfterSeconds, mayBeAlive } from '../model/master.js';
import type { MasterFacts, Possessions } from '../model/master.js';
import type { OpenRequest } from '../model/request.js';
import type { Service, ServiceKind } from '../model/service.js';
import type { Worker } from '../model/worker.js';
import { writtenTables } from './tables.js';
import type { Database, Transaction } from './connect.js';

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
  const builds = await abandonedBuilds(tx, cluster);
  return clusterOf({ ...heard, builds, masters: heard.masters.map((master) => withBuilds(master, builds)) });
}

async function readFacts(tx: Transaction, label: string, expireAfter: number): Promise<Facts> {
  const now = await tx.dialect.now(tx.sql);
  const services = await readServices(tx);
  const claimed = await readClaimed(tx);
  const builds = await readRunningBuilds(tx);
  const { builders, builderMasters } = await readBuilders(tx);
  const { workers, connections } = await readWorkers(tx, builderMasters);
  const has = possessions({ services, claimed, builds, builderMasters, connections });
  return {
    database: databaseFacts(tx, label),
    now,
    expireAfter,
    masters: await readMasters(tx, has, claimed),
    services,
    builders,
    workers,
    claimed,
    queues: await readQueues(tx),
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

type Raw = Record<string, unknown>;

async function readServices(tx: Transaction): Promise<Service[]> {
  const classes = await classNames(tx);
  const of = async (kind: ServiceKind, columns: string[]): Promise<Service[]> => {
    const rows = await tx
      .sql(`${kind}s as s`)
      .leftJoin(`${kind}_masters as m`, `m.${kind}id`, 's.id')
      .orderBy('s.id')
      .select<Raw[]>('s.id', 's.name', 'm.masterid', ...columns);
    return rows.map((row) => ({
      kind,
      id: Number(row['id']),
      name: String(row['name']),
      className: classes.get(`${kind} ${String(row['name'])}`) ?? null,
      // A column that is there and NULL means off to Buildbot.
      enabled: row['enabled'] === undefined ? null : Number(row['enabled']) !== 0,
      holderId: row['masterid'] === null ? null : Number(row['masterid']),
    }));
  };
  const enabled = tx.schema.has('schedulers', 'enabled') ? ['s.enabled'] : [];
  return [...(await of('scheduler', enabled)), ...(await of('changesource', []))];
}

/** Buildbot registers every service under its full class name as soon as it is configured. */
async function classNames(tx: Transaction): Promise<Map<string, string>> {
  const rows = await tx
    .sql('objects')
    .where('class_name', 'like', '%.%')
    .orderBy('id')
    .select<Raw[]>('name', 'class_name');
  const kindOf = (className: string): ServiceKind | null => {
    if (/(^|\.)workers?\./.test(className)) return null;
    return /changes|poll|source/i.test(className) ? 'changesource' : 'scheduler';
  };
  return new Map(
    rows.map((row) => [`${kindOf(String(row['class_name']))} ${String(row['name'])}`, String(row['class_name'])]),
  );
}

async function readClaimed(tx: Transaction): Promise<OpenRequest[]> {
  const rows = await openRequests(tx)
    .join('buildrequest_claims as c', 'c.brid', 'r.id')
    .orderBy('r.id')
    .select<Raw[]>(...requestColumns);
  return rows.map(requestOf);
}

export const requestColumns = [
  'r.id',
  'r.buildsetid',
  'r.builderid',
  'r.priority',
  'r.submitted_at',
  'r.waited_for',
  'c.masterid',
  'c.claimed_at',
];

export function openRequests(tx: Transaction) {
  return tx.sql('buildrequests as r').where('r.complete', 0);
}

export function requestOf(row: Raw): OpenRequest {
  const isClaimed = row['masterid'] !== null && row['masterid'] !== undefined;
  return {
    id: Number(row['id']),
    buildsetId: Number(row['buildsetid']),
    builderId: Number(row['builderid']),
    priority: Number(row['priority']),
    submittedAt: Number(row['submitted_at']),
    waitedFor: Number(row['waited_for']) !== 0,
    claim: isClaimed ? { masterId: Number(row['masterid']), claimedAt: Number(row['claimed_at']) } : null,
  };
}

async function readQueues(tx: Transaction): Promise<Queue[]> {
  const rows = await openRequests(tx)
    .leftJoin('buildrequest_claims as c', 'c.brid', 'r.id')
    .whereNull('c.brid')
    .groupBy('r.builderid')
    .orderBy('r.builderid')
    .select<Raw[]>('r.builderid', tx.sql.raw('count(*) as length'), tx.sql.raw('min(r.submitted_at) as oldest'));
  return rows.map((row) => ({
    builderId: Number(row['builderid']),
    length: Number(row['length']),
    oldestSubmittedAt: Number(row['oldest']),
  }));
}

export const buildColumns = [
  'b.id',
  'b.number',
  'b.builderid',
  'b.buildrequestid',
  'b.workerid',
  'b.masterid',
  'b.started_at',
];

export function buildOf(row: Raw): OpenBuild {
  return {
    id: Number(row['id']),
    number: Number(row['number']),
    builderId: Number(row['builderid']),
    requestId: Number(row['buildrequestid']),
    workerId: row['workerid'] === null ? null : Number(row['workerid']),
    masterId: Number(row['masterid']),
    startedAt: Number(row['started_at']),
  };
}

/** `builds.complete_at` has no index: the way to running builds is through the open requests. */
async function readRunningBuilds(tx: Transaction): Promise<OpenBuild[]> {
  const rows = await openRequests(tx)
    .join('builds as b', 'b.buildrequestid', 'r.id')
    .whereNull('b.complete_at')
    .orderBy('b.id')
    .select<Raw[]>(...buildColumns);
  return rows.map(buildOf);
}

/** The other way: every open build of a master that is not alive, also under a finished request. */
async function abandonedBuilds(tx: Transaction, cluster: Cluster): Promise<OpenBuild[]> {
  const gone = cluster.masters.filter((master) => !mayBeAlive(master)).map((master) => master.id);
  const rows = await tx
    .sql('builds as b')
    .whereIn('b.masterid', gone)
    .whereNull('b.complete_at')
    .orderBy('b.id')
    .select<Raw[]>(...buildColumns);
  const known = new Set(cluster.builds.map((build) => build.id));
  return [...cluster.builds, ...rows.map(buildOf).filter((build) => !known.has(build.id))];
}

interface BuilderMaster {
  readonly id: number;
  readonly builderId: number;
  readonly masterId: number;
}

async function readBuilders(tx: Transaction): Promise<{ builders: Builder[]; builderMasters: BuilderMaster[] }> {
  const links = await tx.sql('builder_masters').orderBy('id').select<Raw[]>('id', 'builderid', 'masterid');
  const builderMasters = links.map((row) => ({
    id: Number(row['id']),
    builderId: Number(row['builderid']),
    masterId: Number(row['masterid']),
  }));
  const masters = groupBy(builderMasters, (link) => link.builderId);
  const rows = await tx.sql('builders').orderBy('id').select<Raw[]>('id', 'name');
  const builders = rows.map((row) => {
    const id = Number(row['id']);
    return { id, name: String(row['name']), masterIds: (masters.get(id) ?? []).map((link) => link.masterId) };
  });
  return { builders, builderMasters };
}

interface Connection {
  readonly id: number;
  readonly masterId: number;
  readonly workerId: number;
}

async function readWorkers(
  tx: Transaction,
  builderMasters: readonly BuilderMaster[],
): Promise<{ workers: Worker[]; connections: Connection[] }> {
  const links = new Map(builderMasters.map((link) => [link.id, link]));
  const configured = groupBy(await tx.sql('configured_workers').select<Raw[]>('buildermasterid', 'workerid'), (row) =>
    Number(row['workerid']),
  );
  const connections = (await tx.sql('connected_workers').orderBy('id').select<Raw[]>('id', 'masterid', 'workerid')).map(
    (row) => ({
      id: Number(row['id']),
      masterId: Number(row['masterid']),
      workerId: Number(row['workerid']),
    }),
  );
  const connected = groupBy(connections, (connection) => connection.workerId);
  const switches = ['paused', 'graceful'].filter((column) => tx.schema.has('workers', column));
  const rows = await tx
    .sql('workers')
    .orderBy('id')
    .select<Raw[]>('id', 'name', ...switches);
  const workers = rows.map((row) => {
    const id = Number(row['id']);
    const on = (configured.get(id) ?? []).flatMap((one) => links.get(Number(one['buildermasterid'])) ?? []);
    return {
      id,
      name: String(row['name']),
      paused: Number(row['paused'] ?? 0) !== 0,
      graceful: Number(row['graceful'] ?? 0) !== 0,
      builderIds: [...new Set(on.map((link) => link.builderId))],
      masterIds: [...new Set(on.map((link) => link.masterId))],
      connectedTo: (connected.get(id) ?? []).map((connection) => connection.masterId),
    };
  });
  return { workers, connections };
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
  const ids = (items: readonly { id: number }[] | undefined): number[] => (items ?? []).map((item) => item.id);
  return (masterId) => ({
    schedulers: ids(services.get(masterId)?.filter((service) => service.kind === 'scheduler')),
    changeSources: ids(services.get(masterId)?.filter((service) => service.kind === 'changesource')),
    builderMasters: ids(links.get(masterId)),
    connectedWorkers: ids(connections.get(masterId)),
    claims: claims.get(masterId)?.length ?? 0,
    openBuilds: builds.get(masterId)?.length ?? 0,
  });
}

async function readMasters(
  tx: Transaction,
  has: (id: number) => Possessions,
  claimed: readonly OpenRequest[],
): Promise<MasterFacts[]> {
  const rows = await tx.sql('masters').orderBy('id').select<Raw[]>('id', 'name', 'active', 'last_active');
  const claims = groupBy(claimed, (request) => request.claim?.masterId);
  return rows.map((row) => {
    const id = Number(row['id']);
    return {
      id,
      name: String(row['name']),
      active: Number(row['active']) !== 0,
      lastActive: Number(row['last_active']),
      otherSign: null,
      clockBehind: clockBehind(claims.get(id) ?? []),
      has: has(id),
    };
  });
}

/** A claim is made after its request was submitted; where the rows say otherwise the claimer's clock is behind. */
function clockBehind(claimed: readonly OpenRequest[]): number {
  return claimed.reduce(
    (most, { claim, submittedAt }) => Math.max(most, submittedAt - (claim?.claimedAt ?? submittedAt)),
    0,
  );
}

function withBuilds(master: MasterFacts, builds: readonly OpenBuild[]): MasterFacts {
  return {
    ...master,
    has: { ...master.has, openBuilds: builds.filter((build) => build.masterId === master.id).length },
  };
}

/** The newest claim, build and step of the masters whose heart is silent; the others prove by it that they live. */
async function withSigns(tx: Transaction, facts: Facts): Promise<MasterFacts[]> {
  const silent = silentHearts(facts);
  const signs = new Map<number, number | null>();
  for (const { id } of silent) signs.set(id, await newestSign(tx, id, facts.builds));
  return facts.masters.map((master) => ({ ...master, otherSign: signs.get(master.id) ?? null }));
}

/**
 * An end as RETRY is no sign: the housekeeping of a survivor, and of bbctl, writes it. It must not bring a dead master
 * back to life when the one who cleans up after it dies half-way.
 */
const retry = 5;

async function newestSign(tx: Transaction, masterId: number, builds: readonly OpenBuild[]): Promise<number | null> {
  const running = builds.filter((build) => build.masterId === masterId).map((build) => build.id);
  const newest = async (table: string, time: string, column: string, keys: readonly number[]): Promise<number[]> => {
    const query = tx.sql(table).whereIn(column, keys).max({ time });
    const row = await (time === 'complete_at' ? query.whereNot('results', retry) : query).first<Raw>();
    return row['time'] === null ? [] : [Number(row['time'])];
  };
  const signs = [
    ...(await newest('buildrequest_claims', 'claimed_at', 'masterid', [masterId])),
    ...(await newest('builds', 'started_at', 'masterid', [masterId])),
    ...(await newest('builds', 'complete_at', 'masterid', [masterId])),
    ...(await newest('steps', 'started_at', 'buildid', running.slice(0, 5000))),
    ...(await newest('steps', 'complete_at', 'buildid', running.slice(0, 5000))),
  ];
  return signs.length === 0 ? null : Math.max(...signs);
}
