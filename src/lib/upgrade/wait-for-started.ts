import type { DrainFacts } from '../model/drain.js';
import { printable } from '../model/names.js';
import type { UpgradeGround } from './ground.js';
import { goBack, Halt } from './halt.js';
import type { Newcomer } from './newcomer.js';
import { presenceOf } from './presence.js';

/** So long after its start one of which nothing is seen may still come: what starts it may be at work. */
const mayComeSeconds = 30;
/** So long one may run without taking part. */
const mustComeSeconds = 5 * 60;

/**
 * Ends when each of those that were started takes part, or will not: none must come when nobody watches any more. Throws a
 * `Halt`.
 */
export async function waitForStarted(started: readonly Newcomer[], ground: UpgradeGround): Promise<DrainFacts> {
  return ground.watch.until([], async (facts) => {
    const settled = await Promise.all(started.map((one) => isSettled(one, facts, ground)));
    return settled.every(Boolean) ? facts : null;
  });
}

async function isSettled({ name, controlled }: Newcomer, { cluster }: DrainFacts, { book }: UpgradeGround): Promise<boolean> {
  if (cluster.masters.some((master) => master.name === name && master.active)) return true;
  const saved = book.now.start.find((one) => one.name === name);
  const seconds = cluster.now - (saved?.startedAt ?? 0);
  if ((await presenceOf(controlled)) !== 'running') {
    return saved?.arrivedAt != null || saved?.error != null || seconds > mayComeSeconds;
  }
  if (seconds <= mustComeSeconds) return false;
  throw new Halt('blocked', `${printable(name)} runs, and does not take part.`, [`Stop its process; then "${goBack}" again.`]);
} // prettier-ignore
