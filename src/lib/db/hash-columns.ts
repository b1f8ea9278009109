import { createHash } from 'node:crypto';

/** Buildbot's hash of the columns that make a row unique: SHA-1 of them all, joined by NUL, with a byte for NULL. */
export function hashColumns(...values: readonly (string | number | null)[]): string {
  const hash = createHash('sha1');
  for (const [index, value] of values.entries()) {
    if (index > 0) hash.update('\0');
    hash.update(value === null ? nullByte : Buffer.from(String(value), 'utf8'));
  }
  return hash.digest('hex');
}

/** No UTF-8 text has it. */
const nullByte = Buffer.from([0xf5]);

/** A text that is too long for its column, as Buildbot shortens it: its first half, and as much of its hash. */
export function fitted(text: string, length: number): string {
  const characters = [...text];
  if (characters.length <= length) return text;
  const half = Math.floor(length / 2);
  return characters.slice(0, half).join('') + hashColumns(text).slice(0, half);
}
