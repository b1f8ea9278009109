import { readFileSync } from 'node:fs';

/**
 * A process as no other process has ever been one, since the machine was started: its number, when it began, and the start
 * of the machine. `null`: there is none with this number (or no way to tell, where there is no /proc).
 */
export function identityOf(pid: number): string | null {
  const began = startTimeOf(pid);
  return began === null ? null : `${pid}.${began}.${bootId()}`;
}

/** Does the very process still live? */
export function isAlive(identity: string): boolean {
  const pid = Number(identity.split('.')[0]);
  return Number.isInteger(pid) && pid > 0 && identityOf(pid) === identity;
}

/** In ticks of the kernel; a zombie has ended. */
function startTimeOf(pid: number): string | null {
  // Its name, in brackets, may have spaces and brackets.
  const fields = textOf(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ');
  return fields === undefined || fields[0] === 'Z' ? null : (fields[19] ?? null);
}

function bootId(): string {
  return textOf('/proc/sys/kernel/random/boot_id')?.slice(0, 8) ?? '';
}

/** `null`: the process has ended, or it is somebody else's. */
export function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
