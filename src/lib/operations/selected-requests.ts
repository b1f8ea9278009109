import type { Cluster } from '../model/cluster.js';
import { findNamed } from '../model/find.js';
import type { Inventory } from '../model/inventory.js';
import { isLiving } from '../model/master.js';
import { count, list, printable, shellArgument } from '../model/names.js';
import type { OpenRequest } from '../model/request.js';
import { unservableBy } from '../model/unservable.js';
import type { Database, Transaction } from '../db/connect.js';
import { findRequests, readOpenRequests } from '../db/request-lists.js';
import { snapshot } from '../db/snapshot.js';
import { Failure } from '../errors.js';
import type { RequestsWorld } from './named-requests.js';

/** Many requests, without their ids. */
export interface Selection {
  /** Those that nobody has claimed, of builders that no living master configures. */
  readonly unservable: boolean;
  /** Those of these builders; with `unservable`, of these only. */
  readonly builders: readonly string[];
}

export function isSelection({ unservable, builders }: Selection): boolean {
  return unservable || builders.length > 0;
}

export interface SelectedWorld extends RequestsWorld {
  /** What cannot be cancelled is left alone, instead of being in the way. */
  readonly isSelection: boolean;
  /** What was not selected though it may be looked for, in sentences. */
  readonly leftOut: readonly string[];
}

interface Wanted extends Selection {
  readonly inventory: Inventory | null;
  readonly expireAfter: number;
}

export function readSelection(database: Database, wanted: Wanted): Promise<SelectedWorld> {
  return database.read(async (tx) => {
    const cluster = await snapshot(tx, database.location.label, { expireAfter: wanted.expireAfter });
    if (wanted.unservable) verifySomebodyLives(cluster);
    const { ids, leftOut } = await select(tx, cluster, wanted);
    return { cluster, named: await findRequests(tx, ids), others: new Map(), isSelection: true, leftOut };
  });
}

function verifySomebodyLives(cluster: Cluster): void {
  if (cluster.masters.some(isLiving)) return;
  throw new Failure('refused', 'No master lives: what none of them configures cannot be told.', {
    try: 'Start the masters first; or name builders with --builder.',
  });
}

async function select(
  tx: Transaction,
  cluster: Cluster,
  { unservable, builders, inventory }: Wanted,
): Promise<{ ids: number[]; leftOut: string[] }> {
  const named = new Set(builders.flatMap((name) => findNamed(cluster.builders, name, 'builder')).map(({ id }) => id));
  const open = (await readOpenRequests(tx)).filter(({ builderId }) => named.size === 0 || named.has(builderId));
  if (!unservable) return { ids: open.map(({ id }) => id), leftOut: [] };
  const reasonOf = unservableBy(cluster);
  const pending = open.filter((request) => request.claim === null);
  const names = new Map(cluster.builders.map((builder) => [builder.id, builder.name]));
  const isMeant = ({ builderId }: OpenRequest): boolean => inventory?.builders.has(names.get(builderId) ?? '') ?? false;
  const unconfigured = pending.filter(({ builderId }) => reasonOf(builderId) === 'not configured');
  const idle = pending.filter(({ builderId }) => reasonOf(builderId) === 'no worker connected');
  const leftOut = (requests: readonly OpenRequest[], why: string): string[] => leftOutNotes(requests, names, why);
  return {
    ids: unconfigured.filter((request) => !isMeant(request)).map(({ id }) => id),
    leftOut: [
      ...leftOut(unconfigured.filter(isMeant), `named in ${inventory?.file}: a master of theirs is only missing`),
      ...leftOut(idle, 'whose workers are not connected now: they wait for these'),
    ],
  };
}

function leftOutNotes(requests: readonly OpenRequest[], names: ReadonlyMap<number, string>, why: string): string[] {
  if (requests.length === 0) return [];
  const builders = [...new Set(requests.map(({ builderId }) => names.get(builderId) ?? `${builderId}`))];
  const which = `${count(requests.length, 'request')} of builder ${list(builders.map(printable), 5)}`;
  return [`Left alone: ${which}, ${why}. To cancel them: --builder ${shellArgument(builders[0] ?? '')}.`];
}

/** A transaction's worth: it holds no lock for long. */
const requestsPerStep = 500;

/**
 * Those of one buildset stay together; of named requests each buildset is a step, of selected ones many are. A hundred
 * thousand of them are not worth a list for each buildset.
 */
export function inBatches<T>(items: readonly T[], buildsetOf: (item: T) => number, many: boolean): T[][] {
  const sorted = [...items].sort((a, b) => buildsetOf(a) - buildsetOf(b));
  const batches: T[][] = [];
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    end = endOfBuildset(sorted, start, buildsetOf);
    for (let next = end; many && next < sorted.length; end = next) {
      next = endOfBuildset(sorted, end, buildsetOf);
      if (next - start > requestsPerStep) break;
    }
    batches.push(sorted.slice(start, end));
  }
  return batches;
}

function endOfBuildset<T>(sorted: readonly T[], start: number, buildsetOf: (item: T) => number): number {
  const buildset = buildsetOf(sorted[start] as T);
  let end = start;
  while (end < sorted.length && buildsetOf(sorted[end] as T) === buildset) end++;
  return end;
}
