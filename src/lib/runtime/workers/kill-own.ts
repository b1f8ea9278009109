import { killOne, markedProcesses, newMark } from './marks.js';

/** Kills every process that this one has started for a build, and waits for none. */
export function killOwn(): void {
  const [self = ''] = newMark('').split(':');
  for (const one of markedProcesses()) if (one.mark.startsWith(`${self}:`)) killOne(one, 'SIGKILL');
}
