import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './errors.js';
import type { Look, Outlet } from './ui/watch-outlets.js';

export interface Watch {
  readonly look: () => Promise<Look>;
  readonly describe: (failure: Failure) => Look;
  readonly outlet: Outlet;
  /** From the end of a look to the next one: slow looks do not pile up. */
  readonly seconds: number;
}

/**
 * Looks again and again until a signal ends it, which gives the exit status. A first look that fails ends it too: what
 * was never seen is a wrong call more likely than a database that is away. Later failures are shown, and it goes on.
 */
export async function watch({ look, describe, outlet, seconds }: Watch): Promise<void> {
  const ending = new AbortController();
  const stopListening = onEnd((signal) => ending.abort(signal));
  const ended = new Promise<void>((resolve) => ending.signal.addEventListener('abort', () => resolve()));
  const turn = async (isFirst: boolean): Promise<void> => {
    try {
      const seen = await look();
      if (!ending.signal.aborted) outlet.show(seen);
    } catch (error) {
      if (ending.signal.aborted) return;
      if (isFirst || !(error instanceof Failure)) throw error;
      outlet.fail(describe(error));
    }
  };
  try {
    for (let turns = 0; !ending.signal.aborted; turns++) {
      await Promise.race([turn(turns === 0), ended]);
      await sleep(seconds * 1000, undefined, { signal: ending.signal }).catch(() => {});
    }
    process.exitCode = 128 + constants.signals[ending.signal.reason as NodeJS.Signals];
  } finally {
    outlet.end();
    stopListening();
  }
}

function onEnd(end: (signal: NodeJS.Signals) => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, end);
  return () => signals.forEach((signal) => process.off(signal, end));
}
