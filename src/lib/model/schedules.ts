/** What is taken for a line of cron: as everywhere, without seconds or years. */
export const cronMode = '5-part';

/** When a timed scheduler fires, epoch seconds; `null`: never again. */
export interface Rhythm {
  /** For the first time, if it was first looked at then. */
  readonly first: (since: number) => number | null;
  readonly after: (lastBuild: number) => number | null;
}

/** What is known when a timed scheduler is looked at; all times are epoch seconds. */
export interface TimedSituation {
  readonly now: number;
  /** `null`: it has never fired. */
  readonly lastBuild: number | null;
  /** When a scheduler that has never fired was first looked at; `null`: this is the first time. */
  readonly since: number | null;
}

export type TimedDecision =
  /** `slot` is what it fires for; `lastBuild` is where its rhythm goes on from. */
  | { readonly kind: 'fire'; readonly slot: number; readonly lastBuild: number }
  | { readonly kind: 'wait'; readonly until: number | null }
  /** The last time is so far ahead that somebody's clock was wrong: the rhythm goes on from now. */
  | { readonly kind: 'correct'; readonly lastBuild: number };

/** A master whose clock is this far ahead is not believed; one that is less far may have fired for a slot to come. */
const believableSeconds = 600;

/** What was missed is made up for once, at once. */
export function decideFiring({ now, lastBuild, since }: TimedSituation, rhythm: Rhythm): TimedDecision {
  if (lastBuild !== null && lastBuild > now + believableSeconds) return { kind: 'correct', lastBuild: now };
  const slot = lastBuild === null ? rhythm.first(since ?? now) : rhythm.after(lastBuild);
  if (slot === null || slot > now) return { kind: 'wait', until: slot };
  const following = rhythm.after(slot);
  const wasMissed = following !== null && following <= now;
  return { kind: 'fire', slot, lastBuild: wasMissed ? now : slot };
}

/** Fires when it is first looked at, too. */
export function periodic(everyMs: number): Rhythm {
  return { first: (since) => since, after: (lastBuild) => lastBuild + everyMs / 1000 };
}
