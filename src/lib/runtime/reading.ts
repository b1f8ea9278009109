import type { Transaction } from '../db/connect.js';
import { Failure } from '../errors.js';
import type { Store } from './store.js';

/** Looks at the database for whoever asks over HTTP. */
export interface Reader {
  /** Single statements. Throws a `Failure` (`timedOut`) where too many others wait already. */
  glance<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** More than would be answered before they are given up. */
const mostInLane = 30;

/** Several connections of its own: one slow question does not hold up the others, let alone the master's work. */
export class Lanes implements Reader {
  private readonly lanes: { readonly store: Store; waiting: number }[];

  constructor(stores: readonly Store[]) {
    this.lanes = stores.map((store) => ({ store, waiting: 0 }));
  }

  async glance<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const [lane] = [...this.lanes].sort((a, b) => a.waiting - b.waiting);
    if (!lane || lane.waiting >= mostInLane) throw new Failure('timedOut', 'Too much is being asked at once.');
    lane.waiting++;
    try {
      return await lane.store.glance(work);
    } finally {
      lane.waiting--;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map(({ store }) => store.close()));
  }
}
