import { notify } from '../../db/announcements.js';
import { buildTables } from '../../db/build-tables.js';
import type { Transaction } from '../../db/connect.js';
import { holdMembership, NotMember } from '../../db/fence.js';
import type { Me } from '../../db/fence.js';
import { Failure } from '../../errors.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { announceElsewhere } from '../run-service.js';
import type { FencedTransaction, Topic } from '../service.js';
import type { Store } from '../store.js';
import type { WakeUps } from '../wake-ups.js';

/** `again`: what it does may have been done before, and what is there must be found. */
export type Writing<T> = (tx: FencedTransaction, again: boolean) => Promise<T>;

export interface ScribeOptions {
  readonly me: Me;
  readonly store: Store;
  readonly clock: Clock;
  readonly wakeUps: WakeUps;
  readonly log: Log;
}

/** So much is written together that nobody waits long for it. */
const mostTogether = 100;
const retryMs = 1000;

/**
 * The one way in which the builds of one life of a master write: what several of them have to write at a time goes into
 * one transaction, in their order. It waits for a database that is away, for as long as nobody has declared this life dead;
 * then everything that waits is rejected with `NotMember`.
 */
export class Scribe {
  private readonly options: ScribeOptions;
  private readonly life = new AbortController();
  private waiting: Entry[] = [];
  private isWriting = false;
  private isAway = false;

  constructor(options: ScribeOptions) {
    this.options = options;
  }

  write<T>(work: Writing<T>): Promise<T> {
    if (this.life.signal.aborted) return Promise.reject(new NotMember('declared dead'));
    const entry = new Entry(work);
    this.waiting.push(entry);
    void this.writeAll();
    return entry.written as Promise<T>;
  }

  /** Nothing of this life is written any more. */
  end(error: Error = new NotMember('declared dead')): void {
    this.life.abort();
    for (const entry of this.waiting.splice(0)) entry.reject(error);
  }

  private async writeAll(): Promise<void> {
    if (this.isWriting) return;
    this.isWriting = true;
    // Who has something to write at the same moment comes along.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.writeSome(this.waiting.slice(0, mostTogether));
    this.isWriting = false;
  }

  private async writeSome(entries: readonly Entry[]): Promise<void> {
    const group: Group = { entries, current: null };
    try {
      await this.options.store.write(buildTables, (tx) => this.transcribe(tx, group));
      this.settle(entries);
      this.tellBack();
    } catch (error) {
      // Where there are no transactions, what came before what failed is written.
      this.settle(entries.filter((entry) => entry.stays));
      await this.failed(group, error as Error);
    }
  }

  private async transcribe(tx: Transaction, group: Group): Promise<void> {
    group.current = null;
    await holdMembership(tx, this.options.me);
    if (this.life.signal.aborted) throw new NotMember('declared dead');
    const now = await tx.dialect.now(tx.sql);
    const stays = buildTables.every((table) => !tx.schema.has(table) || tx.schema.withoutTransactions.includes(table));
    for (const entry of group.entries) {
      if (entry.stays) continue;
      group.current = entry;
      await entry.do(tx, now);
      entry.stays = stays;
    }
    group.current = null;
    await notify(tx, topicsOf(group.entries));
  }

  private settle(entries: readonly Entry[]): void {
    const written = new Set(entries);
    this.waiting = this.waiting.filter((entry) => !written.has(entry));
    for (const entry of entries) entry.resolve();
    const topics = topicsOf(entries);
    this.options.wakeUps.announce(topics);
    void announceElsewhere(this.options.store, topics);
  }

  private async failed({ current }: Group, error: Error): Promise<void> {
    if (error instanceof NotMember) return this.end(error);
    const isAway = error instanceof Failure && (error.code === 'unreachable' || error.code === 'timedOut');
    if (isAway || current === null) return this.waitOut(error);
    this.waiting = this.waiting.filter((entry) => entry !== current);
    current.reject(error);
  }

  private async waitOut(error: Error): Promise<void> {
    const { clock, log } = this.options;
    if (!this.isAway) log.warn(`what builds write has to wait: ${error.message}`);
    this.isAway = true;
    await clock.sleep(retryMs, this.life.signal);
  }

  private tellBack(): void {
    if (this.isAway) this.options.log.info('what builds had to write is written');
    this.isAway = false;
  }
}

interface Group {
  readonly entries: readonly Entry[];
  /** What is being written. */
  current: Entry | null;
}

/** What one build has to write. */
class Entry {
  readonly written: Promise<unknown>;
  readonly topics = new Set<Topic>();
  /** It is written, whatever becomes of the rest. */
  stays = false;
  reject: (error: Error) => void = () => {};
  private readonly work: Writing<unknown>;
  private fulfil: (value: unknown) => void = () => {};
  private value: unknown;
  private tries = 0;

  constructor(work: Writing<unknown>) {
    this.work = work;
    this.written = new Promise((resolve, reject) => {
      this.fulfil = resolve;
      this.reject = reject;
    });
  }

  async do(tx: Transaction, now: number): Promise<void> {
    this.topics.clear();
    const announce = (topic: Topic): void => void this.topics.add(topic);
    this.value = await this.work({ ...tx, now, announce }, this.tries++ > 0);
  }

  resolve(): void {
    this.fulfil(this.value);
  }
}

function topicsOf(entries: readonly Entry[]): Topic[] {
  return [...new Set(entries.flatMap(({ topics }) => [...topics]))];
}
