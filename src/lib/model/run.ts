/** What a master of bbctl's own publishes of itself, so that everybody judges it by what it lives by. */
export interface Run {
  /** A random id of this very process. */
  readonly incarnation: string;
  /** Seconds of silence after which the others declare it dead. */
  readonly expireAfter: number;
  /** `masters.last_active` as it wrote it itself, just before: where the row is ahead of it, somebody else has written it. */
  readonly beat: number;
  /** Epoch seconds. */
  readonly startedAt: number;
}

/** The clustered services that it would run, by name. */
export interface Offer {
  readonly schedulers: readonly string[];
  readonly changeSources: readonly string[];
}

export const noOffer: Offer = { schedulers: [], changeSources: [] };

/** How a master runs, and where it can be asked. */
export interface Condition {
  readonly state: 'active' | 'draining';
  /** `host:port` of its REST API; `null`: it has none. */
  readonly listen: string | null;
}

/** What is kept of a master, whoever runs under its name by now. */
export interface Published extends Condition {
  readonly run: Run | null;
  readonly offer: Offer;
}

/** The run of what is published, as `runOfRow` has it. */
export function runOf(published: Published | undefined, lastActive: number): Run | null {
  return runOfRow(published?.run ?? null, lastActive);
}

/** `null`: not what a master publishes. */
export function asRun(value: unknown): Run | null {
  const { incarnation, expireAfter, beat, startedAt } = (value ?? {}) as Partial<Record<keyof Run, unknown>>;
  const isRun =
    typeof incarnation === 'string' && [expireAfter, beat, startedAt].every((number) => typeof number === 'number');
  return isRun ? (value as Run) : null;
}

/**
 * The run that a master's row belongs to; `null` where a Buildbot has run under the name since, whose heartbeat is a later
 * one, or its heartbeat was reset. The row may be behind: whoever reads them one after the other (the row first) may see a beat between the two, and
 * without transactions a beat may be cut off there.
 */
export function runOfRow(run: Run | null, lastActive: number): Run | null {
  return run !== null && lastActive > 0 && lastActive <= run.beat ? run : null;
}

export function asOffer(value: unknown): Offer {
  const { schedulers, changeSources } = (value ?? {}) as Partial<Record<keyof Offer, unknown>>;
  const names = (list: unknown): string[] =>
    Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];
  return { schedulers: names(schedulers), changeSources: names(changeSources) };
}
