import { groupBy } from './group-by.js';
import type { SourcedProperties } from './buildset.js';
import type { PendingRequest } from './pending.js';
import { pythonJson } from './python-json.js';

/** What is to be built of one codebase, as far as it matters here. */
interface CollapsibleStamp {
  readonly codebase: string;
  readonly repository: string;
  readonly branch: string | null;
  readonly revision: string | null;
  readonly project: string;
  readonly patch: object | null;
  readonly changes: readonly unknown[];
}

/**
 * Requests of one builder whose buildsets have the same are equal to Buildbot: the same of each codebase (of changes the
 * latest, so their revisions do not matter), and the same properties of the scheduler but for its name. `null`: with a
 * patch nothing is equal.
 */
export function collapseKey(contents: {
  readonly properties: SourcedProperties;
  readonly stamps: readonly CollapsibleStamp[];
}): string | null {
  if (contents.stamps.some(({ patch }) => patch !== null)) return null;
  const stamps = contents.stamps.map(({ codebase, repository, branch, revision, project, changes }) => {
    const what = changes.length > 0 ? { changes: true } : { revision };
    return [codebase, repository, branch, project, what];
  });
  const properties = Object.entries(contents.properties)
    .filter(([name, [, source]]) => name !== 'scheduler' && source === 'Scheduler')
    .map(([name, [value]]) => [name, value]);
  return pythonJson([sorted(stamps), sorted(properties)]);
}

function sorted(entries: readonly (readonly unknown[])[]): readonly (readonly unknown[])[] {
  return [...entries].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
}

/** Of the equal ones the newest stays: the others need not be built. */
export function collapsed(
  requests: readonly PendingRequest[],
  keyOf: (buildsetId: number) => string | null,
): PendingRequest[] {
  const groups = groupBy(requests, ({ builderId, buildsetId, id }) => {
    const key = keyOf(buildsetId);
    return key === null ? `alone ${id}` : `${builderId} ${key}`;
  });
  return [...groups.values()].flatMap((equal) => {
    const newest = Math.max(...equal.map(({ id }) => id));
    return equal.filter(({ id }) => id !== newest);
  });
}
