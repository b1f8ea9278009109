import type { ChangeSourceConfig } from '../../model/cluster-config.js';
import { delayAfterFailures } from '../../model/git-poll.js';
import { shownAddress } from '../../model/repository-address.js';
import { systemClock, type Clock } from '../clock.js';
import type { ClusteredService, ServiceContext } from '../service.js';
import { BrokenCache, FetchFailure, GitCache } from './git-cache.js';
import { GitFailure } from './git.js';
import { Poll } from './poll.js';

export interface GitPollerOptions {
  /** A folder of this master's, in which each repository has a copy. */
  readonly workDir: string;
  readonly clock?: Clock;
}

/** Asks a git repository for new commits, as Buildbot's `GitPoller` does, and with its state. */
export class GitPoller implements ClusteredService {
  readonly kind = 'changesource';
  readonly name: string;
  readonly watches = [];
  private readonly config: ChangeSourceConfig;
  private readonly workDir: string;
  private readonly clock: Clock;
  /** For the pace only: all else is in the database. */
  private dueAtMs = -Infinity;
  private failures = 0;

  constructor(config: ChangeSourceConfig, { workDir, clock = systemClock }: GitPollerOptions) {
    this.name = config.name;
    this.config = config;
    this.workDir = workDir;
    this.clock = clock;
  }

  async turn(context: ServiceContext): Promise<number | null> {
    const startedAtMs = this.clock.monotonicMs();
    if (startedAtMs < this.dueAtMs) return Math.ceil(this.dueAtMs - startedAtMs);
    const delayMs = await this.pollOrWait(context);
    if (context.signal.aborted) return null;
    this.dueAtMs = startedAtMs + delayMs;
    return Math.max(0, Math.ceil(this.dueAtMs - this.clock.monotonicMs()));
  }

  /** In how many milliseconds after this poll the next one is due. */
  private async pollOrWait(context: ServiceContext): Promise<number> {
    try {
      const isDone = await this.poll(context);
      if (this.failures > 0) context.log.info(`The repository ${shownAddress(this.config.repository)} can be polled again.`); // prettier-ignore
      this.failures = 0;
      return isDone ? this.config.everyMs : 0;
    } catch (error) {
      if (!(error instanceof GitFailure)) throw error;
      if (context.signal.aborted) return 0;
      return this.afterFailure(error, context);
    }
  }

  /** Told once, until it works again; what is new there waits. */
  private afterFailure(error: GitFailure, { log }: ServiceContext): number {
    this.failures++;
    if (this.failures === 1) {
      log.warn(`The repository ${shownAddress(this.config.repository)} cannot be polled: ${error.message}`);
    }
    return delayAfterFailures(this.config.everyMs, this.failures);
  }

  /** `false` when somebody else has polled meanwhile. A cache that turns out to be broken is made anew, once. */
  private async poll(context: ServiceContext): Promise<boolean> {
    const limits = { signal: context.signal, timeoutMs: this.config.timeoutMs };
    const cache = new GitCache(this.workDir, this.config.repository, limits);
    const poll = new Poll(this.config, cache, context);
    try {
      return await poll.run();
    } catch (error) {
      if (context.signal.aborted || !(await isForCache(cache, error))) throw error;
      context.log.warn(`The copy of ${shownAddress(this.config.repository)} on this machine is broken, and is made anew.`); // prettier-ignore
      await cache.remove();
      return poll.run();
    }
  }
}

async function isForCache(cache: GitCache, error: unknown): Promise<boolean> {
  return error instanceof BrokenCache || (error instanceof FetchFailure && !(await cache.isSound()));
}
