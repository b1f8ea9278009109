import type { Controls } from '../force-builds.js';
import type { Log } from '../log.js';
import type { Orders, RunningBuild } from '../orders.js';
import type { Reader } from '../reading.js';

/** What a master answers and obeys over HTTP with. */
export interface Site {
  /** This master: its `masters.id`, as far as it has had one, and its name there. */
  readonly self: () => { readonly id: number | null; readonly name: string };
  readonly reading: Reader;
  readonly controls: Controls;
  readonly orders: Orders;
  readonly running: () => readonly RunningBuild[];
  readonly log: Log;
}
