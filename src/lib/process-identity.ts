import { readdirSync, readFileSync } from 'node:fs';

/**
 * A process as no other process has ever been one, since the machine was started: its number, when it began, and the start
 * of the machine. `null`: there is none with this number (or no way to tell, where there is no /proc).
 */
export function identityOf(pid: number): string | null {
  const stat = statOf(pid);
  return stat === null ? null : `${pid}.${stat.began}.${bootId()}`;
}

/** Does the very process still live? */
export function isAlive(identity: string): boolean {
  return identityOf(pidOf(identity)) === identity;
}

export function pidOf(identity: string): number {
  return Number(identity.split('.')[0]);
}

/** A group is not gone while its number is taken, but those who have ended, and whom nobody asks how, do nothing more. */
export function hasLivingMembers(group: number): boolean {
  const pids = processIds();
  return pids.length === 0 || pids.some((pid) => statOf(pid)?.group === group);
}

/** Of every process; none where there is no /proc. */
export function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

export interface ProcessStat {
  readonly group: number;
  /** In ticks of the kernel, since the machine was started. */
  readonly began: string;
}

/** Of a process that has not ended; `null`: it has, though nobody may have asked how, or there never was one. */
export function statOf(pid: number): ProcessStat | null {
  // The name, in brackets, may have spaces and brackets.
  const [state, , group, ...rest] =
    textOf(`/proc/${pid}/stat`)
      ?.replace(/^.*\) /s, '')
      .split(' ') ?? [];
  const began = rest[16];
  return /^[ZXx]/.test(state ?? '') || began === undefined ? null : { group: Number(group), began };
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
