/** Masters that are started together, and those that are drained together once all of them are there. */
export interface Wave<Start, Old> {
  readonly start: readonly Start[];
  readonly old: readonly Old[];
}

/** One by one a new master comes for each old one; new ones beyond that come with the first, old ones go after the others. */
export function wavesOf<Start, Old>(
  start: readonly Start[],
  old: readonly Old[],
  oneByOne: boolean,
): Wave<Start, Old>[] {
  if (!oneByOne || old.length <= 1) return [{ start, old }];
  const extra = Math.max(0, start.length - old.length);
  return old.map((one, index) => ({
    start: index === 0 ? start.slice(0, extra + 1) : start.slice(extra + index, extra + index + 1),
    old: [one],
  }));
}
