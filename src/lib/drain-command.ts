import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '@oclif/core';
import * as Flags from '@oclif/core/flags';
import { ChangeCommand, confirmFlag, wakeFlags } from './change-command.js';
import { readDrainFacts, readResults } from './db/drain-facts.js';
import { onDeadlines } from './drain/events.js';
import type { Expired, ShutDownPorts } from './drain/shut-down.js';
import type { DrainFacts } from './model/drain.js';
import { parseDuration } from './model/duration.js';
import { expireMasters } from './operations/expire-masters.js';
import { writeJsonLine } from './ui/json-lines.js';
import { presenterFor } from './ui/presenter.js';

/** For commands that shut masters down. */
export const drainFlags = {
  ...confirmFlag,
  ...wakeFlags,
  deadline: Flags.custom<number>({
    description: 'how long it may take; without it, as long as it takes',
    helpValue: 'DURATION',
    parse: (text) => Promise.resolve(parseDuration(text)),
  })(),
  'on-deadline': Flags.option({ options: onDeadlines, default: 'fail' as const, description: 'what to do then' })(),
};

/** A command that asks masters for something and watches the database; Ctrl-C ends the watching alone. */
export abstract class DrainCommand<T extends typeof Command> extends ChangeCommand<T> {
  private readonly ending = new AbortController();

  /** One document on each line, the last one too. */
  override logJson(json: unknown): void {
    writeJsonLine(json);
  }

  /** `null`: as long as it takes. */
  protected get deadlineMs(): number | null {
    const { deadline } = this.flags as unknown as { deadline?: number };
    return deadline === undefined ? null : Math.round(deadline * 1000);
  }

  protected get isDryRun(): boolean {
    return (this.flags as unknown as { 'dry-run': boolean })['dry-run'];
  }

  /** What has ended the watching, as a shell counts it. */
  protected get interruptedStatus(): number {
    return 128 + constants.signals[(this.ending.signal.reason as NodeJS.Signals | undefined) ?? 'SIGINT'];
  }

  /** The work gets what Ctrl-C aborts. Before and after it, Ctrl-C ends the program. */
  protected async interruptible<R>(work: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const end = (signal: NodeJS.Signals): void => this.ending.abort(signal);
    // Not once: what gives the cursor back would end the program where nobody listens any more.
    for (const signal of signals) process.on(signal, end);
    try {
      return await work(this.ending.signal);
    } finally {
      for (const signal of signals) process.off(signal, end);
    }
  }

  protected ports(): Omit<ShutDownPorts, 'emit'> {
    return {
      read: (masterIds) => this.look(masterIds),
      readResults: (ids) => this.onNewConnection(async () => readResults(await this.openDatabase(), ids)),
      expire: (masterId, seen) => this.expire(masterId, seen),
      sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
      nowMs: () => performance.now(),
    };
  }

  protected look(masterIds: readonly number[] | 'all'): Promise<DrainFacts> {
    const options = { expireAfter: this.expireAfter };
    return this.onNewConnection(async () => readDrainFacts(await this.openDatabase(), masterIds, options));
  }

  /** None is held between looks: a server that was restarted is found again. */
  protected async onNewConnection<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } finally {
      await this.closeDatabases();
    }
  }

  /** A change like any other, but that nobody is asked again. */
  private expire(masterId: number, { isGone }: { isGone: boolean }): Promise<Expired> {
    const input = { masters: [String(masterId)], expireAfter: this.expireAfter, force: isGone };
    const gone = new Set(isGone ? [masterId] : []);
    return this.onNewConnection(async () => {
      const mute = await presenterFor({ json: true, yes: true, typed: null });
      const { journal, advice } = await this.changeBefore(mute, expireMasters({ ...input, gone }));
      return { journal, advice };
    });
  }
}
