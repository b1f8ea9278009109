/*
 * A master's membership: it is registered, its heart beats, and it trusts what it holds only for as long as nobody can
 * have declared it dead. docs/lifecycle.md has the diagram.
 */
import { randomUUID } from 'node:crypto';
import { membershipTables, NotMember } from '../db/fence.js';
import type { Me } from '../db/fence.js';
import { beat, enrol, leave, leavingTables, publish, readOwnRow } from '../db/membership.js';
import type { OwnRow } from '../db/membership.js';
import { Failure } from '../errors.js';
import { formatDuration } from '../model/duration.js';
import { defaultExpireAfterSeconds, secondLookAtHeartSeconds } from '../model/master.js';
import { printable } from '../model/names.js';
import type { Condition, Offer } from '../model/run.js';
import type { Clock } from './clock.js';
import { expire } from './housekeeping.js';
import type { Log } from './log.js';
import type { Store } from './store.js';

export interface MembershipOptions {
  readonly name: string;
  readonly expireAfterMs: number;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** Beats in the time after which the others declare it dead. */
const beatsPerExpiry = 4;
/** The column has whole seconds. */
const wholeSecondMs = 1000;

export class Membership {
  readonly name: string;
  readonly beatMs: number;
  readonly expireAfterMs: number;
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly log: Log;
  private current: Me | null = null;
  private trustedUntilMs = -Infinity;
  private seenSinceMs = Infinity;
  private lastBeatMs = -Infinity;

  constructor({ name, expireAfterMs, store, clock, log }: MembershipOptions) {
    this.name = name;
    this.expireAfterMs = expireAfterMs;
    this.beatMs = expireAfterMs / beatsPerExpiry;
    this.store = store;
    this.clock = clock;
    this.log = log;
  }

  /** This run, while it trusts that nobody can have declared it dead. */
  get trusted(): Me | null {
    return this.clock.monotonicMs() < this.trustedUntilMs ? this.current : null;
  }

  /** This run, also while it cannot know whether it was declared dead; `null`: it knows that it was. */
  get run(): Me | null {
    return this.current;
  }

  /** How long it may go on without another heartbeat. */
  get trustLeftMs(): number {
    return this.trustedUntilMs - this.clock.monotonicMs();
  }

  /** Since the last heartbeat that the database has acknowledged. */
  get sinceBeatMs(): number {
    return this.clock.monotonicMs() - this.lastBeatMs;
  }

  /** Whoever has been without the database lets everybody beat first. */
  get mayExpireOthers(): boolean {
    return this.trusted !== null && this.clock.monotonicMs() - this.seenSinceMs >= this.expireAfterMs;
  }

  /** Becomes the master of its name. Throws a `Failure` where another process runs under it. */
  async join(offer: Offer, signal: AbortSignal): Promise<void> {
    const seen = await this.freeRow(signal);
    if (signal.aborted) return;
    const sentMs = this.clock.monotonicMs();
    const enrolment = { name: this.name, incarnation: randomUUID(), expireAfter: this.expireAfterMs / 1000, offer };
    this.current = await this.store
      .write(membershipTables, (tx) => enrol(tx, enrolment, seen))
      .catch((error: unknown) => {
        throw error instanceof NotMember ? this.isRunning('another process registered at this moment') : error;
      });
    this.acknowledged(sentMs);
    this.log.info('joined the cluster', { master: this.current.id, incarnation: this.current.incarnation });
  }

  /** Throws `NotMember` when somebody has declared it dead, or runs under its name. */
  async beatOnce(): Promise<void> {
    const me = this.current;
    if (!me) return;
    const sentMs = this.clock.monotonicMs();
    try {
      await this.store.write(membershipTables, (tx) => beat(tx, me));
      this.acknowledged(sentMs);
    } catch (error) {
      this.seenSinceMs = Infinity;
      if (error instanceof NotMember) this.abandon();
      throw error;
    }
  }

  /** It is no member any more, whatever the database says. */
  abandon(): void {
    this.current = null;
    this.trustedUntilMs = -Infinity;
  }

  async publish(offer: Offer, condition: Condition): Promise<void> {
    const me = this.current;
    if (me) await this.store.write(membershipTables, (tx) => publish(tx, me, offer, condition));
  }

  /** Claims and registrations go, and it is inactive: what it leaves is `stopped`. */
  async leave(): Promise<void> {
    const me = this.current;
    this.abandon();
    if (me) await this.store.write([...membershipTables, ...leavingTables], (tx) => leave(tx, me));
  }

  /** The time in which it was not known whether it was acknowledged counts: the beat is as old as when it was sent. */
  private acknowledged(sentMs: number): void {
    const isAfterGap = sentMs - this.lastBeatMs > 2 * this.beatMs;
    if (isAfterGap || this.seenSinceMs === Infinity) this.seenSinceMs = sentMs;
    this.lastBeatMs = sentMs;
    this.trustedUntilMs = sentMs + this.expireAfterMs - wholeSecondMs - this.beatMs;
  }

  /** Waits until nobody runs under the name, and cleans up after whoever has. */
  private async freeRow(signal: AbortSignal): Promise<OwnRow | null> {
    for (let before: OwnRow | null = null; ;) {
      const row = await this.store.write(membershipTables, (tx) => readOwnRow(tx, this.name));
      if (!row || signal.aborted) return row;
      if (before?.active && row.active && row.lastActive !== before.lastActive)
        throw this.isRunning(`its heart beat ${formatDuration(row.now - row.lastActive)} ago`);
      const waitSeconds = row.active ? secondsUntilDead(row, before) : 0;
      if (waitSeconds === 0 && !(await this.cleanUp(signal))) {
        const free = await this.store.write(membershipTables, (tx) => readOwnRow(tx, this.name));
        // Another process under this name may have been quicker.
        if (!free?.active) return free;
        before = free;
        continue;
      }
      if (!before) this.log.info('waiting to see whether the last run under this name has ended', { seconds: Math.ceil(waitSeconds) }); // prettier-ignore
      before = row;
      // Who lives shows it in the meantime.
      const nextBeatSeconds = row.run ? row.run.expireAfter / beatsPerExpiry + 1 : secondLookAtHeartSeconds;
      await this.clock.sleep(Math.max(1, Math.min(waitSeconds, nextBeatSeconds)) * 1000, signal);
    }
  }

  /** True: it must be looked again. */
  private async cleanUp(signal: AbortSignal): Promise<boolean> {
    const { done, isLeft } = await expire(this.store, { named: this.name, clock: this.clock, signal });
    if (done.length > 0) this.log.warn('cleaned up after the last run under this name', { steps: done.length });
    return isLeft;
  }

  private isRunning(how: string): Failure {
    return new Failure('refused', `A master named ${printable(this.name)} is running: ${how}.`, {
      try: 'Two processes cannot be one master: stop the other one, or give this one another name.',
    });
  }
}

/** Its heartbeat was reset, or it is as old as it may be. */
function secondsUntilDead(row: OwnRow, before: OwnRow | null): number {
  if (row.lastActive === 0) return before ? 0 : secondLookAtHeartSeconds;
  const limit = row.run?.expireAfter ?? defaultExpireAfterSeconds;
  return Math.max(0, row.lastActive + limit + 1 - row.now);
}
