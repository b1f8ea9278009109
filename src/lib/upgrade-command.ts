import type { Command } from '@oclif/core';
import { notConfirmed, verifyNotBlocked } from './change.js';
import { readClusterConfig } from './cluster-file.js';
import { loadConfiguration } from './control/load-config.js';
import { readBuildEnds, readNewestBuild } from './db/build-ends.js';
import { whyNotWritable } from './db/can-write.js';
import { Database } from './db/connect.js';
import { takeLock } from './db/lock.js';
import type { Lock } from './db/lock.js';
import { DrainCommand } from './drain-command.js';
import { Failure } from './errors.js';
import type { Presenter } from './gate.js';
import type { Plan } from './operation.js';
import { beginUpgrade, operator } from './upgrade/begin-upgrade.js';
import type { EmitUpgrade, UpgradeReport } from './upgrade/events.js';
import { upgradeExitStatus } from './upgrade/exit-status.js';
import { HolderReader } from './upgrade/holder-reader.js';
import { planAbort, planResume } from './upgrade/plan-going-on.js';
import { planUpgrade } from './upgrade/plan-upgrade.js';
import type { UpgradeStep } from './upgrade/plan-upgrade.js';
import type { UpgradePorts } from './upgrade/ports.js';
import { readUpgrade } from './upgrade/read-upgrade.js';
import type { WantedUpgrade } from './upgrade/read-upgrade.js';
import { abortUpgrade, runUpgrade } from './upgrade/run-upgrade.js';
import { keepUpgrade, readSavedUpgrade, upgradeFile } from './upgrade/saved-upgrade.js';
import type { SavedUpgrade } from './upgrade/saved-upgrade.js';
import { untouchedReport } from './upgrade/untouched.js';
import type { UpgradeWish } from './upgrade/wish.js';
import { upgradeOutlet } from './ui/upgrade-outlets.js';

const plans = { new: planUpgrade, resume: planResume, abort: planAbort };

/** Reads, plans, shows, asks; what is done then is `upgrade/`'s. */
export abstract class UpgradeCommand<T extends typeof Command> extends DrainCommand<T> {
  protected async upgrade(wish: UpgradeWish): Promise<void> {
    const lock = this.isDryRun ? null : await takeLock(await this.location(), 'upgrade', 0, 'upgrade');
    try {
      const presenter = await this.presenter();
      const wanted = await this.wanted(wish);
      const { emit, end } = upgradeOutlet({ json: this.jsonEnabled(), presenter });
      const report = await this.planned(wish, wanted, { presenter, emit, lock }).finally(end);
      process.exitCode = upgradeExitStatus(report, this.interruptedStatus);
    } finally {
      await lock?.release();
    }
  }

  private async wanted(wish: UpgradeWish): Promise<WantedUpgrade> {
    const inventory = await this.inventory();
    const config = (): ReturnType<typeof readClusterConfig> => readClusterConfig(inventory?.file ?? '');
    const load = this.settingsInput.loadConfig ? loadConfiguration : null;
    const options = { timeoutMs: this.timeoutSeconds * 1000, purpose: 'upgrade' };
    return readUpgrade(wish, {
      facts: await this.look('all'),
      inventory,
      loaders: { config, load },
      saved: readSavedUpgrade(await this.file()),
      notWritable: await whyNotWritable(await this.location(), options),
    });
  }

  private async planned(wish: UpgradeWish, wanted: WantedUpgrade, { presenter, emit, lock }: Means): Promise<UpgradeReport> {
    const { way, saved, input } = wanted;
    const plan = way === 'new' ? plans.new(input) : plans[way](input, saved!);
    emit({ event: 'plan', plan, dryRun: this.isDryRun });
    verifyNotBlocked(plan);
    const untouched = this.untouched(plan, input.facts.cluster.now);
    if (untouched !== null || lock === null) return told(untouched ?? untouchedReport('dry run', 0), emit);
    const asks = plan.steps.some(({ kind }) => kind !== 'there' && kind !== 'gone' && kind !== 'watch');
    if (asks && !(await presenter.confirm(plan))) throw notConfirmed();
    return this.carriedOut(wish, wanted, emit, lock);
  } // prettier-ignore

  /** `null`: there is something to do. Where all have come and gone, it may be that something is to be handed over still. */
  private untouched({ steps }: Plan<UpgradeStep>, at: number): UpgradeReport | null {
    if (steps.length === 0) return untouchedReport('nothing to do', at);
    return this.isDryRun ? untouchedReport('dry run', at) : null;
  }

  private async carriedOut(wish: UpgradeWish, { way, saved, input }: WantedUpgrade, emit: EmitUpgrade, lock: Lock): Promise<UpgradeReport> {
    const { old, start, oneByOne, facts } = input;
    const { deadlineMs, onDeadline } = wish.deadlineMs === null && saved !== null ? saved : wish;
    const holders = new HolderReader(() => this.openAside());
    const ports = await this.upgradePorts(emit, holders, lock);
    return this.interruptible(async (signal) => {
      const request = { old, start, oneByOne, deadlineMs, onDeadline, signal };
      const newest = await this.onNewConnection(async () => readNewestBuild(await this.openDatabase()));
      const record: SavedUpgrade = { ...(saved ?? beginUpgrade(request, facts, newest)), deadlineMs, onDeadline, by: operator() };
      return way === 'abort' ? abortUpgrade(request, record, ports) : runUpgrade(request, record, ports);
    }).finally(() => holders.close());
  } // prettier-ignore

  private async upgradePorts(emit: EmitUpgrade, holders: HolderReader, lock: Lock): Promise<UpgradePorts> {
    const file = await this.file();
    return {
      ...this.ports(),
      emit,
      readHolders: () => holders.read(),
      readBuilds: (ids, from) => this.onNewConnection(async () => readBuildEnds(await this.openDatabase(), ids, from)),
      keepLock: () => lock.keep().catch(away),
      save: (saved) => keepUpgrade(file, saved),
    };
  }

  /** For what looks beside all else. */
  private async openAside(): Promise<Database> {
    return Database.open(await this.location(), { access: 'read', timeoutMs: 5000, purpose: 'upgrade holders' });
  }

  private async file(): Promise<string> {
    return upgradeFile(await this.journalDirectory(), (await this.location()).label);
  }
}

interface Means {
  readonly presenter: Presenter;
  readonly emit: EmitUpgrade;
  /** `null`: nothing is done. */
  readonly lock: Lock | null;
}

function told(report: UpgradeReport, emit: EmitUpgrade): UpgradeReport {
  emit({ event: 'report', report });
  return report;
}

function away(error: unknown): never {
  throw new Failure('unreachable', `Whether this is the only upgrade cannot be asked: ${(error as Error).message}`, { cause: error }); // prettier-ignore
}
