/** Buildbot's results, by their number. */
export const resultNames = ['success', 'warnings', 'failure', 'skipped', 'exception', 'retry', 'cancelled'] as const;

export const success = 0;
export const warnings = 1;
export const failure = 2;
export const retry = 5;
export const cancelled = 6;

/** From the worst to the best, as Buildbot takes them together. */
const badness = [cancelled, retry, 4, 2, warnings, success, 3];

export function worstOf(results: readonly number[]): number {
  return badness.find((result) => results.includes(result)) ?? success;
}
