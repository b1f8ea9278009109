/** What a master of bbctl's own publishes of itself, so that everybody judges it by what it lives by. */
export interface Run {
  /** A random id of this very process. */
  readonly incarnation: string;
  /** Seconds of silence after which the others declare it dead. */
  readonly expireAfter: number;
  /** `masters.last_active` as it wrote it itself: where the row says something else, somebody else has written it. */
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

/** What is kept of a master, whoever runs under its name by now. */
export interface Published {
  readonly run: Run | null;
  readonly offer: Offer;
}

/**
 * The run that a master's row is of; `null` where a Buildbot has beaten under that name since, or its heartbeat was
 * reset. Who beats between two looks has published what is newer than its row, which a Buildbot never does.
 */
export function runOf(published: Published | undefined, lastActive: number): Run | null {
  const run = published?.run ?? null;
  return run !== null && lastActive > 0 && run.beat >= lastActive ? run : null;
}

/** `null`: not what a master publishes. */
export function asRun(value: unknown): Run | null {
  const { incarnation, expireAfter, beat, startedAt } = (value ?? {}) as Partial<Record<keyof Run, unknown>>;
  const isRun =
    typeof incarnation === 'string' && [expireAfter, beat, startedAt].every((number) => typeof number === 'number');
  return isRun ? (value as Run) : null;
}

export function asOffer(value: unknown): Offer {
  const { schedulers, changeSources } = (value ?? {}) as Partial<Record<keyof Offer, unknown>>;
  const names = (list: unknown): string[] =>
    Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];
  return { schedulers: names(schedulers), changeSources: names(changeSources) };
}
