// Programs that kill themselves (SIGKILL) in the middle of a change; see killed-gate.ts.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestDatabase } from './database.js';
import type { Place } from './killed-gate.js';

/** False: it ended before it came to that place. */
export async function isKilled(place: Place, url: string, journal: string, work: string): Promise<boolean> {
  const program = new URL('./killed-gate.js', import.meta.url);
  const child = fork(program, [url, journal, JSON.stringify(place), work]);
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (signal !== 'SIGKILL' && status !== 0) throw new Error(`${work} ended with status ${status}`);
  return signal === 'SIGKILL';
}

/** Kills it at random writes, each time further on, until it is done. How often it was killed. */
export async function killedUntilDone(
  db: TestDatabase,
  journal: string,
  work: string,
  random: () => number,
): Promise<number> {
  for (let kills = 0; ; kills++) {
    const write = Math.floor(random() * (4 + 6 * kills));
    if (!(await isKilled({ at: 'before any write', write }, db.url, journal, work))) return kills;
  }
}

/** The same numbers each time, from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    const more = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((more ^ (more >>> 14)) >>> 0) / 2 ** 32;
  };
}
