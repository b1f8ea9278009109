import type { Address } from './cluster-config.js';
import type { Service } from './service.js';

/** What a cluster is meant to have, by a `cluster.yaml`. */
export interface Inventory {
  /** The file, as it was named. */
  readonly file: string;
  /** It names everything: what is in the database and not in it is an orphan for certain. */
  readonly complete: boolean;
  /** Absolute; the word in it lets bbctl give orders over REST to its own masters. */
  readonly tokenFile: string | null;
  readonly masters: readonly MasterEntry[];
  readonly builders: ReadonlySet<string>;
  readonly workers: ReadonlySet<string>;
  readonly schedulers: ReadonlySet<string>;
  readonly changeSources: ReadonlySet<string>;
}

export interface MasterEntry {
  /** As commands may call it. */
  readonly key: string;
  /** As in the `masters` table. */
  readonly name: string | null;
  readonly kind: MasterKind;
  /** Of its Buildbot, where that is said: `4.3.0`. */
  readonly version?: string;
  /** Of its web server; `null`: not said, or a Buildbot master. */
  readonly listen: Address | null;
  /** How to do things to it; relative paths are taken from the file's folder. */
  readonly control: Readonly<Partial<Record<ControlVerb, Control>>>;
}

export type MasterKind = 'bbctl' | 'buildbot';

export const controlVerbs = ['start', 'drain', 'stop', 'kill', 'status', 'reconfig', 'wake'] as const;
export type ControlVerb = (typeof controlVerbs)[number];

export type Control =
  /** `timeoutMs` where another is given than the usual one. */
  | { readonly exec: readonly string[]; readonly timeoutMs?: number }
  | { readonly signal: string; readonly pidFile: string }
  /** Base URL of its web server. */
  | { readonly http: string };

/** How sure it is that nobody will ever configure a thing again that no master configures now. */
export type Certainty = 'certain' | 'likely';

/** Of a thing that no master configures: `null` where the inventory names it, so that a master is only missing. */
export function certaintyOf(
  named: ReadonlySet<string> | undefined,
  name: string,
  isComplete: boolean,
): Certainty | null {
  if (named?.has(name)) return null;
  return isComplete ? 'certain' : 'likely';
}

export function builderCertainty(inventory: Inventory | null, name: string): Certainty | null {
  return certaintyOf(inventory?.builders, name, inventory?.complete ?? false);
}

export function workerCertainty(inventory: Inventory | null, name: string): Certainty | null {
  return certaintyOf(inventory?.workers, name, inventory?.complete ?? false);
}

export function serviceCertainty(
  inventory: Inventory | null,
  service: Pick<Service, 'kind' | 'name'>,
): Certainty | null {
  const named = service.kind === 'scheduler' ? inventory?.schedulers : inventory?.changeSources;
  return certaintyOf(named, service.name, inventory?.complete ?? false);
}

/** Masters are forgotten by their rows: one that the inventory names is only stopped. */
export function masterCertainty(inventory: Inventory | null, name: string): Certainty | null {
  const names = new Set(inventory?.masters.map((master) => master.name ?? master.key));
  return certaintyOf(names, name, inventory?.complete ?? false);
}

/** `missing`: no master configures it, but the inventory names it, so that its master is only away. */
export type Orphaned = 'no' | Certainty | 'missing';

export function orphaned(isOrphan: boolean, certainty: Certainty | null): Orphaned {
  return isOrphan ? (certainty ?? 'missing') : 'no';
}

/** Where the web server of a master answers, as far as the inventory says. */
export function restAddress(inventory: Inventory | null, name: string): string | null {
  const entry = inventory?.masters.find((master) => (master.name ?? master.key) === name);
  const wake = entry?.control.wake;
  return wake && 'http' in wake ? wake.http : null;
}
