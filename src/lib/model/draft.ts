/*
 * An inventory as it is proposed to a person: what is registered is listed; what is only left in the database is told
 * apart, with who used it last, for nobody but that person knows whether it will come back.
 */
import { masterOf } from './cluster.js';
import type { Cluster } from './cluster.js';
import { formatDuration } from './duration.js';
import { isLiving } from './master.js';
import type { Master } from './master.js';
import { printable } from './names.js';
import type { Service } from './service.js';

/** Who used a thing last; epoch seconds. `null`: that is not kept. */
export interface LastUse {
  readonly masterId: number | null;
  readonly at: number;
}

/** By `builders.id`, `workers.id`, and of services by kind and id: `scheduler 3`. */
export interface LastUses {
  readonly builders: ReadonlyMap<number, LastUse>;
  readonly workers: ReadonlyMap<number, LastUse>;
  readonly services: ReadonlyMap<string, LastUse>;
}

/** What a master's own configuration says. */
export interface LoadedMaster {
  /** As it will stand in the `masters` table. */
  readonly name: string;
  readonly builders: readonly { readonly name: string; readonly workers: readonly string[] }[];
  readonly workers: readonly string[];
  readonly schedulers: readonly LoadedService[];
  readonly changeSources: readonly LoadedService[];
}

export interface LoadedService {
  readonly name: string;
  readonly className: string;
}

export interface DraftThing {
  readonly name: string;
  /** Registered now, or in the configuration that was loaded. */
  readonly listed: boolean;
  /** What a person should know of it, one line. */
  readonly note: string | null;
}

export interface DraftMaster extends DraftThing {
  readonly key: string;
  readonly kind: 'buildbot';
}

export interface DraftBuilder extends DraftThing {
  readonly workers: readonly string[];
}

export interface DraftService extends DraftThing {
  /** `nightly`, `git-poller`; `null`: not known. */
  readonly type: string | null;
}

export interface Draft {
  /** Always: a person says otherwise. */
  readonly complete: false;
  readonly masters: readonly DraftMaster[];
  readonly workers: readonly DraftThing[];
  readonly builders: readonly DraftBuilder[];
  readonly schedulers: readonly DraftService[];
  readonly changeSources: readonly DraftService[];
}

export function draftOf(cluster: Cluster, uses: LastUses, loaded: LoadedMaster | null): Draft {
  const look = {
    cluster,
    uses,
    loaded,
    loadedId: cluster.masters.find(({ name }) => name === loaded?.name)?.id ?? null,
  };
  return {
    complete: false,
    masters: draftMasters(look),
    workers: draftWorkers(look),
    builders: draftBuilders(look),
    schedulers: draftServices(look, 'scheduler', loaded?.schedulers ?? []),
    changeSources: draftServices(look, 'changesource', loaded?.changeSources ?? []),
  };
}

interface Look {
  readonly cluster: Cluster;
  readonly uses: LastUses;
  readonly loaded: LoadedMaster | null;
  /** `masters.id` of the one whose configuration was loaded: that is believed, not what it has registered. */
  readonly loadedId: number | null;
}

function others({ loadedId }: Look, masterIds: readonly number[]): number[] {
  return masterIds.filter((id) => id !== loadedId);
}

function byName<T extends DraftThing>(things: readonly T[]): T[] {
  return [...things].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Names that no row has yet. */
function unregistered<T extends { readonly name: string }>(loaded: readonly T[], rows: readonly { readonly name: string }[]): T[] {
  const known = new Set(rows.map((row) => row.name));
  const first = new Map(loaded.map((one) => [one.name, one]));
  return [...first.values()].filter((one) => !known.has(one.name));
} // prettier-ignore

const newNote = 'in the configuration that was loaded, not in the database yet';

function draftMasters({ cluster, loaded, loadedId }: Look): DraftMaster[] {
  const rows = cluster.masters.map((master): DraftThing => ({
    name: master.name,
    listed: master.state !== 'stopped' || master.id === loadedId,
    note: master.state === 'active' ? null : masterNote(master),
  }));
  const fresh = loaded && loadedId === null ? [{ name: loaded.name, listed: true, note: newNote }] : [];
  const taken = new Set<string>();
  const named = [...rows, ...fresh].filter((thing) => thing.name !== '');
  return byName(named).map((thing) => ({ key: keyFor(thing.name, taken), kind: 'buildbot', ...thing }));
}

function masterNote(master: Master): string {
  const heard = `${master.state}, ${lastHeard(master)}`;
  return master.state === 'stopped' ? `${heard}: if it comes back, so does what only it configures, see below` : heard;
}

function lastHeard({ silentFor }: Master): string {
  return silentFor === null
    ? 'when it was last heard of is not known'
    : `last heard of ${formatDuration(silentFor)} ago`;
}

/** Keys that a reader of JSON-like maps may take for something else. */
const reserved = new Set(['__proto__', 'constructor', 'prototype']);

/** `blue` of `host1:/srv/bb/blue`; with the host, then a number, where that is taken. */
function keyFor(name: string, taken: Set<string>): string {
  const [, host = '', directory = name] = /^([^:/]*):(\/.*)$/.exec(name) ?? [];
  const plain = (text: string): string => text.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
  const base = plain(directory.split('/').filter(Boolean).at(-1) ?? '') || 'master';
  const longer = plain(`${host}-${base}`);
  const candidates = [base, longer, ...Array.from({ length: taken.size + 1 }, (_, index) => `${longer}-${index + 2}`)];
  const key = candidates.find((one) => !taken.has(one) && !reserved.has(one)) ?? longer;
  taken.add(key);
  return key;
}

function draftWorkers(look: Look): DraftThing[] {
  const { cluster, uses, loaded } = look;
  const named = new Set([...(loaded?.workers ?? []), ...(loaded?.builders ?? []).flatMap((builder) => builder.workers)]);
  const rows = cluster.workers.map(({ id, name, masterIds, connectedTo }) => {
    const ids = [...masterIds, ...connectedTo];
    const listed = named.has(name) || others(look, ids).length > 0;
    return { name, listed, note: listed ? null : leftNote(look, ids, uses.workers.get(id), ['last built on by', 'nothing was ever built on it']) };
  });
  const fresh = unregistered([...named].map((name) => ({ name })), cluster.workers);
  return byName([...rows, ...fresh.map(({ name }) => ({ name, listed: true, note: newNote }))]);
} // prettier-ignore

function draftBuilders(look: Look): DraftBuilder[] {
  const { cluster, uses, loaded } = look;
  const configured = new Map((loaded?.builders ?? []).map((builder) => [builder.name, builder.workers]));
  const rows = cluster.builders.map(({ id, name, masterIds }) => {
    const isRegistered = others(look, masterIds).length > 0;
    const registered = isRegistered ? cluster.workers.filter((worker) => worker.builderIds.includes(id)).map((worker) => worker.name) : [];
    const listed = isRegistered || configured.has(name);
    const note = listed ? null : leftNote(look, masterIds, uses.builders.get(id), ['last built by', 'nothing was ever built of it']);
    return { name, workers: [...new Set([...registered, ...(configured.get(name) ?? [])])].sort(), listed, note };
  });
  const fresh = unregistered(loaded?.builders ?? [], cluster.builders);
  return byName([...rows, ...fresh.map((builder) => ({ ...builder, listed: true, note: newNote }))]);
} // prettier-ignore

function draftServices(look: Look, kind: Service['kind'], loaded: readonly LoadedService[]): DraftService[] {
  const { cluster, uses } = look;
  const classes = new Map(loaded.map((service) => [service.name, service.className]));
  const rows = cluster.services.filter((service) => service.kind === kind);
  const drafted = rows.map((service) => {
    const holders = masterOf(cluster, service.holderId) && service.holderId !== null ? [service.holderId] : [];
    const listed = classes.has(service.name) || others(look, holders).length > 0;
    const note = listed ? null : leftNote(look, holders, uses.services.get(`${kind} ${service.id}`), ['last active', 'no master holds it']);
    return { name: service.name, type: typeOf(classes.get(service.name) ?? service.className), listed, note };
  });
  const fresh = unregistered(loaded, rows).map(({ name, className }) => ({ name, type: typeOf(className), listed: true, note: newNote }));
  return byName([...drafted, ...fresh]);
} // prettier-ignore

/** `buildbot.schedulers.basic.AnyBranchScheduler` is `any-branch`, `…GitPoller` is `git-poller`. */
export function typeOf(className: string | null): string | null {
  const name = className?.split('.').at(-1) ?? '';
  const short = name.replace(/(?<=.)(Scheduler|ChangeSource)$/, '');
  const words = short.replace(/([a-z\d])([A-Z])/g, '$1-$2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2');
  return words === '' ? null : words.toLowerCase();
}

/** Why it may be left over, and whose it may be otherwise. */
function leftNote(
  { cluster, loadedId }: Look,
  masterIds: readonly number[],
  last: LastUse | undefined,
  [used, never]: readonly [used: string, never: string],
): string {
  if (loadedId !== null && masterIds.includes(loadedId)) return 'left over? its master has it registered, but its configuration does not name it any more';
  if (!last) return `left over? ${never}`;
  const ago = `${formatDuration(cluster.now - last.at)} ago`;
  if (last.masterId === null) return `left over? ${used} ${ago}`;
  const master = masterOf(cluster, last.masterId);
  const name = printable(master?.name ?? `master ${last.masterId} (gone)`);
  const away = master && !isLiving(master) ? `, which is ${master.state}: keep it if that master comes back` : '';
  return `left over? ${used} ${name} ${ago}${away}`;
} // prettier-ignore
