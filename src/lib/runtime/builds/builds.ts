import path from 'node:path';
import type { Me } from '../../db/fence.js';
import { NotMember } from '../../db/fence.js';
import { appendChunk, finishLog } from '../../db/log-chunks.js';
import { list, printable } from '../../model/names.js';
import { cancelled, resultNames, retry } from '../../model/results.js';
import { aborted } from '../aborted.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { LogWriter } from '../logs/log-writer.js';
import type { Membership } from '../membership.js';
import type { Orders, RunningBuild } from '../orders.js';
import type { Store } from '../store.js';
import type { Alarm, WakeUps } from '../wake-ups.js';
import { Build } from './build.js';
import type { BuildGround } from './build.js';
import { nothingToBuild } from './building.js';
import type { Building } from './building.js';
import { Counts } from './counts.js';
import { Distributor } from './distributor.js';
import { LostClaims } from './lost-claims.js';
import type { Machine } from './machine.js';
import { runStepOf } from './run-step.js';
import { Scribe } from './scribe.js';
import { Slots } from './slots.js';
import type { StartedBuild } from './start-builds.js';
import type { Interruption, StepLog } from './step-context.js';
import type { TriggerGround } from './trigger-step.js';

export interface BuildsOptions {
  readonly membership: Membership;
  readonly store: Store;
  readonly clock: Clock;
  readonly wakeUps: WakeUps;
  readonly log: Log;
  /** Where its workers work. */
  readonly workDir: string;
  readonly machine: Machine;
  readonly onIdle: () => void;
}

interface Running {
  readonly build: Build;
  readonly ended: Promise<void>;
}

/** What does not end when it is asked is killed before; what does not end then is not waited for any longer. */
const endMs = 7000;

/** The builds of a master: requests are claimed, built, completed. */
export class Builds {
  readonly counts = new Counts();
  private which: 'all' | 'waited for' | 'none' = 'all';
  private distributor: Distributor | null = null;
  private readonly options: BuildsOptions;
  private readonly slots: Slots;
  private readonly alarm: Alarm;
  private building: Building = nothingToBuild;
  private readonly current = new Map<number, Running>();

  constructor(options: BuildsOptions) {
    this.options = options;
    this.alarm = options.wakeUps.alarm(['requests']);
    this.slots = new Slots(path.join(options.workDir, 'workers'), () => this.alarm.ringAnyhow());
  }

  /** What runs goes on as it was begun. */
  configure(building: Building): void {
    const said = this.building.leftAlone.join();
    this.building = building;
    this.slots.configure(building.slots);
    const { leftAlone } = building;
    if (leftAlone.length > 0 && leftAlone.join() !== said)
      this.options.log.info('has no local worker for some builders, and leaves them alone', { builders: list(leftAlone.map(printable)) }); // prettier-ignore
    this.alarm.ringAnyhow();
  }

  get running(): readonly RunningBuild[] {
    return [...this.current.values()].map(({ build: { started } }) => ({
      id: started.id,
      number: started.number,
      builder: started.builder.name,
      requestId: started.request.id,
      startedAt: started.startedAt,
      worker: started.seat.worker,
    }));
  }

  /** Before its first life: what an earlier process has left running here must not run beside what begins now. */
  async killLeftovers(): Promise<void> {
    const { machine, workDir, log } = this.options;
    const left = await machine.killLeftovers(workDir);
    if (left > 0) log.warn('killed what the last run has left running', { processes: left });
  }

  /** One life of the master. When it returns nothing of it runs or writes any more. */
  async live(me: Me, signal: AbortSignal): Promise<void> {
    const { store, clock, wakeUps, log, membership } = this.options;
    const scribe = new Scribe({ me, store, clock, wakeUps, log });
    const ground = { me, membership, scribe, store, log };
    const building = (): ReadonlySet<number> => new Set(this.running.map(({ requestId }) => requestId));
    const distributor = new Distributor({
      ...ground,
      lostClaims: new LostClaims({ ...ground, clock, building }),
      slots: this.slots,
      alarm: this.alarm,
      building: () => this.building,
      which: () => this.which,
      onStarted: (started) => this.begin(this.groundOf(me, scribe), started),
    });
    this.distributor = distributor;
    const looking = distributor.run(signal);
    await aborted(signal);
    scribe.end();
    await Promise.all([looking, this.interruptAll({ text: 'master lost', results: retry })]);
  }

  stopBuild(id: number, reason: string): ReturnType<Orders['stopBuild']> {
    const running = this.current.get(id);
    running?.build.interrupt({ text: reason, results: cancelled });
    return running ? 'stopping' : 'not here';
  }

  /** `waited for`: only what a running build waits for is begun from now on. */
  begins(which: 'all' | 'waited for'): void {
    this.which = which;
    this.alarm.ringAnyhow();
  }

  /** Begins nothing more, if nothing runs; returns whether that is so. */
  async close(): Promise<boolean> {
    if (this.current.size > 0) return false;
    const { which } = this;
    this.which = 'none';
    await this.distributor?.settled();
    if (this.current.size === 0) return true;
    if (this.which === 'none') this.which = which;
    return false;
  }

  /** Ends what runs as RETRY, and begins nothing more; for no longer than a few seconds. */
  async giveBack(text: string): Promise<void> {
    this.which = 'none';
    await this.interruptAll({ text, results: retry });
    await Promise.race([this.distributor?.settled(), this.options.clock.sleep(endMs)]);
    await this.interruptAll({ text, results: retry });
  }

  private async interruptAll(interruption: Interruption): Promise<void> {
    const all = [...this.current.values()];
    for (const { build } of all) build.interrupt(interruption);
    const patience = new AbortController();
    const ended = Promise.all(all.map((one) => one.ended)).finally(() => patience.abort());
    await Promise.race([ended, this.options.clock.sleep(endMs, patience.signal)]);
  }

  private begin(ground: BuildGround & TriggerGround, started: StartedBuild): void {
    const build = new Build(ground, started, runStepOf(this.options.machine, ground, started));
    this.counts.onClaim(started.startedAt - started.request.submittedAt);
    this.current.set(started.id, { build, ended: this.follow(build) });
  }

  private async follow(build: Build): Promise<void> {
    const { started } = build;
    const about = { builder: printable(started.builder.name), number: started.number };
    this.options.log.info('build started', { ...about, request: started.request.id, worker: started.seat.worker });
    try {
      const results = await build.run();
      this.counts.onFinished(results);
      this.options.log.info('build finished', { ...about, results: resultNames[results] ?? results });
    } catch (error) {
      const why = error instanceof NotMember ? 'the master was declared dead' : (error as Error).message;
      this.options.log.warn(`build dropped: ${why}`, about);
    } finally {
      this.current.delete(started.id);
      started.seat.release();
      if (this.current.size === 0) this.options.onIdle();
    }
  }

  private groundOf(me: Me, scribe: Scribe): BuildGround & TriggerGround {
    const { store, clock, wakeUps, log, workDir: spoolFolder } = this.options;
    const openLog = (logId: number): StepLog =>
      new LogWriter(
        {
          append: (chunk) => scribe.write((tx, again) => appendChunk(tx, logId, chunk, again)),
          finish: (lines) => scribe.write((tx) => finishLog(tx, logId, lines)),
        },
        { log, clock, spoolFolder },
      );
    const stopRequests = (ids: readonly number[], reason: string): void => {
      for (const { id, requestId } of this.running) if (ids.includes(requestId)) this.stopBuild(id, reason);
    };
    const triggerable: TriggerGround['triggerable'] = (name) => this.building.triggerables.get(name);
    return { masterId: me.id, scribe, store, wakeUps, log, openLog, triggerable, stopRequests };
  }
}
