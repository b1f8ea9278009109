import { setTimeout as sleep } from 'node:timers/promises';
import { hasLivingMembers } from '../../process-identity.js';
import { killOne, markedProcesses, sendSignal, type Marked } from './marks.js';

/** Nothing tells that a group has no members any more. */
const lookEveryMs = 50;

/** Ends the process group, and what has left it but has its mark: asked first, and killed after a while. */
export async function killAll(group: number | undefined, mark: string, killAfterMs: number): Promise<void> {
  if (group === undefined) return;
  const isOurs = (one: Marked): boolean => one.mark === mark;
  signalAll(group, isOurs, 'SIGTERM');
  const until = performance.now() + killAfterMs;
  while (isThere(group, isOurs)) {
    if (performance.now() >= until) return void signalAll(group, isOurs, 'SIGKILL');
    await sleep(lookEveryMs);
  }
}

function signalAll(group: number, isOurs: (one: Marked) => boolean, signal: NodeJS.Signals): void {
  sendSignal(-group, signal);
  for (const one of markedProcesses().filter(isOurs)) killOne(one, signal);
}

function isThere(group: number, isOurs: (one: Marked) => boolean): boolean {
  return (sendSignal(-group, 0) && hasLivingMembers(group)) || markedProcesses().some(isOurs);
}
