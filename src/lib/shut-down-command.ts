import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '@oclif/core';
import * as Flags from '@oclif/core/flags';
import { notConfirmed, verifyNotBlocked } from './change.js';
import { ChangeCommand, confirmFlag, wakeFlags } from './change-command.js';
import type { DrainFacts } from './model/drain.js';
import { readDrainFacts, readResults } from './db/drain-facts.js';
import { cancelDrains } from './drain/cancel-drain.js';
import { planShutDown } from './drain/plan-shut-down.js';
import { onDeadlines } from './drain/events.js';
import type { ShutDownReport, ShutDownStatus, ShutDownVerb, OnDeadline } from './drain/events.js';
import { shutDown } from './drain/shut-down.js';
import type { ShutDownPorts } from './drain/shut-down.js';
import { targetsOf } from './drain/targets.js';
import type { Target } from './drain/targets.js';
import { exitStatuses, Failure } from './errors.js';
import { parseDuration } from './model/duration.js';
import { printable, printableJson } from './model/names.js';
import { expireMasters } from './operations/expire-masters.js';
import { presenterFor } from './ui/presenter.js';
import { shutDownOutlet } from './ui/shut-down-outlets.js';

/** For commands that shut masters down. */
export const shutDownFlags = {
  ...confirmFlag,
  ...wakeFlags,
  deadline: Flags.custom<number>({
    description: 'how long it may take; without it, as long as it takes',
    helpValue: 'DURATION',
    parse: (text) => Promise.resolve(parseDuration(text)),
  })(),
  'on-deadline': Flags.option({ options: onDeadlines, default: 'fail' as const, description: 'what to do then' })(),
};

const everyMs = 2000;

const statuses: Record<Exclude<ShutDownStatus, 'interrupted'>, number> = {
  'nothing to do': exitStatuses.done,
  'dry run': exitStatuses.done,
  stopped: exitStatuses.done,
  deadline: exitStatuses.timedOut,
  'partly done': exitStatuses.partlyDone,
};

interface Wish {
  readonly verb: ShutDownVerb;
  readonly onDeadline: OnDeadline;
  readonly force: boolean;
}

/** A command that asks masters to shut down, and watches the database until they have. */
export abstract class ShutDownCommand<T extends typeof Command> extends ChangeCommand<T> {
  /** Set by Ctrl-C. */
  private readonly ending = new AbortController();

  /** One document on each line, the last one too. */
  override logJson(json: unknown): void {
    process.stdout.write(`${printableJson(JSON.stringify(json))}\n`);
  }

  protected get deadlineMs(): number | null {
    const { deadline } = this.flags as unknown as { deadline?: number };
    return deadline === undefined ? null : Math.round(deadline * 1000);
  }

  /** Those that are named, as they are now. */
  protected async targets(): Promise<{ targets: Target[]; facts: DrainFacts }> {
    if (this.words.length === 0) throw new Failure('usage', 'Name the masters.', { try: 'See them with "bbctl masters".' }); // prettier-ignore
    const inventory = await this.inventory();
    const facts = await this.look('all');
    return { targets: targetsOf(this.words, facts, inventory), facts };
  }

  protected async shutDown(wish: Wish): Promise<void> {
    const { targets, facts } = await this.targets();
    const plan = planShutDown(targets, facts, wish);
    const presenter = await this.presenter();
    const emit = shutDownOutlet({ json: this.jsonEnabled(), verb: wish.verb, presenter });
    const dryRun = (this.flags as unknown as { 'dry-run': boolean })['dry-run'];
    emit({ event: 'plan', plan, dryRun });
    verifyNotBlocked(plan);
    if (plan.steps.length === 0 || dryRun) return this.conclude({ status: dryRun && plan.steps.length > 0 ? 'dry run' : 'nothing to do', masters: [] }, (report) => emit({ event: 'report', report })); // prettier-ignore
    const asks = plan.steps.some(({ kind }) => kind === 'ask');
    if (asks && !(await presenter.confirm(plan))) throw notConfirmed();
    const ids = new Set(plan.steps.map(({ masterId }) => masterId));
    const without = new Set(plan.steps.flatMap(({ kind, masterId }) => (kind === 'watch' ? [masterId] : [])));
    const stopListening = this.listen();
    const options = { verb: wish.verb, deadlineMs: this.deadlineMs, onDeadline: wish.onDeadline, everyMs, signal: this.ending.signal }; // prettier-ignore
    const report = await shutDown(targets.filter(({ master }) => ids.has(master.id)), without, options, { ...this.ports(), emit }).finally(stopListening); // prettier-ignore
    this.conclude(report, () => {});
  }

  protected async cancelDrain(): Promise<void> {
    const { targets } = await this.targets();
    const cancelled = await cancelDrains(targets);
    if (this.jsonEnabled()) return this.logJson({ cancelled });
    for (const master of cancelled) this.log(`${printable(master)} takes part again: its drain was taken back.`);
  }

  private conclude(report: ShutDownReport, tell: (report: ShutDownReport) => void): void {
    tell(report);
    const signal = this.ending.signal.reason as NodeJS.Signals;
    process.exitCode = report.status === 'interrupted' ? 128 + constants.signals[signal] : statuses[report.status];
  }

  /** Ctrl-C ends the watching alone. */
  private listen(): () => void {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const end = (signal: NodeJS.Signals): void => this.ending.abort(signal);
    for (const signal of signals) process.on(signal, end);
    return () => signals.forEach((signal) => process.off(signal, end));
  }

  private ports(): Omit<ShutDownPorts, 'emit'> {
    return {
      read: (masterIds) => this.look(masterIds),
      readResults: (ids) => this.onNewConnection(async () => readResults(await this.openDatabase(), ids)),
      expire: (masterId, seen) => this.expire(masterId, seen),
      sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
      nowMs: () => performance.now(),
    };
  }

  private look(masterIds: readonly number[] | 'all'): Promise<DrainFacts> {
    const options = { expireAfter: this.expireAfter };
    return this.onNewConnection(async () => readDrainFacts(await this.openDatabase(), masterIds, options));
  }

  /** None is held between looks: a server that was restarted is found again. */
  private async onNewConnection<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } finally {
      await this.closeDatabases();
    }
  }

  /** A change like any other, but that nobody is asked again. */
  private expire(masterId: number, { isGone }: { isGone: boolean }): Promise<number | null> {
    const input = { masters: [String(masterId)], expireAfter: this.expireAfter, force: isGone };
    const gone = new Set(isGone ? [masterId] : []);
    return this.onNewConnection(async () => {
      const mute = await presenterFor({ json: true, yes: true, typed: null });
      return (await this.changeBefore(mute, expireMasters({ ...input, gone }))).journal;
    });
  }
}
