/** The one that was probably meant; `null` where none is like it. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let least = Math.min(3, Math.ceil(word.length / 2.5));
  for (const candidate of candidates) {
    const distance = distanceBetween(folded(word), folded(candidate), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** `tree_stable-timer` and `treeStableTimer` are spellings of one word. */
function folded(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** How many characters must be put in, left out, replaced or swapped with their neighbour; not counted beyond `limit`. */
function distanceBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same, swapped));
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
