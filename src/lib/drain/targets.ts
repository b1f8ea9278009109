import { hostname } from 'node:os';
import path from 'node:path';
import type { Controlled } from '../control/master-control.js';
import type { Address } from '../model/cluster-config.js';
import type { DrainFacts } from '../model/drain.js';
import { findNamed } from '../model/find.js';
import type { Control, ControlVerb, Inventory, MasterEntry, MasterKind } from '../model/inventory.js';
import type { Master } from '../model/master.js';

/** A master that is meant, and how it is controlled. */
export interface Target {
  readonly master: Master;
  readonly kind: MasterKind;
  /** As a `cluster.yaml` that names it would call it. */
  readonly key: string;
  /** Of Buildbot, where `cluster.yaml` says it. */
  readonly version?: string;
  readonly controlled: Controlled;
}

/** By names, ids, and the keys of `cluster.yaml`. Throws a `Failure` for what is none. */
export function targetsOf(words: readonly string[], facts: DrainFacts, inventory: Inventory | null): Target[] {
  const { masters } = facts.cluster;
  const named = words.flatMap((word) => findNamed(masters, nameOfKey(word, masters, inventory), 'master'));
  return [...new Set(named)].map((master) => targetOf(master, inventory));
}

function nameOfKey(word: string, masters: readonly Master[], inventory: Inventory | null): string {
  if (inventory === null || masters.some(({ name }) => name === word)) return word;
  const entry = inventory.masters.find(({ key }) => key === word);
  return entry ? nameOf(entry, inventory) : word;
}

/** As in the masters table. */
export function nameOf({ key, name, kind }: MasterEntry, { file }: Inventory): string {
  return name ?? (kind === 'bbctl' ? `${hostname()}:${path.dirname(path.resolve(file))}` : key);
}

function targetOf(master: Master, inventory: Inventory | null): Target {
  const entry = inventory?.masters.find((one) => nameOf(one, inventory) === master.name);
  const kind = master.run ? 'bbctl' : (entry?.kind ?? 'buildbot');
  const controlled = controlledOf({ name: master.name, kind, row: master, entry, inventory });
  return { master, kind, key: controlled.key, ...(entry?.version ? { version: entry.version } : {}), controlled };
}

/** One that runs, or that is to be started. */
export interface Controllable {
  readonly name: string;
  readonly kind: MasterKind;
  readonly row: Master | null;
  readonly entry: MasterEntry | undefined;
  readonly inventory: Inventory | null;
}

export function controlledOf({ name, kind, row, entry, inventory }: Controllable): Controlled {
  const url = kind === 'bbctl' ? (entryUrl(entry, name) ?? saidUrl(row?.condition?.listen, name)) : null;
  return {
    id: row?.id ?? 0,
    key: entry?.key ?? keyFor(name),
    kind,
    control: { ...(url === null ? {} : overRest(url)), ...entry?.control },
    file: path.resolve(inventory?.file ?? 'cluster.yaml'),
    tokenFile: inventory?.tokenFile ?? null,
  };
}

/** With what its row says, which was not there, or another one, when it was looked for. */
export function withRow(controlled: Controlled, { id, name, condition }: Master): Controlled {
  const url = controlled.kind === 'bbctl' ? saidUrl(condition?.listen, name) : null;
  return { ...controlled, id, control: { ...(url === null ? {} : overRest(url)), ...controlled.control } };
}

/** As a `cluster.yaml` might call it. */
export function keyFor(name: string): string {
  return /([\w-]+)\/*$/.exec(name)?.[1] ?? 'master';
}

/** What a master of bbctl's own does where `cluster.yaml` says nothing else. */
function overRest(http: string): Partial<Record<ControlVerb, Control>> {
  return { drain: { http }, stop: { http } };
}

/** Port 0 is another one each time. */
function entryUrl(entry: MasterEntry | undefined, name: string): string | null {
  return entry?.listen && entry.listen.port !== 0 ? urlOf(entry.listen, name) : null;
}

function saidUrl(listen: string | null | undefined, name: string): string | null {
  const parts = /^\[?(?<host>[^\]]+?)\]?:(?<port>\d+)$/.exec(listen ?? '')?.groups;
  return parts ? urlOf({ host: parts['host'] ?? '', port: Number(parts['port']) }, name) : null;
}

/** Of one that listens everywhere, the host that its name begins with. */
function urlOf({ host, port }: Address, name: string): string {
  const isAnywhere = host === '0.0.0.0' || host === '::';
  const place = isAnywhere ? (/^([^:/\s]+):\//.exec(name)?.[1] ?? hostname()) : host;
  return `http://${place.includes(':') ? `[${place}]` : place}:${port}`;
}
