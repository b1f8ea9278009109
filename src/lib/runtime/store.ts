import type { Database, Transaction } from '../db/connect.js';
import { isBusy, isRetryable } from '../db/driver-errors.js';
import { Failure } from '../errors.js';
import type { Clock } from './clock.js';

/** The database, as a master uses it for as long as it lives. */
export interface Store {
  /** The URL without its password. */
  readonly label: string;
  /** One consistent look. */
  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Single statements, which do no harm when they are done twice. */
  glance<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** One transaction; done again where it lost a race, which leaves nothing behind. */
  write<T>(tables: readonly string[], work: (tx: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const mostTries = 8;

/**
 * One connection, opened when it is needed, and anew after it was lost. One thing at a time goes through it, in the order
 * in which they come: a pool would let each of them wait for no longer than its timeout.
 */
export class ReopeningStore implements Store {
  readonly label: string;
  private readonly open: () => Promise<Database>;
  private readonly clock: Clock;
  private database: Database | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(label: string, open: () => Promise<Database>, clock: Clock) {
    this.label = label;
    this.open = open;
    this.clock = clock;
  }

  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.inTurn((database) => database.read(work));
  }

  glance<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.inTurn((database) => this.again(() => database.glance(work)));
  }

  write<T>(tables: readonly string[], work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.inTurn((database) => this.again(() => database.write(tables, work)));
  }

  /** Where it lost a race; on MyISAM a mere look loses some to LOCK TABLES of others. */
  private async again<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (tries === mostTries || !(isRetryable(error) || isBusy(error))) throw error;
        await this.clock.sleep(10 * 2 ** tries * (0.5 + Math.random()));
      }
    }
  }

  async close(): Promise<void> {
    await this.last.catch(() => {});
    await this.forget();
  }

  private inTurn<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const turn = this.last.catch(() => {}).then(() => this.opened(work));
    this.last = turn;
    return turn;
  }

  private async opened<T>(work: (database: Database) => Promise<T>): Promise<T> {
    this.database ??= await this.open();
    try {
      return await work(this.database);
    } catch (error) {
      // What was in flight is lost with the connection, whatever became of it; the next one begins on a new one.
      if (error instanceof Failure) await this.forget();
      throw error;
    }
  }

  private async forget(): Promise<void> {
    const { database } = this;
    this.database = undefined;
    await database?.close();
  }
}
