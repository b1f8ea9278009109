import type { Command } from '@oclif/core';
import { notConfirmed, verifyNotBlocked } from './change.js';
import { DrainCommand } from './drain-command.js';
import type { Presenter } from './gate.js';
import type { Plan } from './operation.js';
import type { EmitUpgrade, UpgradeReport } from './upgrade/events.js';
import { upgradeExitStatus } from './upgrade/exit-status.js';
import { planUpgrade } from './upgrade/plan-upgrade.js';
import type { UpgradeInput, UpgradeStep } from './upgrade/plan-upgrade.js';
import { readUpgrade, runUpgrade } from './upgrade/run-upgrade.js';
import { untouchedReport } from './upgrade/untouched.js';
import type { UpgradeWish } from './upgrade/wish.js';
import { upgradeOutlet } from './ui/upgrade-outlets.js';

/** Reads, plans, shows, asks; what is done then is `upgrade/`'s. */
export abstract class UpgradeCommand<T extends typeof Command> extends DrainCommand<T> {
  protected async upgrade(wish: UpgradeWish): Promise<void> {
    const presenter = await this.presenter();
    const inventory = await this.inventory();
    const loadConfig = this.settingsInput.loadConfig;
    const input = await readUpgrade(wish, { facts: await this.look('all'), inventory, loadConfig });
    const { emit, end } = upgradeOutlet({ json: this.jsonEnabled(), presenter });
    const report = await this.planned(wish, input, presenter, emit).finally(end);
    process.exitCode = upgradeExitStatus(report, this.interruptedStatus);
  }

  private async planned(
    wish: UpgradeWish,
    input: UpgradeInput,
    presenter: Presenter,
    emit: EmitUpgrade,
  ): Promise<UpgradeReport> {
    const plan = planUpgrade(input);
    emit({ event: 'plan', plan, dryRun: this.isDryRun });
    verifyNotBlocked(plan);
    const untouched = this.untouched(plan, input.facts.cluster.now);
    if (untouched !== null) {
      emit({ event: 'report', report: untouched });
      return untouched;
    }
    const asks = plan.steps.some(({ kind }) => kind === 'start' || kind === 'drain');
    if (asks && !(await presenter.confirm(plan))) throw notConfirmed();
    const { old, start, oneByOne } = input;
    const request = { old, start, oneByOne, deadlineMs: wish.deadlineMs, onDeadline: wish.onDeadline, force: wish.force };
    return this.interruptible((signal) => runUpgrade({ ...request, signal }, { ...this.ports(), emit }));
  } // prettier-ignore

  /** `null`: there is something to do. Where all have come and gone, it may be that something is to be handed over still. */
  private untouched({ steps }: Plan<UpgradeStep>, at: number): UpgradeReport | null {
    if (steps.length === 0) return untouchedReport('nothing to do', at);
    return this.isDryRun ? untouchedReport('dry run', at) : null;
  }
}
