import { setTimeout as pause } from 'node:timers/promises';
import type { GitRepository } from '../git-repository.js';
import type { ChaosLog } from './chaos-log.js';
import type { Random } from '../random.js';

const branches = ['main', 'next', 'team/a', 'team/b'];

/**
 * People who push: commits, overwritten branches, merges. What was overwritten never comes back: of a commit that it had
 * forgotten a poller would rightly make a change again.
 */
export class Committer {
  private readonly repository: GitRepository;
  private readonly random: Random;
  private readonly log: ChaosLog;
  private count = 0;

  constructor(repository: GitRepository, random: Random, log: ChaosLog) {
    this.repository = repository;
    this.random = random;
    this.log = log;
    for (const branch of branches) repository.commit(branch, [`begin ${branch}`], { from: null });
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.push();
      await pause(1000 * this.random.between(0.2, 4), undefined, { signal }).catch(() => {});
    }
  }

  private push(): void {
    const branch = this.random.pick(branches);
    const act = this.random.pickWeighted([
      [() => this.commit(branch), 8],
      [() => this.overwrite(branch), 2],
      [() => this.merge(branch), 1],
    ]);
    act();
    this.log.say('pushed', { branch, head: this.repository.head(branch) });
  }

  private commit(branch: string, from?: string): void {
    const messages = Array.from({ length: this.random.whole(1, 4) }, () => `commit ${++this.count}`);
    this.repository.commit(branch, messages, from === undefined ? {} : { from });
  }

  private overwrite(branch: string): void {
    const line = this.repository.git('rev-list', '--first-parent', '--max-count=3', branch).split('\n');
    this.commit(branch, line.at(-1) ?? '');
  }

  private merge(branch: string): void {
    this.repository.merge(branch, this.random.pick(branches.filter((other) => other !== branch)));
  }
}
