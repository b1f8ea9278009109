import type { Command, Interfaces } from '@oclif/core';
import { ClusterCommand } from './command.js';
import { listFlags } from './list-flags.js';
import { watchFlag } from './watch-flag.js';

/** A command that looks, and with `--watch` looks again. */
export abstract class ReadCommand<T extends typeof Command, Result> extends ClusterCommand<T> {
  static override baseFlags = { ...ClusterCommand.baseFlags, watch: watchFlag() };

  /** Prints what it sees, and returns it for `--json`. */
  protected abstract look(): Promise<Result>;

  run(): Promise<Result | undefined> {
    const { watch } = this.flags as unknown as Interfaces.InferredFlags<typeof ReadCommand.baseFlags>;
    return this.watched(() => this.look(), watch);
  }
}

/** One that prints a table. */
export abstract class ListCommand<T extends typeof Command, Result> extends ReadCommand<T, Result> {
  static override baseFlags = { ...ReadCommand.baseFlags, ...listFlags };
}
