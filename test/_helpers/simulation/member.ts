import { tmpdir } from 'node:os';
import type { Database } from '../../../src/lib/db/connect.js';
import { Failure } from '../../../src/lib/errors.js';
import type { Log } from '../../../src/lib/runtime/log.js';
import { Master } from '../../../src/lib/runtime/master.js';
import type { Work } from '../../../src/lib/runtime/master.js';
import { kindOf, serviceOf } from './acts.js';
import type { ServiceSpec, Surroundings } from './acts.js';
import { Link } from './link.js';
import { SimulatedProcess } from './process.js';
import type { Random } from '../random.js';
import type { Timeline } from './timeline.js';
import type { Weather } from './weather.js';

export interface MemberOptions {
  readonly number: number;
  readonly name: string;
  readonly expireAfterMs: number;
  readonly specs: readonly ServiceSpec[];
  readonly timeline: Timeline;
  readonly random: Random;
  readonly weather: Weather;
  readonly database: Database;
  readonly surroundings: Pick<Surroundings, 'repository' | 'epoch' | 'now'>;
  /** Called after each of its transactions that write. */
  readonly written: (member: Member) => void;
  readonly tell: (line: string) => void;
  /** What must never be. */
  readonly blame: (what: string) => void;
}

/** The announcements' marks, which a test of speed may look at less often. */
const lookMs = 20_000;

/** A run of a master: one process, from its start to its end. */
export class Member {
  readonly process: SimulatedProcess;
  readonly master: Master;
  readonly name: string;
  readonly expireAfterMs: number;
  /** Set when it has ended by itself. */
  end: 'stopped' | 'left' | 'failed' | null = null;
  incarnation: string | null = null;
  isStopping = false;
  /** It has been told that this run is over, or the others have. */
  isExpired = false;
  specs: readonly ServiceSpec[];
  /** When something last held it up, and since when it is a member; ms of the timeline. */
  disturbedMs: number;
  joinedMs = Infinity;
  configuredMs: number;
  private readonly options: MemberOptions;
  private readonly stopping = new AbortController();

  constructor(options: MemberOptions) {
    const { number, name, expireAfterMs, specs, timeline, random } = options;
    this.options = options;
    this.name = name;
    this.expireAfterMs = expireAfterMs;
    this.specs = specs;
    this.disturbedMs = this.configuredMs = timeline.nowMs;
    this.process = new SimulatedProcess(timeline, number, random.between(0.99, 1.01));
    this.master = new Master({
      name,
      expireAfterMs,
      work: this.workOf(specs),
      stores: {
        heart: this.link(expireAfterMs / 4),
        work: this.link(Math.max(10_000, expireAfterMs / 4)),
        builds: this.link(Math.max(10_000, expireAfterMs / 4)),
      },
      workDir: tmpdir(),
      clock: this.process.clock,
      log: this.log(),
      ear: null,
      lookMs,
    });
    this.master.run(this.stopping.signal).then(
      () => this.ended(this.end === 'left' ? 'left' : 'stopped'),
      (error: unknown) => this.failed(error),
    );
  }

  get isRunning(): boolean {
    return this.process.state === 'running' && (this.end === null || this.end === 'left');
  }

  /** Neither killed nor at its end. */
  get isThere(): boolean {
    return this.process.state !== 'gone';
  }

  offers(service: string): boolean {
    return !this.isStopping && this.specs.some(({ name }) => name === service);
  }

  disturbed(): void {
    this.disturbedMs = this.options.timeline.nowMs;
  }

  stop(): void {
    this.isStopping = true;
    void this.process.deliver(() => this.stopping.abort());
  }

  kill(): void {
    this.disturbed();
    this.process.kill();
  }

  configure(specs: readonly ServiceSpec[]): void {
    const work = this.workOf(specs);
    void this.process.deliver(() => {
      this.specs = specs;
      this.configuredMs = this.options.timeline.nowMs;
      this.master.configure(work);
    });
  }

  get label(): string {
    return `${this.name}#${this.process.number}`;
  }

  private workOf(specs: readonly ServiceSpec[]): Work {
    const { random, number, surroundings } = this.options;
    const around = { ...surroundings, process: number, fetchMs: () => random.between(50, 3000) };
    const clock = { monotonicMs: () => this.process.clock.monotonicMs(), sleep: (ms: number, signal?: AbortSignal) => this.process.clock.sleep(ms, signal) }; // prettier-ignore
    return {
      registration: {
        builders: [{ name: 'tests', workers: ['w1'] }],
        services: specs.map((spec) => ({ kind: kindOf(spec), name: spec.name, className: 'bbctl.Simulated' })),
      },
      services: specs.map((spec) => serviceOf(spec, { ...around, clock })),
    };
  }

  private link(timeoutMs: number): ReturnType<Link['store']> {
    const { timeline, random, weather, database, written } = this.options;
    const link = new Link({ timeline, random, weather, database, process: this.process, timeoutMs, written: () => written(this), disturbed: () => this.disturbed() }); // prettier-ignore
    return link.store();
  }

  private log(): Log {
    const say =
      (level: string) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
        const { incarnation, ...rest } = fields;
        if (message === 'joined the cluster') this.joined(String(incarnation));
        if (message === 'left the cluster') this.end = 'left';
        if (level === 'error') this.disturbed();
        this.options.tell(`${this.label} ${message} ${Object.values(rest).map(String).join(' ')}`.trimEnd());
      };
    return { info: say('info'), warn: say('warn'), error: say('error') };
  }

  private joined(incarnation: string): void {
    this.incarnation = incarnation;
    this.isExpired = false;
    this.joinedMs = this.options.timeline.nowMs;
  }

  private ended(how: 'stopped' | 'left'): void {
    this.end = how;
    this.process.kill();
    this.options.tell(`${this.label} has ended: ${how}`);
  }

  private failed(error: unknown): void {
    this.end = 'failed';
    this.process.kill();
    this.options.tell(`${this.label} has ended: ${String(error)}`);
    if (!(error instanceof Failure)) this.options.blame(`${this.label} died of a bug: ${(error as Error).stack}`);
  }
}
