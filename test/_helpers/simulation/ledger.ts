/*
 * Blames whatever must never be written of requests and builds: no request is lost, each ends with exactly one build that is
 * not to be done anew, what has ended stays so, and nobody writes to a build but its master, while that is a member.
 */
import type { Database } from 'better-sqlite3';
import { exception, retry } from '../../../src/lib/model/results.js';
import { Journal } from './journal.js';
import type { Entry } from './journal.js';
import { judgeTransaction } from './judge-builds.js';
import type { Member } from './member.js';
import { Records, Touched } from './records.js';
import type { BuildRecord } from './records.js';

/** A row of a master, as it stands after the transaction. */
export interface Standing {
  readonly name: string;
  readonly incarnation: string | null;
  readonly isActive: boolean;
  /** The others may think so. */
  readonly isDead: boolean;
}

export interface LedgerOptions {
  readonly connection: Database;
  readonly nowMs: () => number;
  /** By `masters.id`. */
  readonly standing: (masterId: number) => Standing | null;
  readonly isExpired: (incarnation: string) => boolean;
  readonly blame: (what: string) => void;
}

export class Ledger {
  readonly records = new Records();
  readonly options: LedgerOptions;
  private readonly journal: Journal;
  private readonly names = new Map<string, string>();
  private touched = new Touched();
  /** Who writes; `null`: somebody who may do as he likes. */
  private writer: Member | null = null;

  constructor(options: LedgerOptions) {
    this.options = options;
    this.journal = new Journal(options.connection);
  }

  /** Of a builder or worker. */
  nameOf(table: 'builders' | 'workers', id: number): string {
    const key = `${table} ${id}`;
    const known = this.names.get(key) ?? (this.options.connection.prepare(`select name from ${table} where id = ?`).get(id) as { name: string }).name; // prettier-ignore
    this.names.set(key, known);
    return known;
  }

  /** After a transaction. */
  look(writer: Member | null): void {
    const entries = this.journal.read();
    if (entries.length === 0) return;
    this.touched = new Touched();
    this.writer = writer;
    for (const entry of entries) this.take(entry);
    judgeTransaction(this, this.touched, writer);
  }

  private take(entry: Entry): void {
    const take = this.takers[entry.what];
    if (take) take(entry);
    else this.options.blame(`${entry.what} ${entry.id}: nobody may do that`);
  }

  private readonly takers: Readonly<Record<string, (entry: Entry) => void>> = {
    'buildsets +': ({ id, of, a, b }) =>
      void this.records.buildsets.set(id, { id, parentBuildId: of, results: a ? b : null, requests: [] }),
    'buildsets ~': (entry) => this.buildsetChanged(entry),
    'buildrequests +': (entry) => this.requested(entry),
    'buildrequests ~': (entry) => this.requestChanged(entry),
    'buildrequest_claims +': (entry) => this.claimed(entry),
    'buildrequest_claims -': (entry) => this.released(entry),
    'builds +': (entry) => this.buildBegun(entry),
    'builds ~': (entry) => this.buildChanged(entry),
    'steps +': (entry) => this.stepBegun(entry),
    'steps ~': (entry) => this.stepChanged(entry),
    'logs +': (entry) => this.logOpened(entry),
    'logs ~': (entry) => this.logChanged(entry),
    'logchunks +': (entry) => this.linesAdded(entry),
  };

  private buildsetChanged({ id, a: was, b: is, c: before, d: results }: Entry): void {
    const buildset = this.records.buildsets.get(id)!;
    if (was && (!is || before !== results)) this.options.blame(`buildset ${id} was complete (${before}), and is ${is ? results : 'open'}`); // prettier-ignore
    buildset.results = is ? results : null;
    this.touched.buildsets.add(buildset);
  }

  private requested({ id, of, a, b, c, d }: Entry): void {
    const buildset = this.records.buildsets.get(of)!;
    const request = { id, buildsetId: of, builderId: a!, priority: b!, submittedAt: c!, isWaitedFor: d === 1, results: null, claimedBy: null, sinceMs: this.options.nowMs(), builds: [] }; // prettier-ignore
    if (buildset.results !== null) this.options.blame(`request ${id} is added to a complete buildset`);
    buildset.requests.push(request);
    this.records.requests.set(id, request);
    this.records.open.add(request);
    this.touched.requests.add(request);
  }

  private requestChanged({ id, a: was, b: is, c: before, d: results }: Entry): void {
    const request = this.records.requests.get(id)!;
    if (was && (!is || before !== results)) this.options.blame(`request ${id} was complete (${before}), and is ${is ? results : 'open'}`); // prettier-ignore
    request.results = is ? results : null;
    if (is) this.records.open.delete(request);
    this.touched.requests.add(request);
    this.touched.buildsets.add(this.records.buildsets.get(request.buildsetId)!);
  }

  private claimed({ id, of }: Entry): void {
    const request = this.records.requests.get(id)!;
    if (this.writer && this.options.standing(of)?.name !== this.writer.name) this.options.blame(`${this.writer.label} claims request ${id} for another`); // prettier-ignore
    request.claimedBy = of;
    request.sinceMs = this.options.nowMs();
    this.touched.requests.add(request);
  }

  private released({ id, of }: Entry): void {
    const request = this.records.requests.get(id)!;
    const standing = this.options.standing(of);
    if (this.writer && standing?.name !== this.writer.name && !standing?.isDead) this.options.blame(`${this.writer.label} takes request ${id} from ${standing?.name}, which is not dead`); // prettier-ignore
    request.claimedBy = null;
    request.sinceMs = this.options.nowMs();
    this.touched.requests.add(request);
  }

  private buildBegun({ id, of, a: masterId, c: workerId }: Entry): void {
    const request = this.records.requests.get(of)!;
    const incarnation = this.options.standing(masterId!)?.incarnation ?? null;
    const build: BuildRecord = { id, request, masterId: masterId!, workerId: workerId!, incarnation, isOpen: true, results: null, isEndedByOther: false, steps: [] }; // prettier-ignore
    request.builds.push(build);
    this.records.builds.set(id, build);
    this.records.openBuilds.add(build);
    this.touched.begun.push(build);
    this.touched.requests.add(request);
    this.judgeWriter(build, 'begins');
  }

  private buildChanged({ id, a: was, b: is, c: before, d: results }: Entry): void {
    const build = this.records.builds.get(id)!;
    if (was === null) this.judgeWriter(build, 'writes to', is !== null && results === retry);
    else if (was !== is || before !== results) this.options.blame(`build ${id} had ended (${before}), and is now ${is === null ? 'open' : results}`); // prettier-ignore
    if (was !== null || is === null) return;
    build.isOpen = false;
    build.results = results;
    build.isEndedByOther = this.writer !== null && this.writer.name !== this.options.standing(build.masterId)?.name;
    this.records.openBuilds.delete(build);
    this.touched.ended.push(build);
    this.touched.requests.add(build.request);
    if (results === exception) this.options.blame(`build ${id} ended as an exception`);
  }

  private stepBegun({ id, of, b: isTrigger }: Entry): void {
    const build = this.records.builds.get(of)!;
    this.judgeOpen(build, 'begins a step of');
    const step = { id, build, isTrigger: isTrigger === 1, isOpen: true };
    build.steps.push(step);
    this.records.steps.set(id, step);
  }

  private stepChanged({ id, a: was, b: is, c: before, d: results }: Entry): void {
    const step = this.records.steps.get(id)!;
    if (was !== null && (was !== is || before !== results)) this.options.blame(`step ${id} had ended (${before}), and is now ${results}`); // prettier-ignore
    if (was === null) this.judgeWriter(step.build, 'writes to a step of', is !== null && results === retry);
    step.isOpen = is === null;
  }

  private logOpened({ id, of }: Entry): void {
    const step = this.records.steps.get(of)!;
    this.judgeOpen(step.build, 'begins a log of');
    this.records.logs.set(id, { id, step, lines: 0, isOpen: true });
  }

  private logChanged({ id, a: was, b: is, d: lines }: Entry): void {
    const log = this.records.logs.get(id)!;
    if (was && !is) this.options.blame(`log ${id} is open again`);
    if (is && log.isOpen) {
      this.judgeWriter(log.step.build, 'ends a log of', true);
      // Whoever ends it for a dead master leaves the number as it is.
      if (lines !== log.lines) this.options.blame(`log ${id} ends with ${lines} lines, and has ${log.lines}`);
    }
    log.isOpen = !is;
  }

  private linesAdded({ id, a: first, b: last }: Entry): void {
    const log = this.records.logs.get(id)!;
    this.judgeOpen(log.step.build, 'adds lines to');
    if (first !== log.lines || last! < first) this.options.blame(`log ${id} has ${log.lines} lines, and ${first} to ${last} are added`); // prettier-ignore
    if (!log.isOpen) this.options.blame(`log ${id} has ended, and lines are added`);
    log.lines = last! + 1;
  }

  private judgeOpen(build: BuildRecord, does: string): void {
    // Whoever cleans up after a dead master may die in the middle: it may come back, and not have heard of it.
    if (!build.isOpen && !build.isEndedByOther && !this.touched.ended.includes(build)) this.options.blame(`${this.writer?.label} ${does} build ${build.id}, which has ended`); // prettier-ignore
    this.judgeWriter(build, does);
  }

  /** Its own master, in the life in which it has begun; of one that is dead anybody may end it. */
  private judgeWriter(build: BuildRecord, does: string, isEnd = false): void {
    const { writer } = this;
    if (!writer) return;
    const { id, masterId, incarnation } = build;
    const { isExpired, blame, standing: standingOf } = this.options;
    const standing = standingOf(masterId);
    const isOwn = standing?.name === writer.name && writer.incarnation !== null && standing.incarnation === writer.incarnation && incarnation === writer.incarnation && standing.isActive && !isExpired(incarnation); // prettier-ignore
    if (isOwn || (isEnd && (standing?.isDead || standing?.incarnation !== incarnation))) return;
    blame(`${writer.label} ${does} build ${id} of ${standing?.name}, and is no member, or another one`);
  }
}
