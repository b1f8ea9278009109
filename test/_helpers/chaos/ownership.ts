import { expireAfter } from './cluster-text.js';
import { isWell, type Evidence } from './evidence.js';
import { time } from './served.js';

/** Did two masters ever act for one service at a time? By what they say themselves, and by what was written. */
export function ownershipProblems(evidence: Evidence): string[] {
  return [...overlaps(evidence), ...interleaved(evidence)];
}

/** One that was stopped or cut off does not know that it is over; all others do. */
function overlaps(evidence: Evidence): string[] {
  const { activities } = evidence;
  return activities.flatMap(
    (taken) =>
    activities
      .filter((other) => other.service === taken.service && other.master !== taken.master)
      .filter((other) => other.from < taken.from && taken.from < other.until)
      .filter((other) => isWell(evidence, other.master, taken.from, expireAfter))
      .map((other) => `${taken.master} became active for ${taken.service} at ${time(taken.from)}, while ${other.master} was`), // prettier-ignore
  );
}

/** Whoever fires has become active since somebody else has fired. */
function interleaved({ records, logged, activities }: Evidence): string[] {
  const problems: string[] = [];
  const last = new Map<string, { master: string; at: number; buildset: number }>();
  for (const { id } of records.buildsets) {
    const firing = logged.get(id);
    if (!firing) continue;
    const before = last.get(firing.scheduler);
    const isNew = activities.some(
      (one) => one.service === firing.scheduler && one.master === firing.master && one.from > (before?.at ?? 0) - 1 && one.from <= firing.at + 1, // prettier-ignore
    );
    if (before && before.master !== firing.master && !isNew)
      problems.push(`${firing.master} wrote buildset ${id} of ${firing.scheduler} after ${before.master} wrote ${before.buildset}, without having taken it since`); // prettier-ignore
    last.set(firing.scheduler, firing);
  }
  return problems;
}
