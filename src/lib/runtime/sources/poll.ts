import { isDeepStrictEqual } from 'node:util';
import type { ChangeSourceConfig } from '../../model/cluster-config.js';
import { afterBranch, afterCommits, afterPoll, isFirstPoll } from '../../model/git-poll.js';
import { knownRevisions, nextMoved, selectBranches, stateValue } from '../../model/git-poll.js';
import type { PollState } from '../../model/git-poll.js';
import { printable } from '../../model/names.js';
import { shownAddress } from '../../model/repository-address.js';
import type { ServiceContext } from '../service.js';
import type { GitCache } from './git-cache.js';
import { PollRecords, type Piece, type PolledCommit, type Recorded } from './poll-records.js';

type Heads = ReadonlyMap<string, string>;

/** Changes in one transaction: it keeps others waiting no longer than a moment. */
const changesOfPiece = 50;

/** One look at a repository, and what is new there written. */
export class Poll {
  private readonly config: ChangeSourceConfig;
  private readonly cache: GitCache;
  private readonly context: ServiceContext;
  private readonly records: PollRecords;
  /** Of what is known: no longer to be had, here or there. */
  private missing: ReadonlySet<string> = new Set();
  /** Known in its place: what changes were made of before. */
  private reported: readonly string[] = [];

  constructor(config: ChangeSourceConfig, cache: GitCache, context: ServiceContext) {
    this.config = config;
    this.cache = cache;
    this.context = context;
    this.records = new PollRecords(config, context);
  }

  /** `false` when somebody else has polled meanwhile: then it is to be done again. */
  async run(): Promise<boolean> {
    const seen = await this.records.read();
    const remote = await this.cache.remoteHeads();
    const branches = selectBranches(this.config.branches, remote.keys());
    // As Buildbot's: what is known is not forgotten for a repository that is being made anew.
    if (branches.length === 0) return true;
    await this.cache.open();
    const heads = await this.cache.fetch(new Map(branches.map((branch) => [branch, remote.get(branch) ?? ''])));
    if (isDeepStrictEqual(seen.value, stateValue(afterPoll(heads), this.config.branches))) return true;
    const isWritten = isFirstPoll(seen.state) ? await this.writeFirst(seen, heads) : await this.writeNews(seen, heads);
    await this.cache.tidy();
    return isWritten;
  }

  /** Only where the branches are: nobody wants a change for each commit that there ever was. */
  private async writeFirst(seen: Recorded, heads: Heads): Promise<boolean> {
    return (await this.records.write(seen, { commits: [], state: afterPoll(heads), isLast: true })) !== null;
  }

  private async writeNews(seen: Recorded, heads: Heads): Promise<boolean> {
    await this.findKnown(seen.state);
    let now = seen;
    while (!this.context.signal.aborted) {
      const piece = await this.nextPiece(now.state, heads);
      const written = await this.records.write(now, piece);
      if (written === null) return false;
      if (piece.isLast) return true;
      now = written;
    }
    return true;
  }

  /**
   * A branch whose old head is nowhere to be found (overwritten there, never seen or thrown away here) still comes from
   * commits of which changes were made.
   */
  private async findKnown(state: PollState): Promise<void> {
    const known = knownRevisions(state);
    const present = await this.cache.obtain(known);
    this.missing = new Set(known.filter((revision) => !present.has(revision)));
    if (this.missing.size === 0) return;
    this.reported = [...(await this.cache.present(await this.records.readRevisions()))];
  }

  /** What one transaction writes, of one branch after the other. */
  private async nextPiece(state: PollState, heads: Heads): Promise<Piece> {
    const commits: PolledCommit[] = [];
    let after = state;
    for (;;) {
      const branch = nextMoved(after, heads);
      const room = changesOfPiece - commits.length;
      if (branch === null) return { commits, state: afterPoll(heads), isLast: true };
      if (room === 0) return { commits, state: after, isLast: false };
      const some = await this.nextCommits(after, branch, heads.get(branch) ?? '', room);
      commits.push(...some.commits);
      after = some.state;
      if (!some.isWhole) return { commits, state: after, isLast: false };
    }
  }

  private async nextCommits(state: PollState, branch: string, head: string, most: number) {
    const known = [...knownRevisions(state).filter((revision) => !this.missing.has(revision)), ...this.reported];
    if (this.isUncertain(state, branch, known)) return this.passOver(state, branch, head);
    const listed = await this.cache.newCommits(head, known);
    const first = listed.commits.slice(0, most);
    const shown = first.length === 0 ? [] : await this.cache.commits(first.map(({ revision }) => revision));
    const commits = shown.map((commit) => ({ ...commit, branch }));
    const isWhole = listed.isWhole && commits.length === listed.commits.length;
    const after = isWhole ? afterBranch(state, branch, head) : afterCommits(state, first.slice(0, commits.length));
    return { commits, state: after, isWhole };
  }

  /** Is there nothing by which to tell new commits from those that were always there? */
  private isUncertain({ heads }: PollState, branch: string, known: readonly string[]): boolean {
    if (this.reported.length > 0) return false;
    return known.length === 0 || this.missing.has(heads.get(branch) ?? '');
  }

  private passOver(state: PollState, branch: string, head: string) {
    this.context.log.warn(
      `The branch ${printable(branch)} of ${shownAddress(this.config.repository)} was overwritten, and nothing that was known of it is left: it is polled from now on.`,
    );
    return { commits: [], state: afterBranch(state, branch, head), isWhole: true };
  }
}
