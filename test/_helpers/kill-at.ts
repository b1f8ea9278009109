// Kills bbctl (SIGKILL) at one place of a change.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { EngineName } from './database.js';
import type { Place as AnyPlace } from './killed-gate.js';

/** A place in a step that is one transaction. */
export type Place = Exclude<AnyPlace, { at: 'before any write' }>;

/**
 * Within a transaction one place is as good as another; without (MyISAM) each leaves something else behind.
 * `writesOfStep`: how many statements of each step write.
 */
export function placesOn(engine: EngineName, writesOfStep: readonly number[]): Place[] {
  const steps = writesOfStep.flatMap((writes, step): Place[] => [
    { at: 'before step', step },
    ...Array.from({ length: engine === 'myisam' ? writes : 1 }, (_, write) => ({ at: 'before write' as const, step, write })), // prettier-ignore
    { at: 'before commit', step },
    { at: 'after commit', step },
  ]);
  return [...steps, { at: 'before close' }];
}

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

/** What the journal says of the steps at that moment: nothing that is not so. */
export function expectedStates(place: Place, writesOfStep: readonly number[]): string[] {
  if (place.at === 'before close') return writesOfStep.map(() => 'committed');
  const earlier = Array.from({ length: place.step }, () => 'committed');
  return place.at === 'before step' ? earlier : [...earlier, 'unknown'];
}
