import { topics } from '../db/announcements.js';
import { Database } from '../db/connect.js';
import { listen } from '../db/listen.js';
import type { Location } from '../db/url.js';
import { unlessAborted } from './aborted.js';
import type { Clock } from './clock.js';
import type { Ear } from './hear.js';
import type { Log } from './log.js';
import { Lanes } from './reading.js';
import type { Reader } from './reading.js';
import { ReopeningStore } from './store.js';
import type { Store } from './store.js';

export interface Stores {
  readonly heart: Store;
  readonly work: Store;
  readonly builds: Store;
}

export interface Opening {
  readonly location: Location;
  readonly expireAfterMs: number;
  readonly clock: Clock;
}

/** Somebody else's short write: SQLite's driver stops the whole process while it waits. */
const sqliteWaitMs = 100;

/**
 * What works holds the master's own row, for which the heart waits. Rather than wait for a lock of somebody else's any
 * longer it gives way, and does all of it again: the heart beats in between. InnoDB counts whole seconds.
 */
const lockWaitMs = { least: 1000, most: 2000 };
const heartWaitMs = 1500;

/** Three connections: whatever holds up the work, the heart beats, and builds are written. */
export function openStores({ location, expireAfterMs, clock }: Opening): Stores {
  const beatMs = Math.max(1000, Math.round(expireAfterMs / 4));
  const open = (purpose: string, timeoutMs: number) => (): Promise<Database> =>
    Database.open(location, {
      access: 'write',
      purpose,
      timeoutMs: location.engine === 'sqlite' ? sqliteWaitMs : timeoutMs,
      lockWaitMs: Math.min(lockWaitMs.most, Math.max(lockWaitMs.least, Math.round(beatMs / 2))),
      lockLeaseMs: Math.max(2000, Math.round(expireAfterMs / 2)),
    });
  return {
    heart: new ReopeningStore(location.label, open('master heart', Math.max(beatMs, heartWaitMs)), clock),
    work: new ReopeningStore(location.label, open('master', Math.max(beatMs, 10_000)), clock),
    builds: new ReopeningStore(location.label, open('master builds', Math.max(beatMs, 10_000)), clock),
  };
}

/** How long somebody who asks over HTTP keeps the database busy at most. */
const readingMs = 10_000;
const readingLanes = 3;

/** For reading alone, and beside what the master lives by. */
export function openReading({ location, clock }: Pick<Opening, 'location' | 'clock'>): Reader {
  const timeoutMs = location.engine === 'sqlite' ? sqliteWaitMs : readingMs;
  const open = (): Promise<Database> => Database.open(location, { access: 'read', purpose: 'master http', timeoutMs });
  return new Lanes(Array.from({ length: readingLanes }, () => new ReopeningStore(location.label, open, clock)));
}

/** Listens on PostgreSQL, for as long as it can: whoever cannot hear looks, a little later. */
export function earOf({ location, clock }: Opening, log: Log): Ear | null {
  if (location.engine !== 'postgres') return null;
  return async (heard, signal) => {
    while (!signal.aborted) {
      try {
        const listening = await listen(location, { access: 'read', purpose: 'master ear', timeoutMs: 10_000 }, heard);
        for (const topic of topics) heard(topic);
        await unlessAborted(listening.ended, signal);
        await listening.close();
      } catch (error) {
        log.warn(`cannot listen: ${(error as Error).message}`);
      }
      await clock.sleep(2000, signal);
    }
  };
}
