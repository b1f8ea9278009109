import { NotMember } from '../../db/fence.js';
import { setBuildProperty, setBuildState } from '../../db/running-builds.js';
import type { StepConfig } from '../../model/cluster-config.js';
import { printable } from '../../model/names.js';
import type { Property } from '../../model/properties.js';
import { afterStep, buildState, cancelled, exception, isTold, retry, success } from '../../model/results.js';
import type { Log } from '../log.js';
import { endBuild } from './end-build.js';
import { renderEnv, renderStep } from './render-step.js';
import type { Scribe } from './scribe.js';
import type { StartedBuild } from './start-builds.js';
import type { Interruption, RunStep, StepContext, StepLog, StepEnd } from './step-context.js';
import { StepRecord } from './step-record.js';
import { uniqueNames } from './unique-names.js';

/** What a build runs on. */
export interface BuildGround {
  readonly masterId: number;
  readonly scribe: Scribe;
  readonly log: Log;
  openLog(logId: number): StepLog;
}

/** One build, from its first step to its completion. */
export class Build {
  readonly started: StartedBuild;
  private readonly ground: BuildGround;
  private readonly runStep: RunStep<StepConfig>;
  private readonly properties: Map<string, Property>;
  private results = success;
  /** States of steps that are told with the build's. */
  private readonly told: string[] = [];
  private interruption: Interruption | null = null;
  private step: { readonly stop: AbortController; readonly record: StepRecord } | null = null;
  private readonly unsettled: Promise<unknown>[] = [];

  constructor(ground: BuildGround, started: StartedBuild, runStep: RunStep<StepConfig>) {
    this.ground = ground;
    this.started = started;
    this.runStep = runStep;
    this.properties = new Map(started.properties);
  }

  /** What runs ends soon; what is always run is run all the same, but for when it is to be done anew. */
  interrupt(interruption: Interruption): void {
    if (this.interruption?.results === retry) return;
    this.interruption = interruption;
    const { step } = this;
    if (!step || step.stop.signal.aborted) return;
    this.later(step.record.sayCancelled(interruption.text));
    step.stop.abort(interruption);
  }

  /** Returns the result; throws `NotMember` where the master was declared dead, and others have ended it. */
  async run(): Promise<number> {
    try {
      await this.runSteps();
    } catch (error) {
      if (error instanceof NotMember) throw error;
      this.ground.log.error(`a build failed: ${(error as Error).message}`, this.about);
      this.results = exception;
    }
    return this.end();
  }

  private get about(): Record<string, string | number> {
    return { builder: printable(this.started.builder.name), number: this.started.number };
  }

  private async runSteps(): Promise<void> {
    const { steps } = this.started.builder;
    const names = uniqueNames(steps.map(({ name }) => name));
    let isOver = false;
    let number = 0;
    for (const [index, step] of steps.entries()) {
      if (this.interruption?.results === retry) return;
      if ((isOver || this.interruption) && !step.alwaysRun) continue;
      const outcome = await this.runOne(step, number++, names[index] ?? step.name);
      const after = afterStep(step, outcome.results, this.results);
      this.results = after.results;
      isOver ||= after.isOver;
      if (isTold(step, outcome.results)) this.tell(outcome.state);
    }
  }

  private tell(state: string): void {
    this.told.push(state);
    this.later(this.ground.scribe.write((tx) => setBuildState(tx, this.started.id, this.told.join(' '))));
  }

  /** What need not be waited for before the next thing is done. */
  private later(written: Promise<unknown>): void {
    this.unsettled.push(written);
    written.catch((error: Error) => {
      if (!(error instanceof NotMember)) this.ground.log.error(`not written of a build: ${error.message}`, this.about);
    });
  }

  private async runOne(config: StepConfig, number: number, name: string): Promise<StepEnd> {
    const record = new StepRecord(this.ground.scribe, { buildId: this.started.id, number, name });
    const stop = new AbortController();
    this.step = { stop, record };
    const end = judged(await this.attempt(config, record, stop.signal), stop.signal);
    this.step = null;
    await record.added;
    this.later(record.finish(end));
    return end;
  }

  private async attempt(config: StepConfig, record: StepRecord, signal: AbortSignal): Promise<StepEnd> {
    try {
      return await this.runStep(renderStep(config, this.properties), this.contextOf(record, signal));
    } catch (error) {
      if (error instanceof NotMember) throw error;
      await this.logError(record, error as Error);
      return { results: exception, state: 'finished (exception)' };
    }
  }

  private async logError(record: StepRecord, error: Error): Promise<void> {
    const log = this.ground.openLog(await record.openLog('err.text'));
    await log.write('stderr', Buffer.from(`${error.message}\n`));
    await log.close();
  }

  private contextOf(record: StepRecord, signal: AbortSignal): StepContext {
    const { id, number, builder, request, seat, contents } = this.started;
    const { scribe, log } = this.ground;
    return {
      build: { id, number, builder: builder.name, requestId: request.id, buildsetId: request.buildsetId, workdir: seat.folder }, // prettier-ignore
      worker: seat.worker,
      properties: this.properties,
      setProperty: async (name, value, source) => {
        this.properties.set(name, { value, source });
        await scribe.write((tx) => setBuildProperty(tx, id, name, { value, source }));
      },
      sourceStamps: contents.stamps,
      env: renderEnv(builder.env, this.properties),
      signal,
      openLog: async (name) => this.ground.openLog(await record.openLog(name)),
      log,
    };
  }

  private async end(): Promise<number> {
    const { interruption } = this;
    const results = interruption ? interruption.results : this.results;
    const state = buildState(results, interruption?.text ?? null, this.told);
    const { masterId, scribe } = this.ground;
    const written = scribe.write((tx) => endBuild(tx, masterId, this.started, { results, state }));
    const [ended] = await Promise.all([written, Promise.allSettled(this.unsettled)]);
    return ended;
  }
}

/** What was interrupted has no result of its own, but for that it was. */
function judged(end: StepEnd, signal: AbortSignal): StepEnd {
  if (!signal.aborted) return end;
  const { results: wanted } = signal.reason as Interruption;
  if (wanted === retry) return { ...end, results: retry };
  const isKept = end.results === retry || end.results === cancelled;
  return isKept ? end : { ...end, results: exception };
}
