import type { Command } from '@oclif/core';
import { notConfirmed, verifyNotBlocked } from './change.js';
import { DrainCommand } from './drain-command.js';
import type { DrainFacts } from './model/drain.js';
import { cancelDrains } from './drain/cancel-drain.js';
import { planShutDown } from './drain/plan-shut-down.js';
import type { ShutDownReport, ShutDownStatus, ShutDownVerb, OnDeadline } from './drain/events.js';
import { shutDown } from './drain/shut-down.js';
import { targetsOf } from './drain/targets.js';
import type { Target } from './drain/targets.js';
import { exitStatuses, Failure } from './errors.js';
import { printable } from './model/names.js';
import { shutDownOutlet } from './ui/shut-down-outlets.js';

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
export abstract class ShutDownCommand<T extends typeof Command> extends DrainCommand<T> {
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
    const dryRun = this.isDryRun;
    emit({ event: 'plan', plan, dryRun });
    verifyNotBlocked(plan);
    if (plan.steps.length === 0 || dryRun) return this.conclude({ status: dryRun && plan.steps.length > 0 ? 'dry run' : 'nothing to do', masters: [] }, (report) => emit({ event: 'report', report })); // prettier-ignore
    const asks = plan.steps.some(({ kind }) => kind === 'ask');
    if (asks && !(await presenter.confirm(plan))) throw notConfirmed();
    const ids = new Set(plan.steps.map(({ masterId }) => masterId));
    const without = new Set(plan.steps.flatMap(({ kind, masterId }) => (kind === 'watch' ? [masterId] : [])));
    const asked = targets.filter(({ master }) => ids.has(master.id));
    const options = { verb: wish.verb, deadlineMs: this.deadlineMs, onDeadline: wish.onDeadline, everyMs };
    const ports = { ...this.ports(), emit };
    const report = await this.interruptible((signal) => shutDown(asked, without, { ...options, signal }, ports));
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
    process.exitCode = report.status === 'interrupted' ? this.interruptedStatus : statuses[report.status];
  }
}
