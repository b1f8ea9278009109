/**
 * How far a scheduler has come in `changes`. Ids are given before they are committed, so a lower one may come to be
 * seen after a higher one: those that were missing are looked for again.
 */
export interface ChangeCursor {
  /** The highest id that was seen. */
  readonly seen: number;
  /** Ids below it that were not there, lowest first. */
  readonly gaps: readonly Gap[];
}

export interface Gap {
  readonly from: number;
  readonly to: number;
  /** When they were first found missing, epoch seconds. */
  readonly since: number;
}

/** A transaction that is open for longer is none that inserts a change. */
export const gapSeconds = 600;

/** State has room for 64 KiB on MySQL; of more missing ids than this the lowest are given up. */
const mostMissing = 1000;

export function missingIds({ gaps }: ChangeCursor): number[] {
  return gaps.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
}

/** After these ids were seen: missing ones that have come, and all new ones up to the highest. `now` is epoch seconds. */
export function advance(cursor: ChangeCursor, ids: readonly number[], now: number): ChangeCursor {
  const seen = Math.max(cursor.seen, ...ids);
  const there = [...new Set(ids)].sort((a, b) => a - b);
  const young = cursor.gaps.filter(({ since }) => now - since < gapSeconds);
  const room = seen > cursor.seen ? [{ from: cursor.seen + 1, to: seen, since: now }] : [];
  return { seen, gaps: newest([...young, ...room].flatMap((gap) => without(gap, there))) };
}

/** What is left of a gap. */
function without({ from, to, since }: Gap, there: readonly number[]): Gap[] {
  const filled = there.filter((id) => id >= from && id <= to);
  const edges = [from - 1, ...filled, to + 1];
  const between = edges.slice(1).map((edge, index) => ({ from: (edges[index] ?? edge) + 1, to: edge - 1, since }));
  return between.filter((gap) => gap.from <= gap.to);
}

function newest(gaps: readonly Gap[]): Gap[] {
  const kept: Gap[] = [];
  let room = mostMissing;
  for (const gap of [...gaps].reverse()) {
    if (room <= 0) break;
    const from = Math.max(gap.from, gap.to - room + 1);
    kept.unshift({ ...gap, from });
    room -= gap.to - from + 1;
  }
  return kept;
}

/** When to look for what is missing: often at first, then ever less; `null`: nothing is. */
export function lookAgainMs({ gaps }: ChangeCursor, now: number): number | null {
  if (gaps.length === 0) return null;
  const age = now - Math.max(...gaps.map(({ since }) => since));
  return Math.min(Math.max(age * 500, 500), 10_000);
}

/**
 * The highest change that another master has scheduled since, of those above the cursor. `buildsets` has a source stamp
 * for each time that it was scheduled: where several changes have the same one, only as many of them were handled.
 */
export function highestHandled(
  changes: readonly { readonly id: number; readonly sourceStampId: number }[],
  buildsets: readonly number[],
): number {
  const times = new Map<number, number>();
  for (const stamp of buildsets) times.set(stamp, (times.get(stamp) ?? 0) + 1);
  let highest = 0;
  for (const { id, sourceStampId } of [...changes].sort((a, b) => a.id - b.id)) {
    const left = times.get(sourceStampId) ?? 0;
    if (left > 0) highest = id;
    times.set(sourceStampId, left - 1);
  }
  return highest;
}
