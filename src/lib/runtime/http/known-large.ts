import type { KnownLarge } from '../../db/data/collection.js';
import type { Clock } from '../clock.js';

/** What has so many rows has them a minute later, too. */
const rememberedMs = 60_000;
const mostRemembered = 1000;

/** Collections that were found to have more rows than are counted: they need not be counted again for each page. */
export function rememberLarge(clock: Clock): KnownLarge {
  const until = new Map<string, number>();
  return {
    has: (what) => (until.get(what) ?? -Infinity) > clock.monotonicMs(),
    add: (what) => {
      if (until.size >= mostRemembered) until.clear();
      until.set(what, clock.monotonicMs() + rememberedMs);
    },
  };
}
