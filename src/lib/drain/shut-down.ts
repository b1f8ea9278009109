/*
 * Masters are asked to shut down, and the database is watched until they have. What a command or a signal says of itself
 * is not believed; and whoever stops watching stops nothing.
 */
import type { CarriedOut } from '../control/master-control.js';
import { isThere } from '../control/master-process.js';
import type { MasterProcess } from '../control/master-process.js';
import { MasterControl } from '../control/master-control.js';
import { Failure } from '../errors.js';
import { look, watchFrom } from '../model/drain.js';
import type { DrainFacts, Ending, TroubleKind, Watched } from '../model/drain.js';
import { masterOf } from '../model/cluster.js';
import type { BuildLeft } from '../model/drain.js';
import { printable } from '../model/names.js';
import { Contact } from './contact.js';
import type { Emit, OnDeadline, ShutDownReport, ShutDownVerb } from './events.js';
import { expireKilled, killAndExpire } from './kill-and-expire.js';
import { reportOf } from './report.js';
import type { Target } from './targets.js';

export interface ShutDownOptions {
  readonly verb: ShutDownVerb;
  /** `null`: none. From when they are asked. */
  readonly deadlineMs: number | null;
  readonly onDeadline: OnDeadline;
  /** From the end of a look to the next one. */
  readonly everyMs: number;
  /** Ends the watching, not the shutting down. */
  readonly signal: AbortSignal;
  /** Cleans up after a master whose process ends by itself, as `masters expire` does. */
  readonly repairs?: boolean;
}

/** The number of the journal entry, and what the operation advises. */
export interface Expired {
  readonly journal: number | null;
  readonly advice: readonly string[];
}

/** What the procedure needs of the world. */
export interface ShutDownPorts {
  /** One look, on a connection that is found again after an outage. Throws a `Failure` where the database is away. */
  read(masterIds: readonly number[]): Promise<DrainFacts>;
  readResults(buildIds: readonly number[]): Promise<ReadonlyMap<number, number | null>>;
  /** By the operation of `masters expire`. Throws a `Failure` where it is refused. */
  expire(masterId: number, seen: { isGone: boolean }): Promise<Expired>;
  readonly emit: Emit;
  /** Ends early, without complaint, when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Monotonic. */
  nowMs(): number;
  /** Where somebody else looks, too. */
  readonly contact?: Contact;
}

/** A target on its way. */
export interface Leaving {
  readonly target: Target;
  readonly control: MasterControl;
  /** `null`: on another machine, or nothing tells. */
  readonly process: MasterProcess | null;
  /** In how many looks, one after the other, it was gone. */
  goneLooks: number;
  watched: Watched;
  readonly askedAtMs: number;
  endedAtMs: number | null;
  /** Why it was not asked after all, or what came between. */
  error: Failure | null;
  isAsked: boolean;
  /** When a command that failed is believed. */
  giveUpAtMs: number;
  /** By its `control.kill`, as far as that goes. */
  isKilled: boolean;
  /** And cleaned up after. */
  wasKilled: boolean;
  readonly told: Set<TroubleKind>;
  readonly builds: Map<number, BuildLeft>;
}

/** `without` are ids of masters that need not be asked: they drain already. */
export async function shutDown(
  targets: readonly Target[],
  without: ReadonlySet<number>,
  options: ShutDownOptions,
  ports: ShutDownPorts,
): Promise<ShutDownReport> {
  const procedure = new ShutDown(options, ports);
  return procedure.run(targets, without);
}

/** How long a quick stop may take. */
const stopWithinMs = 120_000;
/** How long the database may take to show that a command which failed has reached the master. */
const believedAfterMs = 20_000;
/** Longer than a killed master takes to be dead by its heart alone. */
const deadWithinMs = 15 * 60_000;

class ShutDown {
  private readonly options: ShutDownOptions;
  private readonly ports: ShutDownPorts;
  private leaving: Leaving[] = [];
  private deadlineAtMs = Infinity;
  private isLast = false;
  private readonly contact: Contact;

  constructor(options: ShutDownOptions, ports: ShutDownPorts) {
    this.options = options;
    this.ports = ports;
    this.contact = ports.contact ?? new Contact(ports.emit);
  }

  async run(targets: readonly Target[], without: ReadonlySet<number>): Promise<ShutDownReport> {
    const { deadlineMs, signal } = this.options;
    const startedAtMs = this.ports.nowMs();
    await this.begin(targets);
    const asked = this.leaving.filter(({ watched }) => !without.has(watched.id));
    await Promise.all(asked.map((one) => this.ask(one, this.options.verb)));
    this.deadlineAtMs = startedAtMs + (deadlineMs ?? Infinity);
    let isOver = false;
    while (this.open.length > 0 && !signal.aborted && !isOver) {
      await this.lookOnce();
      if (this.open.length === 0) break;
      if (this.ports.nowMs() >= this.deadlineAtMs) isOver = await this.atDeadline();
      else await this.ports.sleep(Math.min(this.options.everyMs, this.deadlineAtMs - this.ports.nowMs()), signal);
    }
    return this.finish(isOver);
  }

  /** Those that were asked and have not ended. */
  private get open(): Leaving[] {
    return this.leaving.filter(({ watched, isAsked }) => isAsked && watched.ending === null);
  }

  private async begin(targets: readonly Target[]): Promise<void> {
    const facts = await this.ports.read(targets.map(({ master }) => master.id));
    const { verb } = this.options;
    this.leaving = targets.map((target) => {
      const master = masterOf(facts.cluster, target.master.id) ?? target.master;
      const watched = watchFrom(master, { kind: target.kind, verb, askedAt: facts.cluster.now });
      const control = new MasterControl(target.controlled);
      return { target, control, process: control.process(), goneLooks: 0, watched, askedAtMs: this.ports.nowMs(), endedAtMs: null, error: null, isAsked: true, giveUpAtMs: Infinity, isKilled: false, wasKilled: false, told: new Set(), builds: new Map() };
    });
    this.see(facts);
  } // prettier-ignore

  private async ask(one: Leaving, verb: ShutDownVerb): Promise<void> {
    if (one.watched.ending !== null) return;
    const done = await one.control.carryOut(verb);
    this.ports.emit({ event: 'asked', master: one.watched.name, verb, way: done.way, error: done.error?.message ?? null }); // prettier-ignore
    one.error = done.error;
    one.watched = { ...one.watched, verb };
    // Who drains already is watched on, even if it cannot be stopped.
    if (!this.isLast) this.giveUp(one, done);
  }

  /** What failed may have done its work before: a command that complains is given a while, one that hangs as long as it takes. */
  private giveUp(one: Leaving, { way, error }: CarriedOut): void {
    if (error === null || error.code === 'timedOut') return;
    if (way === 'command' && error.code === 'unreachable') one.giveUpAtMs = this.ports.nowMs() + believedAfterMs;
    else one.isAsked = false;
  }

  private async lookOnce(): Promise<void> {
    await this.contact.during(async () => {
      this.see(await this.ports.read(this.open.map(({ watched }) => watched.id)));
      for (const one of this.leaving) if (one.isKilled && one.watched.ending === 'dead') await this.expireDead(one);
      for (const one of this.open) if (this.ports.nowMs() >= one.giveUpAtMs) one.isAsked = false;
      for (const one of this.open) await this.seeProcess(one);
    });
  }

  private see(facts: DrainFacts): void {
    for (const one of this.leaving.filter(({ isAsked }) => isAsked)) {
      const before = one.watched.ending;
      const watched = look(one.watched, facts);
      one.watched = watched;
      for (const build of watched.left?.builds ?? []) one.builds.set(build.id, build);
      const { ending } = watched;
      if (before === null && ending !== null && !(one.isKilled && ending === 'dead')) this.end(one, ending);
      else this.tellTroubles(one);
    }
    const left = this.open.flatMap(({ watched }) => watched.left ?? []);
    if (left.length > 0) this.ports.emit({ event: 'progress', at: facts.cluster.now, masters: left });
  }

  /** `dead` is no end for one that was killed: what it has left is cleaned up. */
  private async expireDead(one: Leaving): Promise<void> {
    one.isKilled = false;
    await expireKilled(one, { isGone: false }, this.ports);
    one.watched = { ...one.watched, ending: null };
  }

  /** Has its process ended by itself, and left everything as it was? Seen twice, for it may just be saying that it stops. */
  private async seeProcess(one: Leaving): Promise<void> {
    const isGone = one.process !== null && !isThere(one.process) && one.watched.inactiveSince === null;
    one.goneLooks = isGone ? one.goneLooks + 1 : 0;
    if (one.goneLooks !== 2) return;
    const { name } = one.watched;
    this.ports.emit({ event: 'gone', master: name, message: `The process of ${printable(name)} is gone, and the database does not say so.` }); // prettier-ignore
    if (!this.options.repairs) return;
    await expireKilled(one, { isGone: true }, this.ports);
    one.wasKilled = false;
    one.error ??= new Failure('unreachable', 'its process ended before it had put everything away');
  }

  private end(one: Leaving, ending: Ending): void {
    one.endedAtMs = this.ports.nowMs();
    this.ports.emit({ event: 'ended', master: one.watched.name, ending });
  }

  /** Each kind once, and again where it had passed. */
  private tellTroubles({ watched, told }: Leaving): void {
    const kinds = new Set(watched.troubles.map(({ kind }) => kind));
    for (const kind of told) if (!kinds.has(kind)) told.delete(kind);
    for (const { kind, message } of watched.troubles) {
      if (!told.has(kind)) this.ports.emit({ event: 'trouble', master: watched.name, kind, message });
      told.add(kind);
    }
  }

  /** True: watching is over. */
  private async atDeadline(): Promise<boolean> {
    const then = this.isLast ? 'fail' : this.options.onDeadline;
    this.ports.emit({ event: 'deadline', masters: this.open.map(({ watched }) => watched.name), then });
    if (then === 'fail') return true;
    this.isLast = true;
    this.deadlineAtMs = then === 'wait' ? Infinity : this.ports.nowMs() + stopWithinMs;
    if (then === 'stop') await Promise.all(this.open.map((one) => this.ask(one, 'stop')));
    if (then === 'kill') await this.killAll();
    return false;
  }

  /** One after the other: each is shown to be gone before it is cleaned up after. */
  private async killAll(): Promise<void> {
    for (const one of this.open) await killAndExpire(one, this.ports, this.options.signal);
    this.deadlineAtMs = this.ports.nowMs() + (this.open.some(({ isKilled }) => isKilled) ? deadWithinMs : stopWithinMs);
  }

  private async finish(isOver: boolean): Promise<ShutDownReport> {
    const results = await this.readResults();
    const report = reportOf(this.leaving, results, { isOver, isInterrupted: this.options.signal.aborted, nowMs: this.ports.nowMs() }); // prettier-ignore
    const failures = this.leaving.flatMap(({ isAsked, error }) => (isAsked || error === null ? [] : [error]));
    this.ports.emit({ event: 'report', report });
    if (failures.length === this.leaving.length && failures[0]) throw failures[0];
    return report;
  }

  /** A report without them is better than none. */
  private async readResults(): Promise<ReadonlyMap<number, number | null>> {
    const ids = this.leaving.flatMap(({ builds }) => [...builds.keys()]);
    try {
      return ids.length > 0 ? await this.ports.readResults(ids) : new Map<number, null>();
    } catch (error) {
      if (error instanceof Failure) return new Map();
      throw error;
    }
  }
}
