import { randomUUID } from 'node:crypto';
import { identityOf, isAlive, processIds, textOf } from '../../process-identity.js';

/** What every process of a build has in its environment, and what they start, unless they take it out. */
export const markVariable = 'BBCTL_BUILD';

/** `MASTER-PROCESS:ID:FOLDER`, for one command. */
export function newMark(folder: string): string {
  return [identityOf(process.pid) ?? process.pid, randomUUID(), folder].join(':');
}

/** A process that lives, and what it was started for. */
export interface Marked {
  readonly pid: number;
  readonly identity: string;
  readonly mark: string;
}

/** Those whose environment this user may read, and that have a mark. */
export function markedProcesses(): Marked[] {
  return processIds().flatMap((pid) => {
    const identity = identityOf(pid);
    const mark = textOf(`/proc/${pid}/environ`)?.split('\0').find((entry) => entry.startsWith(`${markVariable}=`)); // prettier-ignore
    return identity === null || mark === undefined
      ? []
      : [{ pid, identity, mark: mark.slice(markVariable.length + 1) }];
  });
}

/** Of a master that has ended, in this folder or below it. */
export function isLeftOver(mark: string, folder: string): boolean {
  const [master = '', , ...rest] = mark.split(':');
  const where = rest.join(':');
  return (where === folder || where.startsWith(`${folder}/`)) && !isAlive(master);
}

/** Never another process that has come to have the same number. */
export function killOne({ pid, identity }: Pick<Marked, 'pid' | 'identity'>, signal: NodeJS.Signals): void {
  if (pid !== process.pid && isAlive(identity)) sendSignal(pid, signal);
}

/** To a process, or to a group where the number is negative. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
