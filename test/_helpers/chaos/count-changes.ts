import { plain, poller, stable } from './cluster-text.js';
import type { Count } from './count-firings.js';
import type { Evidence } from './evidence.js';

/** `expected`: the commits that there must be a change of; `known`: all that there ever were. */
export function countChanges({ records }: Evidence, expected: readonly string[], known: ReadonlySet<string>): Count {
  const revisions = records.changes.map(({ revision }) => revision);
  const there = new Set(revisions);
  return {
    name: poller,
    done: revisions.length,
    missing: expected.filter((revision) => !there.has(revision)).map((revision) => `no change for ${revision}`),
    double: [
      ...repeated(revisions).map((revision) => `${revision} has more than one change`),
      ...revisions.filter((revision) => !known.has(revision)).map((revision) => `${revision} was nobody's commit`),
    ],
  };
}

/** Every change by itself. */
export function countPlain({ records }: Pick<Evidence, 'records'>): Count {
  const built = stampsOf(records.buildsets, plain);
  const there = new Set(built);
  return {
    name: plain,
    done: built.length,
    missing: records.changes.filter(({ stamp }) => !there.has(stamp)).map(({ id }) => `${plain} has not built change ${id}`), // prettier-ignore
    double: repeated(built).map((stamp) => `${plain} has built source stamp ${stamp} more than once`),
  };
}

/** The last one of a branch stands for those before it. */
export function countStable({ records }: Pick<Evidence, 'records'>): Count {
  const built = stampsOf(records.buildsets, stable);
  const there = new Set(built);
  const last = new Map(records.changes.map((change) => [change.branch, change]));
  const unbuilt = [...last.values()].filter(({ stamp }) => !there.has(stamp));
  const waiting = records.pending > 0 ? [`${records.pending} changes still wait to be stable`] : [];
  return {
    name: stable,
    done: built.length,
    missing: [...unbuilt.map(({ id }) => `${stable} has not built change ${id}`), ...waiting],
    double: repeated(built).map((stamp) => `${stable} has built source stamp ${stamp} more than once`),
  };
}

function stampsOf(buildsets: Evidence['records']['buildsets'], name: string): number[] {
  return buildsets.filter(({ scheduler }) => scheduler === name).flatMap(({ stamps }) => stamps);
}

function repeated<T>(all: readonly T[]): T[] {
  const seen = new Set<T>();
  return all.filter((one) => seen.has(one) || !seen.add(one));
}
