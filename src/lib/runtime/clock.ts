import { setTimeout as sleep } from 'node:timers/promises';

/** The time of a process: of nothing else can it know how long ago something was. */
export interface Clock {
  /** Never goes back; its zero means nothing. */
  monotonicMs(): number;
  /** Returns early when the signal is aborted; never throws. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Timers of Node hold no more. */
const longestMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(Math.min(Math.max(ms, 0), longestMs), undefined, { signal }).catch(() => {});
  },
};
