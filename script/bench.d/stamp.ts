import { createHash } from 'node:crypto';

/** A cached database is used again only if it would be made the same way. */
export function fingerprint(...recipe: unknown[]): string {
  return createHash('sha1').update(JSON.stringify(recipe)).digest('hex').slice(0, 10);
}

export const secondsNow = (): number => Math.floor(Date.now() / 1000);
