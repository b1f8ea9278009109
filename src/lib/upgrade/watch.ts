import { MasterControl } from '../control/master-control.js';
import { isThere } from '../control/master-process.js';
import type { MasterProcess } from '../control/master-process.js';
import { Contact } from '../drain/contact.js';
import type { DrainFacts } from '../model/drain.js';
import { printable } from '../model/names.js';
import { starvedBuilders } from '../model/starved.js';
import { goBack, goOn, Halt, interrupted } from './halt.js';
import type { LogBook } from './log-book.js';
import type { Newcomer } from './newcomer.js';
import type { UpgradePorts, UpgradeRequest } from './ports.js';

/** So often, one after the other, a new master must look lost: it may be starting again by itself. */
const lostLooks = 5;

/** After so many looks it is looked whether the lock is still there. */
const looksOfLock = 15;

interface Guarded {
  readonly newcomer: Newcomer;
  process: MasterProcess | null;
  looksLost: number;
}

/** Looks at the cluster, and stops where somebody has to decide: a new master is lost, or another bbctl has taken over. */
export class Watch {
  readonly contact: Contact;
  private readonly ports: UpgradePorts;
  private readonly book: LogBook;
  private readonly signal: AbortSignal;
  private readonly guarded: Guarded[] = [];
  private readonly leaving = new Set<number>();
  private names: ReadonlyMap<number, string>;
  /** By the database's clock. */
  lastLook: number | null = null;
  private looks = 0;

  constructor(ports: UpgradePorts, book: LogBook, { old, start, signal }: UpgradeRequest) {
    this.ports = ports;
    this.book = book;
    this.signal = signal;
    const known = [...old, ...start].flatMap(({ master }) => master ?? []);
    this.names = new Map(known.map(({ id, name }) => [id, name]));
    this.contact = new Contact(ports.emit);
  }

  /** These have arrived: the upgrade stands on them from now on. */
  guard(newcomers: readonly Newcomer[]): void {
    for (const newcomer of newcomers) {
      const process = new MasterControl(newcomer.controlled).process();
      this.guarded.push({ newcomer, process, looksLost: 0 });
    }
  }

  /** These start no new builds from now on. */
  leaves(ids: readonly number[]): void {
    for (const id of ids) this.leaving.add(id);
  }

  /** As of the last look. */
  nameOf(id: number): string {
    return this.names.get(id) ?? `master ${id}`;
  }

  /** One look. Throws a `Failure` where the database is away, and a `Halt`. */
  async read(masterIds: readonly number[]): Promise<DrainFacts> {
    const facts = await this.ports.read(masterIds);
    await this.keepLock();
    this.names = new Map(facts.cluster.masters.map(({ id, name }) => [id, name]));
    this.count(facts);
    for (const one of this.guarded) this.verify(one, facts);
    return facts;
  }

  /** Looks until `done` says something of what it sees; every two seconds. Throws a `Halt`. */
  async until<T>(masterIds: readonly number[], done: (facts: DrainFacts) => T | null | Promise<T | null>): Promise<T> {
    for (;;) {
      const facts = await this.contact.during(() => this.read(masterIds));
      const result = facts === null ? null : await done(facts);
      if (result !== null) return result;
      if (this.signal.aborted) throw interrupted(this.contact.isLost);
      await this.ports.sleep(everyMs, this.signal);
      if (this.signal.aborted) throw interrupted(this.contact.isLost);
    }
  }

  /** A lock is lost with the connection that it was taken on, and that with the server. */
  private async keepLock(): Promise<void> {
    this.looks = this.contact.isLost ? 0 : (this.looks + 1) % looksOfLock;
    if (this.looks !== 0) return;
    if (await this.ports.keepLock()) return;
    throw new Halt('blocked', 'While the database was away, another bbctl has begun to upgrade this cluster.', ['Watch it there.']); // prettier-ignore
  }

  private count({ cluster }: DrainFacts): void {
    const seconds = this.lastLook === null ? 0 : Math.max(0, cluster.now - this.lastLook);
    this.lastLook = cluster.now;
    if (this.leaving.size > 0) this.book.addWithoutWorker(starvedBuilders(cluster, this.leaving), seconds);
  }

  private verify(one: Guarded, { cluster }: DrainFacts): void {
    const { name, controlled } = one.newcomer;
    const state = cluster.masters.find((master) => master.name === name)?.state;
    const isOut = state === undefined || state === 'dead' || state === 'stopped' || state === 'unclean';
    if (one.process !== null && !isThere(one.process))
      one.process = new MasterControl(controlled).process() ?? one.process;
    const isGone = one.process !== null && !isThere(one.process);
    one.looksLost = isOut || isGone ? one.looksLost + 1 : 0;
    if (one.looksLost < lostLooks) return;
    const how = isOut ? `is ${state ?? 'gone from the database'}` : 'has no process any more';
    throw new Halt(
      'blocked',
      `${printable(name)}, on which the upgrade stands, ${how}. What was asked of the others goes on.`,
      [`Start it again, look at its log, and then "${goOn}".`, `"${goBack}" goes back.`],
    );
  }
}

export const everyMs = 2000;
