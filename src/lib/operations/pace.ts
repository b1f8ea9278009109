import { isLateBeat, lateBeatSeconds } from '../model/master.js';
import { list, printable } from '../model/names.js';
import type { Database } from '../db/connect.js';
import { readHearts } from '../db/hearts.js';
import type { Pace } from '../operation.js';

const looksEveryMs = 2000;
const patienceMs = 60_000;

/** A pause between batches; waits while a master whose heart beat in time is late with its next beat. */
export function gentlePace(pauseMs: number): Pace {
  let looked = -Infinity;
  let watched: Set<number> | null = null;
  return {
    pauseMs,
    patienceMs,
    hold: async (database: Database) => {
      // While it is held up it looks each time.
      if (performance.now() - looked < looksEveryMs) return null;
      const hearts = await readHearts(database);
      const late = hearts.filter((heart) => heart.active && isLateBeat(heart.age));
      watched ??= new Set(hearts.filter((heart) => heart.active && !isLateBeat(heart.age)).map((heart) => heart.id));
      const slowed = late.filter((heart) => watched?.has(heart.id));
      if (slowed.length > 0) return `the heart of ${list(slowed.map((heart) => printable(heart.name)), 3)} has not beaten for ${lateBeatSeconds}s`; // prettier-ignore
      looked = performance.now();
      return null;
    },
  };
}
