import { Failure } from '../errors.js';
import { masterOf } from '../model/cluster.js';
import { printable } from '../model/names.js';
import type { Expired, Leaving, ShutDownPorts } from './shut-down.js';

/** How long the end of a process is waited for. */
const goneWithinMs = 60_000;
const everyMs = 500;

/**
 * Kills a master by its control, waits until its process is seen to be gone, and only then cleans up after it. Where
 * nothing tells whether it is gone, its heart must have been silent for as long as it takes to be dead.
 */
export async function killAndExpire(one: Leaving, ports: ShutDownPorts, signal: AbortSignal): Promise<void> {
  const { name } = one.watched;
  const before = one.control.process();
  const { way, error } = await one.control.carryOut('kill');
  ports.emit({ event: 'asked', master: name, verb: 'kill', way, error: error?.message ?? null });
  const presence = await presenceOf(one, () => one.control.presenceAfter(before), ports, signal);
  one.error = error;
  if (presence === 'running') return stillThere(one, `${printable(name)} still runs after its control.kill: it was not expired.`, ports); // prettier-ignore
  one.isKilled = true;
  if (presence === 'gone') {
    ports.emit({ event: 'gone', master: name, message: `The process of ${printable(name)} is gone.` });
    await expireKilled(one, { isGone: true }, ports);
  } else stillThere(one, `Nothing tells whether the process of ${printable(name)} is gone: it is expired when its heart has been silent for long enough.`, ports); // prettier-ignore
}

async function presenceOf(
  one: Leaving,
  ask: () => ReturnType<Leaving['control']['presence']>,
  ports: ShutDownPorts,
  signal: AbortSignal,
): ReturnType<Leaving['control']['presence']> {
  const until = ports.nowMs() + goneWithinMs;
  for (;;) {
    const presence = await asked(one, ask);
    if (presence !== 'running' || ports.nowMs() >= until || signal.aborted) return presence;
    await ports.sleep(everyMs, signal);
  }
}

async function asked(one: Leaving, ask: () => ReturnType<Leaving['control']['presence']>) {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    one.error = error;
    return 'unknown';
  }
}

/** A master whose heart beats all the same is left alone: what said that it is gone was wrong. */
export async function expireKilled(one: Leaving, seen: { isGone: boolean }, ports: ShutDownPorts): Promise<void> {
  const { id, name } = one.watched;
  try {
    ports.emit({ event: 'expired', master: name, ...(await cleanUp(id, seen, ports)) });
    one.wasKilled = true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    one.error = error;
    stillThere(one, error.message, ports);
  }
}

/**
 * Without a journal entry where another master was quicker, as those of bbctl's own are. Throws a `Failure` where it is
 * refused.
 */
export async function cleanUp(id: number, seen: { isGone: boolean }, ports: Pick<ShutDownPorts, 'expire' | 'read'>): Promise<Expired> {
  try {
    return await ports.expire(id, seen);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { cluster } = await ports.read([id]);
    if ((masterOf(cluster, id)?.state ?? 'stopped') === 'stopped') return { journal: null, advice: [] };
    throw error;
  }
} // prettier-ignore

function stillThere({ watched }: Leaving, message: string, ports: ShutDownPorts): void {
  ports.emit({ event: 'trouble', master: watched.name, kind: 'alive', message });
}
