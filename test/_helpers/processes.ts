import { readFileSync } from 'node:fs';

/** A zombie, whom only its parent still has to ask, does not run. */
export function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
