// Kills bbctl (SIGKILL) at one place of a change.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Place } from './killed-gate.js';

export function titleOf(place: Place): string {
  if (place.at === 'before close') return 'after the last step, before the journal is closed';
  if (place.at === 'before write') return `in step ${place.step}, journaled, before write ${place.write}`;
  return `${place.at} ${place.step}`;
}

export async function killAt(place: Place, url: string, journal: string, work = 'expire'): Promise<void> {
  const program = new URL('./killed-gate.js', import.meta.url);
  const child = fork(program, [url, journal, JSON.stringify(place), work]);
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (signal !== 'SIGKILL') throw new Error(`it was not killed ${titleOf(place)}: that place is never reached`);
}
