/*
 * Two to five masters on one database, in storms and calms, in a time of their own. The same seed gives the same story.
 */
import { readFileSync } from 'node:fs';
import type Sqlite from 'better-sqlite3';
import { Database } from '../../../src/lib/db/connect.js';
import type { Transaction } from '../../../src/lib/db/connect.js';
import { findOrAddObject, writeState } from '../../../src/lib/db/object-state.js';
import { clusterClass, clusterObject, pinKey } from '../../../src/lib/db/published.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { openSqlite } from '../engines/sqlite.js';
import type { Connection } from '../engines/connection.js';
import { actsTable, kindOf } from './acts.js';
import type { ServiceSpec } from './acts.js';
import { judgeCalm } from './calm.js';
import { Clients } from './clients.js';
import { Coverage } from './coverage.js';
import { builders, someSlots } from './jobs.js';
import type { Slots } from './jobs.js';
import { journalTable } from './journal.js';
import { Processes } from './machine.js';
import { Member } from './member.js';
import { Random, spread } from '../random.js';
import { Timeline } from './timeline.js';
import { strike } from './troubles.js';
import type { Troubled } from './troubles.js';
import { Weather } from './weather.js';
import { Witness } from './witness.js';

export interface SimulationOptions {
  readonly seed: number;
  /** Of the timeline. */
  readonly hours: number;
  /** Drawn from the seed where it is not given. */
  readonly masters?: number;
}

export interface Story {
  readonly seed: number;
  readonly masterHours: number;
  /** What must never have been; empty: all went well. The first one ends the story. */
  readonly blamed: readonly string[];
  readonly lines: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

const epoch = 1_800_000_000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export async function simulate(options: SimulationOptions): Promise<Story> {
  const connection = await openSqlite(readFileSync('test/fixtures/3.7.0/sqlite/fresh.schema.sql', 'utf8'));
  const { random } = Math;
  try {
    await connection.exec(`insert into alembic_version (version_num) values ('059'); ${actsTable}; ${journalTable};`);
    await connection.exec('pragma journal_mode = delete');
    return await Simulation.tell(options, connection);
  } finally {
    Math.random = random;
    await connection.close();
  }
}

export class Simulation implements Troubled {
  readonly timeline = new Timeline();
  readonly random: Random;
  readonly weather: Weather;
  readonly members: Member[] = [];
  readonly specs: readonly ServiceSpec[];
  readonly expireAfterMs: number;
  readonly disabled = new Set<string>();
  /** Service → name of the master that it was moved to. */
  readonly pins = new Map<string, string>();
  readonly witness: Witness;
  readonly processes: Processes;
  readonly coverage = new Coverage(this);
  private readonly slots: Slots;
  private readonly clients: Clients;
  private readonly database: Database;
  private readonly names: string[];
  private readonly lines: string[] = [];
  private readonly blamed: string[] = [];
  private readonly counts: Record<string, number> = {};
  private readonly commits: number[] = [];
  private readonly endMs: number;
  private clockMs = 0;
  private masterMs = 0;
  private readonly seed: number;

  static async tell(options: SimulationOptions, connection: Connection): Promise<Story> {
    const location = parseDatabaseUrl(connection.url);
    let now = (): number => epoch;
    const database = await Database.open(location, { access: 'write', purpose: 'simulation', timeoutMs: 100, now: () => now() }); // prettier-ignore
    const simulation = new Simulation(options, database, await quickConnection(database));
    now = () => simulation.now;
    try {
      return await simulation.run();
    } finally {
      await database.close();
    }
  }

  private constructor({ seed, hours, masters }: SimulationOptions, database: Database, connection: Sqlite.Database) {
    const random = new Random(spread(seed));
    const jitter = new Random(spread(seed + 1));
    Math.random = () => jitter.next();
    this.seed = seed;
    this.random = random;
    this.database = database;
    this.weather = new Weather(random);
    this.endMs = hours * hourMs;
    this.expireAfterMs = random.pick([45_000, 45_000, 45_000, 20_000, 90_000]);
    this.names = ['blue', 'green', 'red', 'white', 'black'].slice(0, masters ?? random.whole(2, 5));
    this.specs = specsFor(random);
    this.processes = new Processes(this.timeline, random);
    this.slots = someSlots(random);
    for (let at = 0; at < hours * 3600; at += random.exponential(240)) this.commits.push(epoch + at);
    const { members } = this;
    this.witness = new Witness({
      connection,
      members,
      nowMs: () => this.timeline.nowMs,
      now: () => this.now,
      isCutOff: ({ process }) => this.weather.isCutOff(process.number),
      tell: (line) => this.tell(line),
      blame: (what) => this.blame(what),
    });
    this.clients = new Clients(this);
  }

  /** The database's clock, epoch seconds. */
  get now(): number {
    return epoch + (this.timeline.nowMs + this.clockMs) / 1000;
  }

  sinceEpoch(now: number): number {
    return now - epoch;
  }

  get isOver(): boolean {
    return this.blamed.length > 0;
  }

  hasSaid(words: string): boolean {
    return this.lines.some((line) => line.includes(words));
  }

  readonly there = (): Member[] => this.members.filter(({ isThere }) => isThere);

  readonly tell = (line: string): void => {
    this.lines.push(`${(this.timeline.nowMs / 1000).toFixed(3)} ${line}`);
    const what = line.replace(/^\S+#\d+ /, '').split(/[:\d]/)[0]!.trim(); // prettier-ignore
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  };

  blame(what: string): void {
    this.tell(`BLAMED: ${what}`);
    this.blamed.push(what);
  }

  commitsAt(now: number): number {
    const index = this.commits.findIndex((at) => at > now);
    return index === -1 ? this.commits.length : index;
  }

  start(name: string): void {
    const { timeline, random, weather, database, expireAfterMs } = this;
    const number = this.members.length;
    const expire = random.chance(0.15) ? expireAfterMs * random.pick([0.5, 2]) : expireAfterMs;
    this.members.push(
      new Member({
        number, name, expireAfterMs: expire, specs: this.someSpecs(), builders: this.someBuilders(), slots: this.slots, processes: this.processes, timeline, random, weather, database,
        surroundings: { repository: (now) => this.commitsAt(now), epoch, now: () => this.now },
        written: (member) => this.witness.look(member),
        tell: this.tell,
        blame: (what) => this.blame(what),
        began: (member, child) => this.coverage.judgeSlots(member, child),
        acknowledged: (buildId, text) => this.witness.judgeLog(buildId, text),
        ended: (member) => this.restartLater(member),
      }),
    ); // prettier-ignore
    this.tell(`${this.members.at(-1)!.label} starts`);
  }

  restartLater({ name }: Member): void {
    const later = this.random.chance(0.5) ? this.random.between(100, 20_000) : this.random.between(0, 4 * this.expireAfterMs); // prettier-ignore
    const isOther = this.random.chance(0.1);
    if (isOther) this.names[this.names.indexOf(name)] = `${name}'`;
    this.timeline.after(later, () => this.startMissing());
  }

  reconfigure(member: Member): void {
    member.configure(this.someSpecs(), this.someBuilders());
  }

  toggleService(): void {
    // What Buildbot's own do while they are off is their business, and is tested elsewhere.
    const spec = this.random.pick(this.specs.filter(({ type }) => type === 'counter' || type === 'follower'));
    const isOff = this.disabled.delete(spec.name);
    if (!isOff) this.disabled.add(spec.name);
    this.tell(`${spec.name} is switched ${isOff ? 'on' : 'off'}`);
    this.operate((tx) =>
      tx
        .sql('schedulers')
        .where('name', spec.name)
        .update({ enabled: isOff ? 1 : 0 }),
    );
  }

  moveService(): void {
    const spec = this.random.pick(this.specs.filter((one) => kindOf(one) === 'scheduler'));
    const to = this.random.chance(0.4) ? null : this.random.pick(this.names);
    this.tell(`${spec.name} is moved to ${to ?? 'wherever'}`);
    if (to === null) this.pins.delete(spec.name);
    else this.pins.set(spec.name, to);
    this.operate(async (tx) => {
      const find = (table: string, name: string | null) => tx.sql(table).where('name', name).first<{ id: number } | undefined>('id'); // prettier-ignore
      const [service, master] = [await find('schedulers', spec.name), await find('masters', to)];
      if (!service) return;
      const objectId = await findOrAddObject(tx, clusterObject, clusterClass);
      await writeState(tx, objectId, pinKey({ kind: 'scheduler', id: service.id }), master ? { master: master.id } : null); // prettier-ignore
      if (!master) this.pins.delete(spec.name);
    });
  }

  loseClaim(): void {
    const spec = this.random.pick(this.specs);
    const kind = kindOf(spec);
    this.tell(`${spec.name} loses its claim`);
    const ids = (tx: Transaction) => tx.sql(`${kind}s`).where('name', spec.name).select('id');
    this.operate((tx) => tx.sql(`${kind}_masters`).whereIn(`${kind}id`, ids(tx)).delete());
  }

  stepClock(ms: number): void {
    this.clockMs += ms;
    for (const member of this.members) member.disturbed();
  }

  operate(work: Parameters<Database['write']>[1]): void {
    this.timeline.after(0, async () => {
      await this.database.write([], work);
      this.witness.refresh();
    });
  }

  /** Not all of them run the same: but each service is run by somebody. */
  private someSpecs(): readonly ServiceSpec[] {
    const { random } = this;
    return random.chance(0.7) ? this.specs : this.specs.filter(() => random.chance(0.6));
  }

  private someBuilders(): typeof builders {
    const { random } = this;
    return random.chance(0.7) ? builders : builders.filter(() => random.chance(0.7));
  }

  /** A name is free when whoever has it has ended. */
  private startMissing(): void {
    const running = this.there().map(({ name }) => name);
    for (const name of this.names) if (!running.includes(name)) this.start(name);
  }

  private async run(): Promise<Story> {
    this.watch();
    while (!this.isOver && this.timeline.nowMs < this.endMs) {
      await this.storm();
      await judgeCalm(this);
    }
    if (!this.isOver) await this.settle();
    for (const member of this.there()) member.kill();
    const { seed, blamed, lines, counts } = this;
    return { seed, masterHours: this.masterMs / hourMs, blamed, lines, counts };
  }

  /** Nobody asks for anything any more, everybody builds everything: and whatever was asked for is built. */
  private async settle(): Promise<void> {
    const { timeline, witness } = this;
    this.tell('the end');
    this.clients.isOver = true;
    const asked = [...witness.ledger.records.requests.keys()].at(-1) ?? 0;
    for (const member of this.there()) member.configure(this.specs, builders);
    const left = (): number[] => [...witness.ledger.records.open].map(({ id }) => id).filter((id) => id <= asked);
    for (let minutes = 0; minutes < 180 && left().length > 0 && !this.isOver; minutes++)
      await timeline.run(timeline.nowMs + minuteMs, () => this.isOver);
    if (left().length > 0) this.blame(`requests are not complete: ${left().join(' ')}`);
  }

  private watch(): void {
    const everyMs = 5000;
    const look = (): void => {
      this.masterMs += everyMs * this.there().length;
      this.witness.judgeCoverage(this.specs.map(({ name }) => name), (name) => !this.disabled.has(name)); // prettier-ignore
      this.coverage.judge();
      this.timeline.after(everyMs, look);
    };
    look();
  }

  private async storm(): Promise<void> {
    this.tell('a storm');
    this.weather.isCalm = false;
    const isOver = (): boolean => this.isOver;
    this.startMissing();
    for (const endMs = this.timeline.nowMs + this.random.between(5, 40) * minuteMs; this.timeline.nowMs < endMs && !isOver(); ) {
      await this.timeline.run(this.timeline.nowMs + this.random.exponential(minuteMs), isOver);
      if (!isOver()) strike(this);
    } // prettier-ignore
  }

  /** All troubles are over, and all masters are there, once. */
  async calmDown(): Promise<void> {
    this.tell('a calm');
    const { weather } = this;
    const isOver = (): boolean => this.isOver;
    // Whatever was begun ends by itself.
    await this.timeline.run(this.timeline.nowMs + 8 * this.expireAfterMs, isOver);
    weather.isCalm = true;
    weather.isDatabaseDown = false;
    weather.slowness = 1;
    weather.partitions.clear();
    const seen = new Set<string>();
    for (const member of this.there()) {
      await member.process.continue();
      if (seen.has(member.name) || !this.names.includes(member.name)) member.kill();
      else seen.add(member.name);
      member.disturbed();
    }
    this.startMissing();
  }
}

/**
 * The driver's own connection, which the masters' statements and the witness share, one after the other: so the file
 * need not be locked, nor written in earnest. A statement is parsed once.
 */
async function quickConnection(database: Database): Promise<Sqlite.Database> {
  const client = await database.glance((tx) => Promise.resolve(tx.sql.client as Client));
  const connection = await client.acquireConnection();
  await client.releaseConnection(connection);
  for (const fast of ['locking_mode = exclusive', 'journal_mode = memory', 'synchronous = off'])
    connection.pragma(fast);
  const prepare = connection.prepare.bind(connection);
  const parsed = new Map<string, Sqlite.Statement>();
  connection.prepare = ((sql: string) => {
    const statement = parsed.get(sql) ?? prepare(sql);
    parsed.set(sql, statement);
    return statement;
  }) as typeof connection.prepare;
  return connection;
}

interface Client {
  acquireConnection(): Promise<Sqlite.Database>;
  releaseConnection(connection: Sqlite.Database): Promise<void>;
}

function specsFor(random: Random): ServiceSpec[] {
  const every = (least: number, most: number): number => Math.round(random.between(least, most));
  const counters = Array.from({ length: random.whole(2, 6) }, (_, index): ServiceSpec => ({ type: 'counter', name: `every-${index}`, everySeconds: every(60, 900) })); // prettier-ignore
  return [
    ...counters,
    { type: 'poller', name: 'repo', everySeconds: every(60, 300) },
    { type: 'follower', name: 'on-commit', of: 'repo' },
    { type: 'periodic', name: 'hourly', everySeconds: every(120, 1200) },
    { type: 'any-branch', name: 'on-change', treeStableMs: random.chance(0.5) ? null : every(1000, 60_000) },
  ];
}
