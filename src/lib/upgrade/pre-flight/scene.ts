import type { Presence } from '../../control/master-control.js';
import type { Target } from '../../drain/targets.js';
import type { Cluster } from '../../model/cluster.js';
import { isLiving } from '../../model/master.js';
import type { Master } from '../../model/master.js';
import type { Builder } from '../../model/builder.js';
import type { Service } from '../../model/service.js';
import type { Newcomer } from '../newcomer.js';
import type { UpgradeInput } from '../plan-upgrade.js';
import { wavesOf } from '../waves.js';
import type { Wave } from '../waves.js';

/** An upgrade, as all that looks at it sees it. */
export interface Scene {
  readonly input: UpgradeInput;
  readonly cluster: Cluster;
  /** Those that have not stopped already. */
  readonly leaving: readonly Target[];
  readonly newcomers: readonly Newcomer[];
  /** Those that have to be started. */
  readonly starting: readonly Newcomer[];
  /** Living masters that are neither old nor new, and do not drain. */
  readonly staying: readonly Master[];
  /** Held by old masters. */
  readonly services: readonly Service[];
  /** Registered by old masters. */
  readonly builders: readonly Builder[];
  readonly waves: readonly Wave<Newcomer, Target>[];
}

export function sceneOf(input: UpgradeInput): Scene {
  const { cluster } = input.facts;
  const leaving = input.old.filter(({ master }) => master.state !== 'stopped');
  const ids = new Set(leaving.map(({ master }) => master.id));
  return {
    input,
    cluster,
    leaving,
    newcomers: input.start,
    starting: input.start.filter(hasToStart),
    staying: bystanders(input).filter((master) => isLiving(master) && !isDraining(master)),
    services: cluster.services.filter(({ holderId }) => holderId !== null && ids.has(holderId)),
    builders: cluster.builders.filter(({ masterIds }) => masterIds.some((id) => ids.has(id))),
    waves: wavesOf(input.start, input.old, input.oneByOne),
  };
}

/** Neither old nor new. */
export function bystanders({ facts, old, start }: UpgradeInput): Master[] {
  const names = new Set([...old.map(({ master }) => master.name), ...start.map(({ name }) => name)]);
  return facts.cluster.masters.filter(({ name }) => !names.has(name));
}

export function hasToStart({ master }: Newcomer): boolean {
  return master === null || master.state === 'stopped';
}

/** It runs already. */
export function isThere({ master }: Newcomer): boolean {
  return master !== null && isLiving(master);
}

export function isDraining({ condition }: Master): boolean {
  return condition?.state === 'draining';
}

/** What was asked of its process; `null`: nothing. */
export function presenceOf({ input }: Scene, name: string): Presence | { readonly error: string } | null {
  return input.presence.get(name) ?? null;
}
