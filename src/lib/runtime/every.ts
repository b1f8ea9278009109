import type { Clock } from './clock.js';

/** Does the work at once and then again at each interval, counted from where the last one began, until the signal. */
export async function every(
  { clock, ms, signal }: { readonly clock: Clock; readonly ms: number; readonly signal: AbortSignal },
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const begun = clock.monotonicMs();
    await work();
    await clock.sleep(begun + ms - clock.monotonicMs(), signal);
  }
}
