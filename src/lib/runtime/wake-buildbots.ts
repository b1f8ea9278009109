/*
 * A Buildbot master hears of requests from its own schedulers only. So what masters of bbctl's own ask for, or release,
 * it is told of: one of them looks for requests that nobody has claimed, and wakes whoever would build them, by
 * `control.wake` of the `cluster.yaml`. No scheduler waits for this.
 */
import { wakeMasters } from '../control/wake.js';
import { readOpenRequests } from '../db/request-lists.js';
import { snapshot } from '../db/snapshot.js';
import type { Cluster } from '../model/cluster.js';
import type { Inventory } from '../model/inventory.js';
import { list, printable } from '../model/names.js';
import type { OpenRequest } from '../model/request.js';
import { wakeUps, wokenBuilders } from '../model/wake.js';
import type { Woken } from '../model/wake.js';
import type { Clock } from './clock.js';
import type { Log } from './log.js';
import type { Store } from './store.js';
import type { WakeUps } from './wake-ups.js';

export interface WakingOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly wakeUps: WakeUps;
  /** Asked before each look: the file may have been taken over anew. */
  readonly inventory: () => Inventory;
  /** Whether this master is the one that does it; also asked each time. */
  readonly isMine: () => boolean;
}

/** Requests that come one after the other wake a master once. */
const pauseMs = 1000;
/** Who could not be woken, or had no worker for it, is tried again. */
const lookAgainMs = 60_000;
/** A look that has failed has told nobody: a deadlock is over by then, or a database back. */
const failedMs = 5000;

/** Goes on until the signal. What cannot be woken is told, and tried again. */
export async function wakeBuildbots(options: WakingOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  const alarm = options.wakeUps.alarm(['requests']);
  const waking = new Waking(options);
  while (!signal.aborted) {
    let restMs = lookAgainMs;
    try {
      await waking.look(signal);
    } catch (error) {
      restMs = failedMs;
      // Whatever it is, the master has more important things to do.
      log.warn(`cannot look for requests of Buildbot masters: ${(error as Error).message}`);
    }
    await clock.sleep(pauseMs, signal);
    await alarm.wait(restMs, signal);
  }
  alarm.close();
}

class Waking {
  private readonly options: WakingOptions;
  /** Requests that wait, and whose masters know. */
  private told = new Set<number>();
  /** By master: a trouble that lasts is told once. */
  private readonly troubles = new Map<string, string>();

  constructor(options: WakingOptions) {
    this.options = options;
  }

  async look(signal: AbortSignal): Promise<void> {
    const inventory = ofBuildbots(this.options.inventory());
    if (!this.options.isMine() || inventory.masters.length === 0) return;
    const waiting = (await this.options.store.glance(readOpenRequests)).filter(({ claim }) => claim === null);
    const news = waiting.filter(({ id }) => !this.told.has(id));
    const unheard = news.length === 0 ? new Set<number>() : await this.tell(inventory, news, signal);
    this.told = new Set(waiting.filter(({ builderId }) => !unheard.has(builderId)).map(({ id }) => id));
  }

  /** Returns the builders (`builders.id`) for which nobody looks now who could be told to. */
  private async tell(inventory: Inventory, news: readonly OpenRequest[], signal: AbortSignal): Promise<Set<number>> {
    const { store } = this.options;
    const cluster = await store.read((tx) => snapshot(tx, store.label));
    const wanted = wakeUps(cluster, new Set(news.map(({ builderId }) => builderId)));
    // Programs that wake may take their time, and have no hold on a master that stops.
    const woken = await unlessAborted(signal, wakeMasters(wanted, { inventory, byReconfig: false }));
    if (signal.aborted) return new Set();
    for (const one of woken) this.report(one);
    const asked = new Map(wanted.map(({ master, builders }) => [master, builders]));
    const awake = wokenBuilders(woken);
    const unheard = woken.flatMap(({ master }) => asked.get(master) ?? []).filter((name) => !awake.has(name));
    return idsOf(cluster, unheard);
  }

  private report({ master, builders, error }: Woken): void {
    const { log } = this.options;
    if (builders.length > 0) log.info('woke a Buildbot master', { master, builders: list(builders.map(printable)) });
    if (error !== null && this.troubles.get(master) !== error) log.warn(`a Buildbot master does not look for requests: ${error}`, { master }); // prettier-ignore
    if (error === null) this.troubles.delete(master);
    else this.troubles.set(master, error);
  }
}

/** Masters of bbctl's own hear for themselves. */
function ofBuildbots(inventory: Inventory): Inventory {
  return {
    ...inventory,
    masters: inventory.masters.filter(({ kind, control }) => kind === 'buildbot' && control.wake),
  };
}

function idsOf({ builders }: Cluster, names: readonly string[]): Set<number> {
  return new Set(builders.filter(({ name }) => names.includes(name)).map(({ id }) => id));
}

/** Nothing, when the signal comes first. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T[]>): Promise<T[]> {
  let give = (): void => {};
  const nothing = new Promise<T[]>((resolve) => (give = () => resolve([])));
  signal.addEventListener('abort', give);
  if (signal.aborted) give();
  try {
    return await Promise.race([work, nothing]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}
