import * as Flags from '@oclif/core/flags';
import type { Command, Interfaces } from '@oclif/core';
import { change, exitStatusOf } from './change.js';
import type { ChangeOptions, Connections, Presenter } from './gate.js';
import { ClusterCommand } from './command.js';
import { Failure } from './errors.js';
import { findEntryOf } from './journal.js';
import type { Entry } from './journal.js';
import { parseId } from './model/find.js';
import type { Operation, Report, Step } from './operation.js';
import { presenterFor } from './ui/presenter.js';

/** For commands whose plan may want something typed. */
export const confirmFlag = {
  confirm: Flags.string({
    description: 'what would have to be typed, where a "y" is not enough',
    helpGroup: 'CHANGE',
    helpValue: 'TEXT',
  }),
};

/** For commands that remove what may be left over. */
export const forceFlag = {
  force: Flags.boolean({
    description: 'also what is only likely left over; its name must be typed',
    helpGroup: 'CHANGE',
    default: false,
  }),
};

/** For commands that may release requests. */
export const wakeFlags = {
  wake: Flags.boolean({
    description: 'tell masters to look for what was released, by the "control" of cluster.yaml',
    helpGroup: 'CHANGE',
    default: true,
    allowNo: true,
  }),
  'wake-by-reconfig': Flags.boolean({
    description: 'where nothing gentler does it, reconfigure masters: it loads whatever master.cfg is on disk',
    helpGroup: 'CHANGE',
    default: false,
  }),
};

/** A command that changes a cluster: flags for the gate, and the gate. */
export abstract class ChangeCommand<T extends typeof Command> extends ClusterCommand<T> {
  static override baseFlags = {
    ...ClusterCommand.baseFlags,
    'dry-run': Flags.boolean({ description: 'show the plan and do nothing', helpGroup: 'CHANGE', default: false }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask', helpGroup: 'CHANGE', default: false }),
    reason: Flags.string({ description: 'kept in the journal', helpGroup: 'CHANGE', helpValue: 'TEXT' }),
    'allow-unknown-schema': Flags.boolean({
      description: 'write to a database that is newer than this bbctl knows',
      helpGroup: 'CHANGE',
      default: false,
    }),
  };

  private get changeFlags(): Interfaces.InferredFlags<typeof ChangeCommand.baseFlags> {
    return this.flags as never;
  }

  /** The answer to a plan that wants something typed, where the command has `confirmFlag`. */
  private get typed(): string | null {
    return (this.flags as { confirm?: string }).confirm ?? null;
  }

  /** By what `cluster.yaml` gives; a file that is wrong is found before anything is changed. */
  private async wake(): Promise<ChangeOptions['wake']> {
    const flags = this.flags as { wake?: boolean; 'wake-by-reconfig'?: boolean };
    const byReconfig = flags['wake-by-reconfig'] ?? false;
    const inventory = flags.wake ? await this.inventory() : null;
    if (byReconfig && inventory === null) {
      throw new Failure('usage', '--wake-by-reconfig needs a cluster.yaml that says how to reconfigure each master.', {
        try: 'Name it with --config, and leave out --no-wake.',
      });
    }
    if (inventory === null) return null;
    const { wakeMasters } = await import('./control/wake.js');
    return (wakeUps) => wakeMasters(wakeUps, { inventory, byReconfig });
  }

  /** Why it is done, as it was said. */
  protected get reason(): string | null {
    return this.changeFlags.reason ?? null;
  }

  /** Is everything answered in advance? */
  protected get saysYes(): boolean {
    return this.changeFlags.yes;
  }

  /** The journal entry of a change that was made on this database. */
  protected async findChange(text: string): Promise<Entry> {
    const { location } = await this.openDatabase();
    return findEntryOf(await this.journalDirectory(), parseId(text, 'change'), location.label);
  }

  protected async change<World, S extends Step>(
    operation: Operation<World, S>,
    links: { undoes?: number; completes?: number } = {},
  ): Promise<Report<S>> {
    const report = await this.changeBefore(await this.presenter(), operation, links);
    process.exitCode = exitStatusOf(report);
    return report;
  }

  /** Who shows and asks, by the flags. */
  protected presenter(): Promise<Presenter> {
    return presenterFor({ json: this.jsonEnabled(), yes: this.saysYes, typed: this.typed });
  }

  /** The same change before another public; its status is the caller's. */
  protected async changeBefore<World, S extends Step>(
    presenter: Presenter,
    operation: Operation<World, S>,
    links: { undoes?: number; completes?: number } = {},
  ): Promise<Report<S>> {
    const flags = this.changeFlags;
    const wake = await this.wake();
    const reading = await this.openDatabase();
    const connections: Connections = { reading, openForWriting: () => this.openDatabase('write') };
    return change(operation, connections, presenter, {
      dryRun: flags['dry-run'],
      reason: this.reason,
      lockWaitMs: 5000,
      journalDirectory: await this.journalDirectory(),
      allowUnknownSchema: flags['allow-unknown-schema'],
      wake,
      ...interruption(),
      ...links,
    });
  }
}

/** Ctrl-C while it writes: the first lets the step end, the second does not. Before that it just ends the program. */
function interruption(): { signal: AbortSignal; onWriting: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  const onWriting = (): void => {
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  };
  return { signal: controller.signal, onWriting };
}
