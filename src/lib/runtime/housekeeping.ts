import { snapshot } from '../db/snapshot.js';
import type { Cluster } from '../model/cluster.js';
import { defaultExpireAfterSeconds } from '../model/master.js';
import { expireMasters, planExpiry } from '../operations/expire-masters.js';
import type { ExpireInput, ExpireStep } from '../operations/expire-masters.js';
import { carryOut } from './carry-out.js';
import type { Clock } from './clock.js';
import type { Store } from './store.js';

export interface Expiry {
  /** Only this master, whose process is known to be gone; else every dead one. */
  readonly named?: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** What `masters expire` does, done by a master. `isLeft`: something is left that only another look can decide. */
export async function expire(
  store: Store,
  { named, clock, signal }: Expiry,
): Promise<{ readonly done: readonly ExpireStep[]; readonly isLeft: boolean }> {
  const input: ExpireInput = {
    masters: named === undefined ? [] : [named],
    expireAfter: defaultExpireAfterSeconds,
    force: named !== undefined,
  };
  const cluster = await look(store);
  if (named !== undefined && !cluster.masters.some(({ name }) => name === named)) return { done: [], isLeft: false };
  const first = planExpiry(cluster, input);
  const plan = first.secondLook ? await secondPlan(store, input, cluster, first.secondLook.afterSeconds, clock, signal) : first; // prettier-ignore
  if (signal.aborted) return { done: [], isLeft: true };
  const done = await carryOut(store, expireMasters(input), plan);
  return { done, isLeft: plan.blockers.length > 0 || done.length < plan.steps.length };
}

async function secondPlan(
  store: Store,
  input: ExpireInput,
  earlier: Cluster,
  afterSeconds: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<ReturnType<typeof planExpiry>> {
  await clock.sleep(afterSeconds * 1000, signal);
  return planExpiry(await look(store), input, earlier);
}

function look(store: Store): Promise<Cluster> {
  return store.read((tx) => snapshot(tx, store.label, { deep: true }));
}
