import type { Database } from '../../../src/lib/db/connect.js';
import { scheduleTables } from '../../../src/lib/runtime/schedulers/schedule.js';
import { force } from '../../../src/lib/runtime/schedulers/force.js';
import { fenced } from '../../../src/lib/runtime/run-service.js';
import { Failure } from '../../../src/lib/errors.js';
import { aborted } from '../../../src/lib/runtime/aborted.js';
import type { Topic } from '../../../src/lib/runtime/service.js';
import type { Log } from '../../../src/lib/runtime/log.js';
import { Master } from '../../../src/lib/runtime/master.js';
import type { Work } from '../../../src/lib/runtime/master.js';
import type { BuilderConfig } from '../../../src/lib/model/cluster-config.js';
import type { Store } from '../../../src/lib/runtime/store.js';
import { kindOf, serviceOf } from './acts.js';
import type { ServiceSpec, Surroundings } from './acts.js';
import { buildingWith, forced } from './jobs.js';
import type { Slots } from './jobs.js';
import { Link } from './link.js';
import { machineOf } from './machine.js';
import type { Child, Processes } from './machine.js';
import { SimulatedProcess } from './process.js';
import type { Random } from '../random.js';
import type { Timeline } from './timeline.js';
import type { Weather } from './weather.js';

export interface MemberOptions {
  readonly number: number;
  readonly name: string;
  readonly expireAfterMs: number;
  readonly specs: readonly ServiceSpec[];
  readonly builders: readonly BuilderConfig[];
  readonly slots: Slots;
  readonly processes: Processes;
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
  readonly began: (member: Member, child: Child) => void;
  readonly acknowledged: (buildId: number, text: string) => void;
  readonly ended: (member: Member) => void;
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
  /** It is told to leave the cluster, when it comes to hear it. */
  isStopping = false;
  /** It was told, and has heard it. */
  isDraining = false;
  drainsSinceMs = Infinity;
  isQuick = false;
  /** Builds that are told to end. */
  readonly interrupted = new Set<number>();
  readonly slots: Slots;
  builders: readonly BuilderConfig[];
  /** It has been told that this run is over, or the others have. */
  isExpired = false;
  specs: readonly ServiceSpec[];
  /** When something last held it up, and since when it is a member; ms of the timeline. */
  disturbedMs: number;
  joinedMs = Infinity;
  configuredMs: number;
  private readonly options: MemberOptions;
  private heard: (topic: Topic) => void = () => {};
  private readonly stopping = new AbortController();
  private readonly store: Store;

  constructor(options: MemberOptions) {
    const { number, name, expireAfterMs, specs, builders, slots, timeline, random, processes } = options;
    this.options = options;
    this.name = name;
    this.expireAfterMs = expireAfterMs;
    this.specs = specs;
    this.builders = builders;
    this.slots = slots;
    this.disturbedMs = this.configuredMs = timeline.nowMs;
    this.process = new SimulatedProcess(timeline, number, random.between(0.99, 1.01));
    this.store = this.link(Math.max(10_000, expireAfterMs / 4));
    this.master = new Master({
      name,
      expireAfterMs,
      work: this.workOf(specs, builders),
      stores: {
        heart: this.link(expireAfterMs / 4),
        work: this.store,
        builds: this.link(Math.max(10_000, expireAfterMs / 4)),
      },
      workDir: name,
      machine: machineOf({
        processes,
        process: this.process,
        folder: name,
        incarnation: () => this.incarnation,
        began: (child) => options.began(this, child),
        acknowledged: options.acknowledged,
      }),
      clock: this.process.clock,
      log: this.log(),
      ear: (heard, signal) => {
        this.heard = heard;
        return aborted(signal);
      },
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

  /** Does the worker build that here? */
  builds(builder: string, worker: string): boolean {
    return this.builders.some(({ name, workers }) => name === builder && workers.includes(worker));
  }

  disturbed(): void {
    this.disturbedMs = this.options.timeline.nowMs;
  }

  /** It is told at once, as PostgreSQL does. */
  tell(topic: Topic): void {
    void this.process.deliver(() => this.heard(topic));
  }

  /** Drains. */
  stop(): void {
    this.isStopping = true;
    void this.process.deliver(() => {
      this.isDraining = true;
      this.drainsSinceMs = Math.min(this.drainsSinceMs, this.options.timeline.nowMs);
      this.stopping.abort();
      // The signal tells it once; it may have been told otherwise since.
      this.master.orders.drain();
    });
  }

  stopQuickly(): void {
    this.isStopping = true;
    this.isQuick = true;
    void this.process.deliver(() => {
      for (const { id } of this.master.running) this.interrupted.add(id);
      this.master.orders.stop();
    });
  }

  cancelDrain(): void {
    void this.process.deliver(() => {
      if (this.isQuick || !this.master.orders.cancelDrain()) return;
      this.isStopping = this.isDraining = false;
      this.drainsSinceMs = Infinity;
      this.configuredMs = this.options.timeline.nowMs;
    });
  }

  /** Of one of its builds, if there is one. */
  stopBuild(): void {
    void this.process.deliver(() => {
      const [build] = this.master.running;
      if (!build) return;
      for (const { id } of this.master.running) this.interrupted.add(id);
      this.master.orders.stopBuild(build.id, 'somebody wants it so');
    });
  }

  /** Somebody asks it for builds, over its API. */
  force(builder: string): void {
    const { membership, wakeUps } = this.master;
    const ground = { membership, wakeUps, store: this.store };
    void this.process.deliver(() => {
      fenced(ground, scheduleTables, (tx) => force(tx, forced, { owner: 'somebody', builders: [builder] })).catch(
        (error: unknown) => this.options.tell(`${this.label} cannot be asked: ${(error as Error).message}`),
      );
    });
  }

  kill(): void {
    this.disturbed();
    this.process.kill();
  }

  configure(specs: readonly ServiceSpec[], builders: readonly BuilderConfig[]): void {
    const work = this.workOf(specs, builders);
    void this.process.deliver(() => {
      this.specs = specs;
      this.builders = builders;
      this.configuredMs = this.options.timeline.nowMs;
      this.master.configure(work);
    });
  }

  get label(): string {
    return `${this.name}#${this.process.number}`;
  }

  private workOf(specs: readonly ServiceSpec[], builders: readonly BuilderConfig[]): Work {
    const { random, number, surroundings } = this.options;
    const around = { ...surroundings, process: number, fetchMs: () => random.between(50, 3000) };
    const clock = { monotonicMs: () => this.process.clock.monotonicMs(), sleep: (ms: number, signal?: AbortSignal) => this.process.clock.sleep(ms, signal) }; // prettier-ignore
    return {
      registration: {
        builders,
        connected: [...this.slots.keys()],
        services: specs.map((spec) => ({ kind: kindOf(spec), name: spec.name, className: 'bbctl.Simulated' })),
      },
      services: specs.map((spec) => serviceOf(spec, { ...around, clock })),
      building: buildingWith(builders, this.slots),
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
    this.options.ended(this);
  }

  private failed(error: unknown): void {
    this.end = 'failed';
    this.process.kill();
    this.options.tell(`${this.label} has ended: ${String(error)}`);
    this.options.ended(this);
    if (!(error instanceof Failure)) this.options.blame(`${this.label} died of a bug: ${(error as Error).stack}`);
  }
}
