import type { Transaction } from '../db/connect.js';
import type { Topic } from '../db/announcements.js';
import type { ServiceKind } from '../model/service.js';
import type { Log } from './log.js';

/**
 * A transaction in which it is certain that this very run of the master is active and holds the service: nobody can
 * expire it, or take the service, before it ends.
 */
export interface FencedTransaction extends Transaction {
  /** The database's clock, epoch seconds with a fraction. */
  readonly now: number;
  /** Wakes whoever watches the topic, everywhere in the cluster, once this is committed. */
  announce(topic: Topic): void;
}

/** What a turn of an active service has. */
export interface ServiceContext {
  readonly kind: ServiceKind;
  /** `schedulers.id` or `changesources.id` */
  readonly id: number;
  readonly name: string;
  readonly log: Log;
  /** Aborted when the service is to stop: finish what must not be left half done, begin nothing more. */
  readonly signal: AbortSignal;
  /**
   * The only way to write. `tables` are all that `work` reads or writes. Throws `NotHolder`, and nothing is written, when
   * the service is not this master's any more: let it pass.
   */
  fenced<T>(tables: readonly string[], work: (tx: FencedTransaction) => Promise<T>): Promise<T>;
}

/**
 * A scheduler or change source that is active on one master of the cluster at most. Whatever it must remember is in the
 * database: any turn may be the last one here, and the next one somewhere else.
 */
export interface ClusteredService {
  readonly kind: ServiceKind;
  readonly name: string;
  /** Its next turn comes at once when one of these is announced. */
  readonly watches: readonly Topic[];
  /**
   * Does what is due, and says in how many milliseconds it wants its next turn; `null`: only when woken. May be called at
   * any time, also too early. What it throws is logged, and it is tried again.
   */
  turn(context: ServiceContext): Promise<number | null>;
}

export { NotHolder } from '../db/fence.js';
export type { Topic };
