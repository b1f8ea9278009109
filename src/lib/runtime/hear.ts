import { readMarks, topics } from '../db/announcements.js';
import type { Marks, Topic } from '../db/announcements.js';
import type { Clock } from './clock.js';
import { every } from './every.js';
import type { Store } from './store.js';
import type { WakeUps } from './wake-ups.js';

/** Announcements of other processes: hears until the signal. */
export type Ear = (heard: (topic: Topic) => void, signal: AbortSignal) => Promise<void>;

interface Hearing {
  readonly store: Store;
  readonly clock: Clock;
  readonly wakeUps: WakeUps;
  readonly signal: AbortSignal;
  /** How often the marks of announcements are looked at. */
  readonly lookMs: number;
}

/** Looks at the marks that others leave, and wakes whoever waits for a topic that has a new one. */
export async function watchMarks({ store, clock, wakeUps, signal, lookMs }: Hearing): Promise<void> {
  let before: Marks | null = null;
  await every({ clock, ms: lookMs, signal }, async () => {
    const marks = await store.glance((tx) => readMarks(tx, wakeUps.watched)).catch(() => null);
    if (marks && before) wakeUps.announce(changed(before, marks));
    // After a time without the database anything may have been missed.
    if (marks && !before) wakeUps.announce(topics);
    before = marks;
  });
}

function changed(before: Marks, now: Marks): Topic[] {
  return topics.filter((topic) => before.get(topic) !== now.get(topic));
}
