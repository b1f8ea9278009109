import { readQueues } from '../../db/queues.js';
import type { BuilderQueue } from '../../db/queues.js';
import type { Clock } from '../clock.js';
import type { Reader } from '../reading.js';

/** Whoever scrapes more often is told the same again. */
const freshMs = 5000;
/** A scrape that waits longer is given up, with all that the master knows of itself. */
const patienceMs = 2000;

/** What waits in the whole cluster, looked up when it is asked for. */
export class QueueLook {
  private readonly reading: Reader;
  private readonly clock: Clock;
  private look: Promise<readonly BuilderQueue[] | null> = Promise.resolve(null);
  private lookedMs = -Infinity;

  constructor(reading: Reader, clock: Clock) {
    this.reading = reading;
    this.clock = clock;
  }

  /** The longest first; `null`: the database does not answer. */
  read(): Promise<readonly BuilderQueue[] | null> {
    if (this.clock.monotonicMs() - this.lookedMs >= freshMs) {
      this.lookedMs = this.clock.monotonicMs();
      this.look = this.reading.glance(readQueues).catch(() => null);
    }
    const patience = new AbortController();
    const late = this.clock.sleep(patienceMs, patience.signal).then(() => null);
    return Promise.race([this.look, late]).finally(() => patience.abort());
  }
}
