/*
 * What a master configures, as rows: builders with their workers, schedulers, change sources. Rows of things are never
 * deleted here, only what says that this master has them.
 */
import { groupBy } from '../model/group-by.js';
import type { ServiceKind } from '../model/service.js';
import { nameHash } from './builders.js';
import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';
import { holdMembership, membershipTables } from './fence.js';
import type { Me } from './fence.js';

export interface Registration {
  readonly builders: readonly { readonly name: string; readonly workers: readonly string[] }[];
  readonly services: readonly RegisteredService[];
  /** Workers that are connected for as long as it runs. */
  readonly connected?: readonly string[];
}

export interface RegisteredService {
  readonly kind: ServiceKind;
  readonly name: string;
  /** As Buildbot registers it: `buildbot.schedulers.timed.Nightly`. */
  readonly className: string;
}

export const registrationTables: readonly string[] = [
  ...membershipTables,
  'builders',
  'builder_masters',
  'workers',
  'configured_workers',
  'connected_workers',
  'schedulers',
  'changesources',
];

/** Afterwards the rows say of this master exactly this. */
export async function register(tx: Transaction, me: Me, registration: Registration): Promise<void> {
  const { builders, services, connected = [] } = registration;
  await holdMembership(tx, me);
  for (const kind of ['scheduler', 'changesource'] as const) {
    const names = services.filter((service) => service.kind === kind).map(({ name }) => name);
    const on = kind === 'scheduler' && tx.schema.has('schedulers', 'enabled') ? { enabled: 1 } : {};
    await idsByName(tx, `${kind}s`, names, (name) => ({ name, name_hash: nameHash(name), ...on }));
  }
  await addObjects(tx, services);
  await registerBuilders(tx, me, builders);
  await connectWorkers(tx, me, connected);
}

async function connectWorkers(tx: Transaction, me: Me, names: readonly string[]): Promise<void> {
  const ids = await workerIdsOf(tx, names);
  const rows = await tx.sql('connected_workers').where('masterid', me.id).select<{ id: number; workerid: number }[]>('id', 'workerid'); // prettier-ignore
  const [want, have] = [new Set(ids.values()), new Set(rows.map(({ workerid }) => workerid))];
  const gone = rows.filter(({ workerid }) => !want.has(workerid)).map(({ id }) => id);
  for (const some of chunks(gone)) await tx.sql('connected_workers').whereIn('id', some).delete();
  const added = [...want].filter((id) => !have.has(id)).map((workerid) => ({ masterid: me.id, workerid }));
  for (const some of chunks(added, 200)) await tx.sql('connected_workers').insert(some);
}

function workerIdsOf(tx: Transaction, names: readonly string[]): Promise<Map<string, number>> {
  return idsByName(tx, 'workers', names, (name) => ({ name, info: '{}', ...unpaused(tx) }));
}

async function registerBuilders(tx: Transaction, me: Me, builders: Registration['builders']): Promise<void> {
  const builderIds = await idsByName(tx, 'builders', builders.map(({ name }) => name), (name) => ({ name, name_hash: nameHash(name) })); // prettier-ignore
  const workerNames = [...new Set(builders.flatMap(({ workers }) => workers))];
  const workerIds = await workerIdsOf(tx, workerNames);
  const links = await masterLinks(tx, me, [...builderIds.values()]);
  const wanted = builders.flatMap(({ name, workers }) =>
    workers.map((worker) => ({ buildermasterid: links.get(builderIds.get(name)!)!, workerid: workerIds.get(worker)! })),
  );
  await keepOnly(tx, [...links.values()], wanted);
}

function unpaused({ schema }: Transaction): Record<string, number> {
  const columns = ['paused', 'graceful'].filter((column) => schema.has('workers', column));
  return Object.fromEntries(columns.map((column) => [column, 0]));
}

/** Finds the rows by name, and adds those that are not there; somebody else may add the same at this moment. */
async function idsByName(
  tx: Transaction,
  table: string,
  names: readonly string[],
  row: (name: string) => Record<string, unknown>,
): Promise<Map<string, number>> {
  const ids = await findIds(tx, table, names);
  const missing = names.filter((name) => !ids.has(name));
  for (const some of chunks(missing, 200)) await tx.sql(table).insert(some.map(row)).onConflict().ignore();
  for (const [name, id] of await findIds(tx, table, missing)) ids.set(name, id);
  return ids;
}

async function findIds(tx: Transaction, table: string, names: readonly string[]): Promise<Map<string, number>> {
  const [column, key] = table === 'workers' ? ['name', (name: string) => name] : ['name_hash', nameHash];
  const byKey = new Map(names.map((name) => [key(name), name]));
  const ids = new Map<string, number>();
  for (const some of chunks([...byKey.keys()], 500)) {
    const rows = await tx.dialect.locking(tx.sql(table).whereIn(column, some)).select<{ id: number; key: string }[]>('id', { key: column }); // prettier-ignore
    for (const { id, key: found } of rows) ids.set(byKey.get(found) ?? found, id);
  }
  return ids;
}

/** `builders.id` → `builder_masters.id`, for exactly these builders. */
async function masterLinks(tx: Transaction, me: Me, builderIds: readonly number[]): Promise<Map<number, number>> {
  const read = async (): Promise<Map<number, number>> => {
    const rows = await tx.sql('builder_masters').where('masterid', me.id).select<{ id: number; builderid: number }[]>('id', 'builderid'); // prettier-ignore
    return new Map(rows.map(({ id, builderid }) => [builderid, id]));
  };
  const before = await read();
  const gone = [...before].filter(([builderId]) => !builderIds.includes(builderId)).map(([, id]) => id);
  for (const some of chunks(gone)) {
    await tx.sql('configured_workers').whereIn('buildermasterid', some).delete();
    await tx.sql('builder_masters').whereIn('id', some).delete();
  }
  const added = builderIds.filter((id) => !before.has(id)).map((builderid) => ({ builderid, masterid: me.id }));
  for (const some of chunks(added, 200)) await tx.sql('builder_masters').insert(some).onConflict().ignore();
  return gone.length + added.length === 0 ? before : read();
}

interface ConfiguredWorker {
  readonly buildermasterid: number;
  readonly workerid: number;
}

async function keepOnly(tx: Transaction, links: readonly number[], wanted: readonly ConfiguredWorker[]): Promise<void> {
  const there: (ConfiguredWorker & { id: number })[] = [];
  for (const some of chunks(links)) there.push(...(await tx.sql('configured_workers').whereIn('buildermasterid', some).select<(ConfiguredWorker & { id: number })[]>('id', 'buildermasterid', 'workerid'))); // prettier-ignore
  const keyOf = ({ buildermasterid, workerid }: ConfiguredWorker): string => `${buildermasterid} ${workerid}`;
  const [want, have] = [new Set(wanted.map(keyOf)), groupBy(there, keyOf)];
  const gone = there.filter((row) => !want.has(keyOf(row))).map(({ id }) => id);
  for (const some of chunks(gone)) await tx.sql('configured_workers').whereIn('id', some).delete();
  const added = wanted.filter((row) => !have.has(keyOf(row)));
  for (const some of chunks(added, 200)) await tx.sql('configured_workers').insert(some);
}

async function addObjects(tx: Transaction, services: readonly RegisteredService[]): Promise<void> {
  const rows = services.map(({ name, className }) => ({ name, class_name: className }));
  for (const some of chunks(rows, 200))
    await tx.sql('objects').insert(some).onConflict(['name', 'class_name']).ignore();
}
