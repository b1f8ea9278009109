import type { Database, Transaction } from '../../../src/lib/db/connect.js';
import { Failure } from '../../../src/lib/errors.js';
import { ReopeningStore } from '../../../src/lib/runtime/store.js';
import type { Store } from '../../../src/lib/runtime/store.js';
import type { SimulatedProcess } from './process.js';
import type { Random } from '../random.js';
import type { Timeline } from './timeline.js';
import type { Weather } from './weather.js';

export interface LinkOptions {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly weather: Weather;
  readonly database: Database;
  readonly process: SimulatedProcess;
  readonly timeoutMs: number;
  /** After each transaction that writes. */
  readonly written: () => void;
  /** Something did not go as it should, or slowly. */
  readonly disturbed: () => void;
}

const slowMs = 500;

/** The way of one process to the one database, which does one transaction at a time. */
export class Link {
  private readonly options: LinkOptions;
  private gated: Transaction | undefined;

  constructor(options: LinkOptions) {
    this.options = options;
  }

  /** Another connection on the same way. */
  store(): Store {
    const { database, process } = this.options;
    const connection = {
      location: database.location,
      read: <T>(work: (tx: Transaction) => Promise<T>) => this.carry(() => database.read(work)),
      glance: async <T>(work: (tx: Transaction) => Promise<T>) => work(await this.statementByStatement()),
      write: <T>(tables: readonly string[], work: (tx: Transaction) => Promise<T>) =>
        this.carry(() => database.write(tables, work).finally(this.options.written)),
      close: () => Promise.resolve(),
    };
    const open = (): Promise<Database> => this.carry(() => Promise.resolve(connection as unknown as Database));
    return new ReopeningStore('simulated', open, process.clock);
  }

  /** Statements without a transaction: between two of them anything may happen. */
  private async statementByStatement(): Promise<Transaction> {
    this.gated ??= await this.options.database.glance((tx) => Promise.resolve(this.gate(tx)));
    return this.gated;
  }

  private gate(tx: Transaction): Transaction {
    const sql = tx.sql.withUserParams({});
    const client = sql.client as { acquireConnection(): Promise<unknown> };
    const acquire = client.acquireConnection.bind(tx.sql.client);
    client.acquireConnection = async () => {
      await this.carry(() => Promise.resolve());
      return acquire();
    };
    return { ...tx, sql: sql };
  }

  private carry<T>(run: () => Promise<T>): Promise<T> {
    const { timeline, weather, process, timeoutMs, disturbed } = this.options;
    return new Promise((resolve, reject) => {
      let isAnswered = false;
      const answer = (settle: () => void): void => {
        if (isAnswered) return;
        isAnswered = true;
        void process.deliver(settle);
      };
      const fail = (code: 'unreachable' | 'timedOut'): void => answer(() => (disturbed(), reject(new Failure(code, `the database is ${code}`)))); // prettier-ignore
      const { thereMs, backMs, kind } = weather.fate(process.number);
      if (kind !== 'done' || thereMs + backMs > slowMs) disturbed();
      if (kind === 'swallowed' || thereMs + backMs > timeoutMs) timeline.after(timeoutMs, () => fail('timedOut'));
      if (kind === 'swallowed') return;
      if (kind === 'refused') return timeline.after(thereMs, () => fail('unreachable'));
      const back = (settle: () => void): void => timeline.after(backMs, () => (kind === 'lost' ? fail('unreachable') : answer(settle))); // prettier-ignore
      timeline.after(thereMs, () =>
        this.arrive(
          () =>
            run().then(
              (value) => back(() => resolve(value)),
              (error: Error) => back(() => reject(error)),
            ),
          () => fail('unreachable'),
        ),
      );
    });
  }

  /** Of a process that was stopped or killed meanwhile it may have been under way, or not. */
  private arrive(run: () => Promise<void>, fail: () => void): void | Promise<void> {
    const { weather, process, random } = this.options;
    if (weather.isDatabaseDown) return fail();
    if (process.state === 'running' || random.chance(0.5)) return run();
    return process.deliver(() => this.arrive(run, fail));
  }
}
