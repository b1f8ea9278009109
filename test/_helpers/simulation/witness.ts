/*
 * Looks at the database after every transaction and blames whatever must never be. It
 * knows nothing of how masters come to their decisions: only rows, and which process is in which state.
 */
import type { Database, Statement } from 'better-sqlite3';
import type { Act } from './acts.js';
import { Ledger } from './ledger.js';
import type { Standing } from './ledger.js';
import type { Member } from './member.js';

export interface Claim {
  readonly kind: Act['kind'];
  readonly service: string;
  readonly masterId: number;
}

interface MasterRow {
  readonly id: number;
  readonly name: string;
  readonly active: number;
  readonly lastActive: number;
  /** JSON of its `Run`. */
  readonly run: string | null;
}

export interface WitnessOptions {
  readonly connection: Database;
  readonly members: readonly Member[];
  readonly nowMs: () => number;
  /** The database's clock, epoch seconds. */
  readonly now: () => number;
  /** Cannot even try: nobody reaches the database, or this one does not. */
  readonly isCutOff: (member: Member) => boolean;
  readonly tell: (line: string) => void;
  readonly blame: (what: string) => void;
}

/** A statement or two, and the whole seconds of the column. */
const slackMs = 4000;

export class Witness {
  /** By service. */
  claims = new Map<string, Claim>();
  /** Each change of a holder, by service, since it was last set to nothing. */
  readonly handOvers = new Map<string, number>();
  /** Numbers done so far, by service. */
  readonly done = new Map<string, number>();
  readonly ledger: Ledger;
  private masters = new Map<number, MasterRow>();
  private seq = 0;
  private readonly uncovered = new Map<string, number>();
  private readonly expired = new Set<string>();
  /** `masters.id` of who has just left by itself. */
  private left: number | null = null;
  private readonly connection: Database;
  private readonly statements: Readonly<Record<'claims' | 'masters' | 'acts' | 'turns' | 'log', Statement<unknown[]>>>;
  private readonly options: WitnessOptions;

  constructor(options: WitnessOptions) {
    this.options = options;
    const { connection, nowMs, blame } = options;
    this.ledger = new Ledger({ connection, nowMs, blame, standing: (id) => this.standing(id), isExpired: (incarnation) => this.expired.has(incarnation) }); // prettier-ignore
    this.connection = options.connection;
    this.statements = {
      claims: this.connection.prepare(
        `select 'scheduler' as kind, s.name as service, masterid as masterId from scheduler_masters join schedulers s on s.id = schedulerid
         union all select 'changesource', s.name, masterid from changesource_masters join changesources s on s.id = changesourceid`,
      ),
      masters: this.connection.prepare(
        `select m.id, m.name, m.active, m.last_active as lastActive, s.value_json as run from masters m
           left join objects o on o.name = m.name_hash and o.class_name = 'bbctl.Master'
           left join object_state s on s.objectid = o.id and s.name = 'run'`,
      ),
      turns: this.connection.prepare('delete from turns returning service, process'),
      log: this.connection.prepare(
        `select content, logs.complete from logs join steps on steps.id = stepid left join logchunks on logid = logs.id
         where buildid = ? and number = (select max(number) from steps where buildid = ?) and slug = 'stdio' order by first_line`,
      ),
      acts: this.connection.prepare('select * from acts where seq > ? order by seq'),
    };
  }

  rows<T>(sql: string): T[] {
    return this.connection.prepare(sql).all() as T[];
  }

  /** After a transaction of this member. */
  look(writer: Member): void {
    const [masters, claims] = [this.readMasters(), this.readClaims()];
    this.judgeMasters(masters, writer);
    this.judgeClaims(claims, masters, writer);
    this.masters = masters;
    this.claims = claims;
    this.judgeTurn(writer);
    for (const act of this.statements.acts.all(this.seq) as Act[]) this.judgeAct(act);
    this.ledger.look(writer);
    if (this.left !== null) this.judgeLeft(this.left, writer);
    this.left = null;
  }

  /** What a build was told to be in the database is there. */
  judgeLog(buildId: number, text: string): void {
    const rows = this.statements.log.all(buildId, buildId) as { content: Buffer | string | null; complete: number }[];
    const wanted = text.split('\n').filter((line) => line !== '').map((line) => `o${line}`).join('\n'); // prettier-ignore
    const found = rows.flatMap(({ content }) => (content === null ? [] : [content.toString()])).join('\n');
    if (found !== wanted) this.options.blame(`the log of build ${buildId} is ${JSON.stringify(found)}, and not ${JSON.stringify(wanted)}`); // prettier-ignore
    if (!rows[0]?.complete) this.options.blame(`the log of build ${buildId} is closed, and not complete`);
  }

  /** After somebody else has written, who may do as he likes. */
  refresh(): void {
    this.masters = this.readMasters();
    this.claims = this.readClaims();
    this.ledger.look(null);
  }

  /** A row, as it was after the last transaction. */
  private standing(id: number): Standing | null {
    const row = this.masters.get(id);
    if (!row) return null;
    const run = runOf(row);
    const silentSeconds = this.options.now() - row.lastActive;
    return { name: row.name, incarnation: run?.incarnation ?? null, isActive: row.active === 1, isDead: row.active !== 1 || run === null || silentSeconds > run.expireAfter - slackMs / 1000 }; // prettier-ignore
  }

  private readMasters(): Map<number, MasterRow> {
    return new Map((this.statements.masters.all() as MasterRow[]).map((row) => [row.id, row]));
  }

  private readClaims(): Map<string, Claim> {
    return new Map((this.statements.claims.all() as Claim[]).map((claim) => [claim.service, claim]));
  }

  /** The run that holds a service; `undefined`: nobody, or nobody who is known yet. */
  holderOf(service: string): Member | undefined {
    return this.runOf(this.masters.get(this.claims.get(service)?.masterId ?? -1));
  }

  /** The run that a row of a master says. */
  memberOf(masterId: number): Member | undefined {
    return this.runOf(this.masters.get(masterId));
  }

  private runOf(row: MasterRow | undefined): Member | undefined {
    const incarnation = incarnationOf(row);
    return incarnation === null ? undefined : this.options.members.find((member) => member.incarnation === incarnation);
  }

  private judgeMasters(masters: ReadonlyMap<number, MasterRow>, writer: Member): void {
    for (const [id, before] of this.masters) {
      const now = masters.get(id);
      if (!before.active && now?.active && this.expired.has(incarnationOf(now) ?? '')) this.options.blame(`${now.name} was declared dead, and rises again`); // prettier-ignore
      if (!before.active || (now?.active && incarnationOf(now) === incarnationOf(before))) continue;
      const member = this.runOf(before);
      const incarnation = incarnationOf(before);
      if (incarnation !== null) this.expired.add(incarnation);
      if (member === writer) this.left = id;
      if (!member || (member === writer && member.isStopping)) continue;
      this.options.tell(`${writer.label} expires ${member.label}`);
      this.judgeExpiry(member);
    }
  }

  /** Whoever lives and is reached by nothing but good is not declared dead; whoever may be has stopped acting. */
  private judgeExpiry(member: Member): void {
    member.isExpired = true;
    if (!member.isRunning || this.options.isCutOff(member)) {
      if (member.isRunning) this.judgeTrust(member);
      return;
    }
    const calmMs = this.options.nowMs() - member.disturbedMs;
    // Who leaves does not beat any more, and the last statement may hang.
    if (!member.isStopping && calmMs > member.expireAfterMs / 4 + slackMs)
      this.options.blame(`${member.label} lives, and was declared dead`);
    this.judgeTrust(member);
  }

  /** Who has stopped leaves nothing: no claims of what is to be built, no builds, no registrations. */
  private judgeLeft(id: number, member: Member): void {
    const { records } = this.ledger;
    const left = [
      ...[...records.open].filter(({ claimedBy }) => claimedBy === id).map((request) => `request ${request.id}`),
      ...[...records.openBuilds].filter(({ masterId }) => masterId === id).map((build) => `build ${build.id}`),
      ...this.rows(`select 1 from connected_workers where masterid = ${id}`).map(() => 'a connected worker'),
      ...this.rows(`select 1 from builder_masters where masterid = ${id}`).map(() => 'a builder'),
    ];
    if (left.length > 0) this.options.blame(`${member.label} has left, and leaves ${left.join(', ')}`);
  }

  private judgeTrust(member: Member): void {
    if (member.master.membership.trusted) this.options.blame(`${member.label} trusts what it holds, and was declared dead`); // prettier-ignore
  }

  private judgeClaims(
    claims: ReadonlyMap<string, Claim>,
    masters: ReadonlyMap<number, MasterRow>,
    writer: Member,
  ): void {
    // prettier-ignore
    const { blame, tell } = this.options;
    for (const service of new Set([...this.claims.keys(), ...claims.keys()])) {
      const [before, after] = [this.claims.get(service)?.masterId, claims.get(service)?.masterId];
      if (after !== undefined && !masters.get(after)?.active) blame(`${service} is held by master ${after}, which is inactive`); // prettier-ignore
      if (before === after) continue;
      this.handOvers.set(service, (this.handOvers.get(service) ?? 0) + 1);
      // Whoever has it now is another matter.
      if (after !== undefined) this.uncovered.delete(service);
      tell(`${writer.label} moves ${service}: ${before ?? 'free'} to ${after ?? 'free'}`);
      const mine = (id: number): boolean => masters.get(id)?.name === writer.name;
      const isExpired = before !== undefined && !masters.get(before)?.active;
      if (before !== undefined && !mine(before) && !isExpired) blame(`${writer.label} took ${service} from master ${before}`); // prettier-ignore
      if (before !== undefined && after === undefined && mine(before) && !isExpired && this.isKept(writer, service)) blame(`${writer.label} let go of ${service}, which it offers`); // prettier-ignore
      if (before !== undefined && after === undefined && mine(before) && this.heirOf(writer, service)) blame(`${writer.label} leaves ${service} to chance, and not to ${this.heirOf(writer, service)?.label}`); // prettier-ignore
      if (before !== undefined && mine(before) && !isExpired && this.isStillActing(writer, service)) blame(`${writer.label} lets go of ${service} and acts as it`); // prettier-ignore
      if (before !== undefined && after !== undefined && this.isQuiet(writer) && this.isLongGone(this.runOf(masters.get(after)))) blame(`${writer.label} gives ${service} to master ${after}, which is silent`); // prettier-ignore
      if (before === undefined && after !== undefined && !mine(after)) blame(`${writer.label} claimed ${service} for another`); // prettier-ignore
    }
  }

  /** Whoever lets go of a service has stopped it first; what comes late may find it running again. */
  private isStillActing(writer: Member, service: string): boolean {
    return this.isQuiet(writer) && writer.master.services.active.some(({ name }) => name === service);
  }

  /** Nothing has held it up lately: what it does it has seen just now. */
  private isQuiet(writer: Member): boolean {
    return this.options.nowMs() - writer.disturbedMs > 60_000;
  }

  private isLongGone(member: Member | undefined): boolean {
    return member !== undefined && !member.isRunning && this.options.nowMs() - member.disturbedMs > 0.6 * member.expireAfterMs + slackMs; // prettier-ignore
  }

  /** Does a living one let go of what it should keep? */
  private isKept(member: Member, service: string): boolean {
    return !member.isExpired && member.offers(service) && this.options.nowMs() - member.configuredMs > 2 * member.expireAfterMs; // prettier-ignore
  }

  /** To whom one that stops should have given it. */
  private heirOf(leaver: Member, service: string): Member | undefined {
    const longAgo = this.options.nowMs() - leaver.expireAfterMs;
    if (!leaver.isStopping || leaver.isQuick || leaver.isExpired || leaver.disturbedMs > longAgo) return undefined;
    return this.options.members.find((member) => member !== leaver && this.ableSince(member, service) < longAgo);
  }

  /** In a turn's transaction, whether or not there was anything to do, the service is this master's. */
  private judgeTurn(writer: Member): void {
    for (const { service, process } of this.statements.turns.all() as Pick<Act, 'service' | 'process'>[]) {
      const holder = this.masters.get(this.claims.get(service)?.masterId ?? -1);
      if (process !== writer.process.number || holder?.name !== writer.name) this.options.blame(`${writer.label} had a turn as ${service}, which ${holder?.name ?? 'nobody'} holds`); // prettier-ignore
    }
  }

  private judgeAct({ seq, service, number, process }: Act): void {
    const { blame, members } = this.options;
    this.seq = seq;
    const last = this.done.get(service) ?? 0;
    if (number !== last + 1) blame(`${service} did ${number} after ${last}`);
    this.done.set(service, number);
    const actor = members[process];
    const row = this.masters.get(this.claims.get(service)?.masterId ?? -1);
    if (!actor || row?.name !== actor.name) blame(`${actor?.label} acted as ${service}, which ${row?.name ?? 'nobody'} holds`); // prettier-ignore
    if (incarnationOf(row) !== actor?.incarnation) blame(`${actor?.label} acted as ${service}, but another run has its name`); // prettier-ignore
    if (actor?.incarnation && this.expired.has(actor.incarnation)) blame(`${actor.label} acted as ${service} after it was declared dead`); // prettier-ignore
  }

  /** After any crash every service has a holder that acts, in time. */
  judgeCoverage(services: readonly string[], isEnabled: (service: string) => boolean): void {
    const nowMs = this.options.nowMs();
    const longest = Math.max(...this.options.members.map(({ expireAfterMs }) => expireAfterMs));
    const limitMs = 1.5 * longest + slackMs;
    for (const service of services) {
      if (this.isCovered(service, isEnabled(service))) {
        this.uncovered.delete(service);
        continue;
      }
      const since = this.uncovered.get(service) ?? nowMs;
      this.uncovered.set(service, since);
      const heir = this.options.members.find((member) => nowMs - Math.max(since, this.ableSince(member, service)) > limitMs); // prettier-ignore
      if (!heir) continue;
      this.options.blame(`nobody acts as ${service} since ${((nowMs - since) / 1000).toFixed(0)} s, and ${heir.label} could`); // prettier-ignore
    }
  }

  private isCovered(service: string, isEnabled: boolean): boolean {
    const holder = this.holderOf(service);
    if (!holder?.isRunning || !holder.offers(service) || this.options.isCutOff(holder)) return false;
    if (!isEnabled) return true;
    return holder.master.membership.trusted !== null && holder.master.services.active.some(({ name }) => name === service); // prettier-ignore
  }

  /** From when on it may declare others dead, and take the service. */
  private ableSince(member: Member, service: string): number {
    if (!member.isRunning || member.isExpired || !member.offers(service) || this.options.isCutOff(member)) return Infinity; // prettier-ignore
    const { joinedMs, disturbedMs, configuredMs, expireAfterMs } = member;
    return Math.max(configuredMs, Math.max(joinedMs, disturbedMs) + 1.3 * expireAfterMs);
  }
}

function runOf(row: MasterRow | undefined): { readonly incarnation: string; readonly expireAfter: number } | null {
  return row?.run ? (JSON.parse(row.run) as { incarnation: string; expireAfter: number }) : null;
}

function incarnationOf(row: MasterRow | undefined): string | null {
  return runOf(row)?.incarnation ?? null;
}
