import type { Left } from '../model/drain.js';
import { progressKey, progressLine } from './views/shut-down.js';

/** A line for each master of which something has changed. */
export function plainProgress(): (masters: readonly Left[]) => void {
  const shown = new Map<number, string>();
  return (masters) => {
    for (const left of masters) {
      const key = progressKey(left);
      if (shown.get(left.id) !== key) process.stdout.write(`${progressLine(left)}\n`);
      shown.set(left.id, key);
    }
  };
}
