import type { ServiceView } from '../model/cluster-view.js';
import { groupBy } from '../model/group-by.js';
import { asOffer, asRun } from '../model/run.js';
import type { Published } from '../model/run.js';
import type { Transaction } from './connect.js';

/* What masters of bbctl's own publish, as Buildbot's `object_state`: who knows nothing of it leaves it alone. */

/** What a master publishes of itself; the object's name is `masters.name_hash`. */
export const masterClass = 'bbctl.Master';
/** Its `Run`. */
export const runKey = 'run';
/** Its `Offer`. */
export const offerKey = 'offer';
/** `active` or `draining`. */
export const stateKey = 'state';
/** `host:port`, or null. */
export const listenKey = 'listen';

/** What is of no single master. */
export const clusterClass = 'bbctl.Cluster';
export const clusterObject = 'bbctl';

/** Of the keys of `clusterObject`. */
export const pinPrefix = 'pin ';

/** The key under which it is kept where a service was moved to. */
export function pinKey({ kind, id }: Pick<ServiceView, 'kind' | 'id'>): string {
  return `${pinPrefix}${kind} ${id}`;
}

/** What all of bbctl's own have published. */
export interface PublishedState {
  /** By `masters.name_hash`. */
  readonly masters: ReadonlyMap<string, Published>;
  /** `scheduler 12` → `masters.id` of the master that it was moved to. */
  readonly pins: ReadonlyMap<string, number>;
}

interface StateRow {
  readonly object: string;
  readonly class: string;
  readonly key: string;
  readonly json: string;
}

/** In one statement, through small tables: of each master four rows, of each service at most one. */
export async function readPublished(tx: Transaction): Promise<PublishedState> {
  const rows = await tx
    .sql('objects')
    .join('object_state', 'object_state.objectid', 'objects.id')
    .whereIn('objects.class_name', [masterClass, clusterClass])
    .select<StateRow[]>({
      object: 'objects.name',
      class: 'objects.class_name',
      key: 'object_state.name',
      json: 'object_state.value_json',
    });
  const of = groupBy(rows as StateRow[], (row) => row.class);
  return {
    masters: publishedBy(of.get(masterClass) ?? []),
    pins: new Map((of.get(clusterClass) ?? []).filter(({ object }) => object === clusterObject).flatMap(pinOf)),
  };
}

function publishedBy(rows: readonly StateRow[]): Map<string, Published> {
  const masters = groupBy(rows, ({ object }) => object);
  return new Map([...masters].map(([hash, own]) => [hash, publishedOf(own)]));
}

function publishedOf(rows: readonly StateRow[]): Published {
  const value = (wanted: string): unknown => parsed(rows.find(({ key }) => key === wanted)?.json);
  const listen = value(listenKey);
  return {
    run: asRun(value(runKey)),
    offer: asOffer(value(offerKey)),
    state: value(stateKey) === 'draining' ? 'draining' : 'active',
    listen: typeof listen === 'string' ? listen : null,
  };
}

function pinOf({ key, json }: StateRow): [string, number][] {
  const master = pinnedTo(json);
  return key.startsWith(pinPrefix) && master !== null ? [[key.slice(pinPrefix.length), master]] : [];
}

/** `masters.id`, of the value of a pin. */
export function pinnedTo(json: unknown): number | null {
  const master = (parsed(json) as { master?: unknown } | null | undefined)?.master;
  return typeof master === 'number' ? master : null;
}

function parsed(json: unknown): unknown {
  try {
    return JSON.parse(String(json));
  } catch {
    return undefined;
  }
}
