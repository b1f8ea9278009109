import type { Change, Importance } from './change-filter.js';
import { groupBy } from './group-by.js';

/** A change that waits until its tree is stable. */
export interface PendingChange extends Change {
  readonly importance: Importance;
}

/** Changes that are built together, once nothing has come for a while. */
export interface StableTimer {
  /** Lowest id first. */
  readonly changes: readonly PendingChange[];
  /** When the last one came that counts, epoch seconds; `null`: none of them is important, it does not run. */
  readonly restartedAt: number | null;
}

/** As it is kept: one of the timer's changes, and when it was restarted. */
export type KeptTimer = readonly [changeId: number, restartedAt: number];

/** More would not fit into MySQL's column; those that are left out run again from the next look on. */
const mostKept = 2000;

/**
 * The timers after a look: `pending` are all that wait, `fresh` those that have come just now. An important one starts
 * its timer, any one restarts it. One that nobody has kept starts now: the changes are those of another master.
 */
export function stableTimers(
  kind: 'any-branch' | 'single-branch',
  pending: readonly PendingChange[],
  kept: readonly KeptTimer[],
  fresh: ReadonlySet<number>,
  now: number,
): StableTimer[] {
  const times = new Map(kept);
  return [...grouped(kind, pending).values()].map((changes) => {
    if (!changes.some(({ importance }) => importance === 'important')) return { changes, restartedAt: null };
    const known = changes.flatMap(({ id }) => times.get(id) ?? []);
    const isRestarted = known.length === 0 || changes.some(({ id }) => fresh.has(id));
    return { changes, restartedAt: isRestarted ? now : Math.max(...known) };
  });
}

function grouped(
  kind: 'any-branch' | 'single-branch',
  pending: readonly PendingChange[],
): Map<string, PendingChange[]> {
  const inOrder = [...pending].sort((a, b) => a.id - b.id);
  return groupBy(inOrder, (change) => (kind === 'single-branch' ? '' : branchOf(change)));
}

function branchOf({ codebase, project, repository, branch }: Change): string {
  return JSON.stringify([codebase, project, repository, branch]);
}

export function keptTimers(timers: readonly StableTimer[]): KeptTimer[] {
  const running = timers.flatMap(({ changes: [first], restartedAt }): KeptTimer[] =>
    first && restartedAt !== null ? [[first.id, restartedAt]] : [],
  );
  return running.slice(0, mostKept);
}

/** Has its tree been stable for long enough? A clock that was set back must not make it wait for ever. */
export function isDue({ restartedAt }: StableTimer, stableMs: number, now: number): boolean {
  return restartedAt !== null && (restartedAt > now + stableMs / 1000 || msUntilDue(restartedAt, stableMs, now) <= 0);
}

/** When the next of these is due; `null`: none runs. */
export function nextDueMs(timers: readonly StableTimer[], stableMs: number, now: number): number | null {
  const waits = timers.flatMap(({ restartedAt }) =>
    restartedAt === null ? [] : [Math.max(0, msUntilDue(restartedAt, stableMs, now))],
  );
  return waits.length === 0 ? null : Math.min(...waits);
}

function msUntilDue(restartedAt: number, stableMs: number, now: number): number {
  return Math.ceil((restartedAt - now) * 1000 + stableMs);
}
