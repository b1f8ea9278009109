/** Buildbot's results, by their number. */
export const resultNames = ['success', 'warnings', 'failure', 'skipped', 'exception', 'retry', 'cancelled'] as const;

/** A result that nobody knows is told by its number. */
export function resultName(result: number): string {
  return resultNames[result] ?? String(result);
}

export const success = 0;
export const warnings = 1;
export const failure = 2;
export const skipped = 3;
export const exception = 4;
export const retry = 5;
export const cancelled = 6;

/** From the worst to the best, as Buildbot takes them together. */
const badness = [cancelled, retry, exception, failure, warnings, success, skipped];

export function worstOf(results: readonly number[]): number {
  return badness.find((result) => results.includes(result)) ?? success;
}

/** What the result of a step means for its build. */
export interface Weights {
  readonly haltOnFailure: boolean;
  readonly flunkOnFailure: boolean;
  readonly warnOnFailure: boolean;
}

/** The result of a build after a step, and whether it is over but for what is always run. */
export function afterStep(
  weights: Weights,
  result: number,
  before: number,
): { readonly results: number; readonly isOver: boolean } {
  const isEnd = [exception, retry, cancelled].includes(result);
  const isOver = isEnd || (result === failure && weights.haltOnFailure);
  return { results: worstOf([before, weighed(weights, result)]), isOver };
}

/** Warnings alone say nothing of the build, as Buildbot's steps are unless they are told otherwise. */
function weighed({ flunkOnFailure, warnOnFailure }: Weights, result: number): number {
  if (result === warnings) return success;
  if (result !== failure || flunkOnFailure) return result;
  return warnOnFailure ? warnings : success;
}

/** Is the state of a step that ended so told with its build's? */
export function isTold({ haltOnFailure, flunkOnFailure, warnOnFailure }: Weights, result: number): boolean {
  if (result === failure) return haltOnFailure || flunkOnFailure || warnOnFailure;
  return [exception, retry, cancelled].includes(result);
}

const outcomes: Readonly<Record<number, string>> = {
  [failure]: 'failed',
  [warnings]: 'warnings',
  [exception]: 'exception',
  [retry]: 'retry',
  [cancelled]: 'cancelled',
};

/** The state of a build that has ended, in Buildbot's words: `failed 'make test' (failure)`. */
export function buildState(results: number, stoppedBecause: string | null, told: readonly string[]): string {
  const why = stoppedBecause === null ? [] : [`(${stoppedBecause})`];
  return [outcomes[results] ?? 'build successful', ...why, ...told].join(' ');
}

const manyNames = ['successes', 'warnings', 'failures', 'skipped', 'exceptions', 'retries', 'cancelled'];

/** `, 2 successes, 1 failure`: as Buildbot tells how many builds ended how. */
export function tallied(results: readonly number[]): string {
  return resultNames
    .map((name, result): [string, number] => [name, results.filter((one) => one === result).length])
    .map(([name, many], result) => (many === 0 ? '' : `, ${many} ${many > 1 ? manyNames[result] : name}`))
    .join('');
}
