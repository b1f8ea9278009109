import type { ChangeCursor, Gap } from './change-cursor.js';
import type { KeptTimer } from './stable-timers.js';

/** What a scheduler of changes remembers, whoever runs it. */
export interface ChangeState {
  readonly cursor: ChangeCursor;
  readonly timers: readonly KeptTimer[];
  /** No buildset up to this id is one that another master made of changes above the cursor. */
  readonly buildset: number;
}

/** As JSON, in few characters: MySQL's column holds 64 KiB. */
export function keptState({ cursor: { seen, gaps }, timers, buildset }: ChangeState): unknown {
  return { seen, gaps: gaps.map(({ from, to, since }) => [from, to, since]), timers, buildset };
}

/** `null` where there is none, or none that is understood: then it begins anew, as Buildbot does. */
export function parseState(value: unknown): ChangeState | null {
  const { seen, gaps, timers, buildset } = (value ?? {}) as Record<string, unknown>;
  if (typeof seen !== 'number' || typeof buildset !== 'number' || !isRows(gaps, 3) || !isRows(timers, 2)) return null;
  return {
    cursor: { seen, gaps: gaps.map(([from = 0, to = 0, since = 0]): Gap => ({ from, to, since })) },
    timers: timers.map(([id = 0, at = 0]): KeptTimer => [id, at]),
    buildset,
  };
}

function isRows(value: unknown, length: number): value is number[][] {
  return (
    Array.isArray(value) &&
    value.every((row) => Array.isArray(row) && row.length === length && row.every((one) => typeof one === 'number'))
  );
}
