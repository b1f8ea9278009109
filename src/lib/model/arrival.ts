/* What is seen of a master that was started: pure, from one look at the database to the next. */
import type { Cluster } from './cluster.js';
import { list, printable } from './names.js';
import type { Master } from './master.js';

export interface Arrival {
  /** As in the `masters` table. */
  readonly name: string;
  /** Names that it will register; `null`: nobody knows. */
  readonly builders: readonly string[] | null;
  /** `masters.last_active` when it was seen to be active first. */
  readonly firstBeat: number | null;
  /** `lost`: it had become active, and is not any more. */
  readonly state: 'waiting' | 'there' | 'lost';
  /** What it lacks, in words; empty where that is nothing. */
  readonly waitsFor: string;
  /** How many builders it has registered. */
  readonly registered: number;
}

export function arrivalOf(name: string, builders: readonly string[] | null): Arrival {
  return { name, builders, firstBeat: null, state: 'waiting', waitsFor: 'its row to become active', registered: 0 };
}

/**
 * One heartbeat is written by every start, also by one that fails right after it: the next one tells that it lives. What
 * is there stays there.
 */
export function lookForArrival(before: Arrival, cluster: Cluster): Arrival {
  const master = cluster.masters.find(({ name }) => name === before.name);
  if (before.state !== 'waiting') return before;
  if (!master?.active) return withoutRow(before, master);
  const firstBeat = before.firstBeat ?? master.lastActive;
  const registered = cluster.builders.filter(({ masterIds }) => masterIds.includes(master.id)).map(({ name }) => name);
  const waitsFor = lackOf(before, { master, firstBeat, registered });
  return {
    ...before,
    firstBeat,
    registered: registered.length,
    waitsFor,
    state: waitsFor === '' ? 'there' : 'waiting',
  };
}

function withoutRow(before: Arrival, master: Master | undefined): Arrival {
  if (before.firstBeat !== null) return { ...before, state: 'lost', waitsFor: 'its row to become active again' };
  return { ...before, waitsFor: master?.state === 'starting' ? 'the end of its start' : 'its row to become active' };
}

interface Seen {
  readonly master: Master;
  readonly firstBeat: number;
  readonly registered: readonly string[];
}

function lackOf({ builders }: Arrival, { master, firstBeat, registered }: Seen): string {
  const missing = (builders ?? []).filter((name) => !registered.includes(name));
  if (missing.length > 0)
    return `its ${missing.length === 1 ? 'builder' : 'builders'} ${list(missing.map(printable), 3)}`;
  return master.lastActive > firstBeat && master.state === 'active' ? '' : 'its next heartbeat';
}
