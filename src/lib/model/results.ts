/** Buildbot's results, by their number. */
export const resultNames = ['success', 'warnings', 'failure', 'skipped', 'exception', 'retry', 'cancelled'] as const;

export const retry = 5;
export const cancelled = 6;

/** From the worst to the best, as Buildbot takes them together. */
const badness = [cancelled, retry, 4, 2, 1, 0, 3];

export function worstOf(results: readonly number[]): number {
  return badness.find((result) => results.includes(result)) ?? 0;
}
