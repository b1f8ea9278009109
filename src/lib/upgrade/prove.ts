/* Pure: what the database says at the end that should not be so. */
import type { DrainFacts } from '../model/drain.js';
import { leftOf } from '../model/drain.js';
import type { HandedService } from '../model/handover.js';
import { isLiving } from '../model/master.js';
import { list, printable } from '../model/names.js';
import { unheldOf } from './hand-over.js';

export interface Expected {
  /** `masters.id` of those that should have stopped. */
  readonly stopped: readonly number[];
  /** Names of those that should live. */
  readonly living: readonly string[];
  /** That some living master should hold. */
  readonly services: readonly HandedService[];
  /** Names of builders that some living master should have. */
  readonly builders: readonly string[];
}

/** Empty where all is well. */
export function complaintsOf(facts: DrainFacts, expected: Expected): string[] {
  return [
    ...notStopped(facts, expected.stopped),
    ...notLiving(facts, expected.living),
    ...unheld(facts, expected),
    ...unbuilt(facts, expected.builders),
  ];
}

function notStopped(facts: DrainFacts, ids: readonly number[]): string[] {
  const left = facts.cluster.masters.filter(({ id, state }) => ids.includes(id) && state !== 'stopped');
  return left.map((master) => {
    const { builds, services, requests, workers } = leftOf(facts, master);
    const things = `${builds.length} builds, ${services.length} services, ${requests} requests, ${workers} workers`;
    return `${printable(master.name)} is ${master.state}, with ${things} in its name.`;
  });
}

function notLiving({ cluster }: DrainFacts, names: readonly string[]): string[] {
  const living = new Set(cluster.masters.filter(isLiving).map(({ name }) => name));
  return names.filter((name) => !living.has(name)).map((name) => `${printable(name)} does not live.`);
}

function unheld({ cluster }: DrainFacts, { services, stopped }: Expected): string[] {
  const missing = unheldOf(services, new Set(stopped), cluster);
  return missing.map(({ name }) => `${printable(name)} is held by no living master.`);
}

function unbuilt({ cluster }: DrainFacts, names: readonly string[]): string[] {
  const living = new Set(cluster.masters.filter(isLiving).map(({ id }) => id));
  const missing = cluster.builders.filter(({ name, masterIds }) => names.includes(name) && !masterIds.some((id) => living.has(id))); // prettier-ignore
  if (missing.length === 0) return [];
  return [`No living master configures ${list(missing.map(({ name }) => printable(name)), 5)}.`]; // prettier-ignore
}
