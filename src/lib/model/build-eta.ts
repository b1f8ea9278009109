/** Fewer builds than this say nothing of the next one. */
const fewest = 3;

/**
 * How much longer a build is likely to run, in seconds: the median of those durations of its builder that are longer than
 * it has run already, less that. `null`: too few are known, or it has run longer than each of them.
 */
export function secondsLeft(elapsed: number, durations: readonly number[]): number | null {
  const longer = durations.filter((duration) => duration > elapsed).sort((a, b) => a - b);
  if (durations.length < fewest || longer.length === 0) return null;
  const middle = Math.floor(longer.length / 2);
  const median = longer.length % 2 === 1 ? longer[middle]! : (longer[middle - 1]! + longer[middle]!) / 2;
  return median - elapsed;
}
