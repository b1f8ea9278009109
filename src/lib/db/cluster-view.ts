import type { Peer } from '../model/peers.js';
import { asOffer, asRun } from '../model/run.js';
import type { ClusterView, ServiceView } from '../model/cluster-view.js';
import type { Transaction } from './connect.js';
import { clusterClass, clusterObject, masterClass, offerKey, runKey } from './published.js';

type Raw = Record<string, unknown>;

/** What a master must know of the others at each beat, in few statements. It decides nothing that a fence does not check again. */
export async function readView(tx: Transaction): Promise<ClusterView> {
  // Before the states: whoever beats in between has published what is newer than its row, which a Buildbot never does.
  const masters = await tx.sql('masters').orderBy('id').select<Raw[]>('id', 'name', 'name_hash', 'active', 'last_active', tx.sql.raw(`${tx.dialect.nowSql} as now`));
  const states = await readStates(tx);
  const pins = [...(states.get(`${clusterClass} ${clusterObject}`) ?? [])].flatMap(([key, value]) => pinOf(key, value));
  return {
    now: Number(masters[0]?.['now'] ?? (await tx.dialect.now(tx.sql))),
    peers: masters.map((row) => peerOf(row, states.get(`${masterClass} ${String(row['name_hash'])}`))),
    services: await readServiceViews(tx),
    pins: new Map(pins),
  };
} // prettier-ignore

type States = Map<string, Map<string, unknown>>;

/** Class and name of the object → key → value. */
async function readStates(tx: Transaction): Promise<States> {
  const rows = await tx
    .sql('objects')
    .join('object_state', 'object_state.objectid', 'objects.id')
    .whereIn('objects.class_name', [masterClass, clusterClass])
    .select<Raw[]>('objects.name', 'objects.class_name', { key: 'object_state.name' }, 'object_state.value_json');
  const states: States = new Map();
  for (const row of rows) {
    const object = `${String(row['class_name'])} ${String(row['name'])}`;
    const state = states.get(object) ?? new Map<string, unknown>();
    states.set(object, state.set(String(row['key']), parsed(row['value_json'])));
  }
  return states;
}

function parsed(json: unknown): unknown {
  try {
    return JSON.parse(String(json));
  } catch {
    return undefined;
  }
}

function peerOf(row: Raw, published: ReadonlyMap<string, unknown> | undefined): Peer {
  const lastActive = Number(row['last_active']);
  const run = asRun(published?.get(runKey));
  const isOwn = run !== null && lastActive > 0 && run.beat >= lastActive;
  return {
    id: Number(row['id']),
    name: String(row['name']),
    active: Number(row['active']) !== 0,
    lastActive: isOwn ? run.beat : lastActive,
    run: isOwn ? run : null,
    offer: asOffer(published?.get(offerKey)),
  };
}

const pinPrefix = 'pin ';

/** The key under which it is kept where a service was moved to. */
export function pinKey({ kind, id }: Pick<ServiceView, 'kind' | 'id'>): string {
  return `${pinPrefix}${kind} ${id}`;
}

function pinOf(key: string, value: unknown): [string, number][] {
  const master = (value as { master?: unknown } | null)?.master;
  return key.startsWith(pinPrefix) && typeof master === 'number' ? [[key.slice(pinPrefix.length), master]] : [];
}

async function readServiceViews(tx: Transaction): Promise<ServiceView[]> {
  const enabled = tx.schema.has('schedulers', 'enabled') ? 'schedulers.enabled' : tx.sql.raw('1 as enabled');
  const rows = await tx
    .sql('schedulers')
    .leftJoin('scheduler_masters', 'scheduler_masters.schedulerid', 'schedulers.id')
    .select<Raw[]>(
      tx.sql.raw(`'scheduler' as kind`),
      'schedulers.id',
      'schedulers.name',
      enabled,
      'scheduler_masters.masterid',
    ) // prettier-ignore
    .unionAll(
      tx
        .sql('changesources')
        .leftJoin('changesource_masters', 'changesource_masters.changesourceid', 'changesources.id')
        .select(tx.sql.raw(`'changesource'`), 'changesources.id', 'changesources.name', tx.sql.raw('1'), 'changesource_masters.masterid'), // prettier-ignore
    );
  return rows.map((row) => ({
    kind: row['kind'] === 'scheduler' ? 'scheduler' : 'changesource',
    id: Number(row['id']),
    name: String(row['name']),
    enabled: Number(row['enabled'] ?? 0) !== 0,
    holderId: row['masterid'] === null ? null : Number(row['masterid']),
  }));
}
