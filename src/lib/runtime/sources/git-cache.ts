import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListedCommit } from '../../model/git-poll.js';
import { verifyAddress } from '../../model/repository-address.js';
import { git, GitFailure, type GitOptions, type GitOutput } from './git.js';
import { commitFormat, parseCommits, type Commit } from './commit.js';

/** The cache itself is broken, and not the way to the repository. */
export class BrokenCache extends GitFailure {
  override name = 'BrokenCache';
}

/** The repository answers, but its branches were not fetched: by its fault, or by that of the cache. */
export class FetchFailure extends GitFailure {
  override name = 'FetchFailure';
}

/** Some hundred commits; of a huge push the next ones are listed once these are written. */
const listedBytes = 64 * 1024;
/** A server that has one of them is asked for each: branches that were deleted are not worth more. */
const mostAsked = 20;
const detailBytes = 16 * 1024 * 1024;

type Extra = Omit<GitOptions, 'signal' | 'timeoutMs'>;

/** A bare copy of a repository's branches, on this machine only: it can be thrown away at any time. */
export class GitCache {
  private readonly directory: string;
  private readonly repository: string;
  private readonly limits: Pick<GitOptions, 'signal' | 'timeoutMs'>;

  /** In a folder of its own for each repository. Throws a `Failure` where git must not be given the address. */
  constructor(workDir: string, repository: string, limits: Pick<GitOptions, 'signal' | 'timeoutMs'>) {
    verifyAddress(repository);
    this.repository = repository;
    this.limits = limits;
    this.directory = join(workDir, createHash('sha1').update(repository).digest('hex'));
  }

  /** Branch → its head, as it is there now. */
  async remoteHeads(): Promise<Map<string, string>> {
    const { text, isWhole } = await this.git(['ls-remote', '--heads', '--refs', '--', this.repository]);
    if (!isWhole) throw new GitFailure('git ls-remote lists more branches than can be polled');
    return new Map(pairsOf(text).map(([revision, ref]) => [ref.replace('refs/heads/', ''), revision]));
  }

  /** Made where it is not there; what a git that was killed has locked is unlocked. */
  async open(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    await this.removeLocks();
    await this.local(['init', '--quiet', '--bare', '--template=']);
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Fetches the branches that are not here as they are there; gives them back as they are here now. */
  async fetch(heads: ReadonlyMap<string, string>): Promise<Map<string, string>> {
    const before = await this.trackedHeads();
    const behind = [...heads].filter(([branch, head]) => before.get(trackingRef(branch)) !== head);
    if (behind.length === 0) return new Map(heads);
    await this.fetchRefs(behind.map(([branch]) => `+refs/heads/${branch}:${trackingRef(branch)}`));
    const after = await this.trackedHeads();
    return new Map([...heads.keys()].map((branch) => [branch, after.get(trackingRef(branch)) ?? '']));
  }

  /** Those that are commits here; the others are fetched by their names first, which a server may refuse. */
  async obtain(revisions: readonly string[]): Promise<Set<string>> {
    const present = await this.present(revisions);
    const missing = revisions.filter((revision) => !present.has(revision));
    if (missing.length === 0) return present;
    for (const revision of missing.slice(0, mostAsked)) {
      await this.fetchRefs([`+${revision}:refs/bbctl/known`]).catch(passOver);
    }
    return this.present(revisions);
  }

  async present(revisions: readonly string[]): Promise<Set<string>> {
    const { text } = await this.local(['cat-file', '--batch-check'], { input: lines(revisions) });
    return new Set(pairsOf(text).filter(([, type]) => type === 'commit').map(([revision]) => revision)); // prettier-ignore
  }

  /**
   * The first commits of a branch that do not come from what is known, parents before their children, else by time;
   * `isWhole` when there are no more of them.
   */
  async newCommits(head: string, known: readonly string[]): Promise<{ commits: ListedCommit[]; isWhole: boolean }> {
    const input = lines([head, ...known.map((revision) => `^${revision}`)]);
    const list = ['rev-list', '--date-order', '--reverse', '--parents', '--stdin'];
    const { text, isWhole } = await this.local(list, { input, maxBytes: listedBytes });
    const complete = text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter((line) => line !== ''); // prettier-ignore
    if (complete.length === 0 && !isWhole) throw new GitFailure('git rev-list shows a commit with too many parents');
    return { commits: complete.map(listedCommit), isWhole };
  }

  /** The first of these commits, at least one: as many as fit into memory. */
  async commits(revisions: readonly string[]): Promise<Commit[]> {
    const show = ['diff-tree', '--stdin', '--always', '-r', '--root', '--name-only', '-M', `--format=${commitFormat}`];
    return parseCommits(await this.local(show, { input: lines(revisions), maxBytes: detailBytes }));
  }

  /** Packs what many fetches have left; only now and then is there anything to do, and it can as well be done later. */
  async tidy(): Promise<void> {
    await this.local(['gc', '--auto', '--quiet']).catch(passOver);
  }

  /** Is nothing missing of what the branches come from? */
  async isSound(): Promise<boolean> {
    const check = this.local(['fsck', '--connectivity-only', '--no-dangling', '--no-progress']);
    return check.then(() => true, (error: unknown) => !(error instanceof BrokenCache)); // prettier-ignore
  }

  private async trackedHeads(): Promise<Map<string, string>> {
    const { text } = await this.local(['for-each-ref', '--format=%(objectname) %(refname)', 'refs/bbctl/heads']);
    return new Map(pairsOf(text).map(([revision, ref]) => [ref, revision]));
  }

  private async fetchRefs(refspecs: readonly string[]): Promise<void> {
    const quiet = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-maintenance'];
    const fetch = [...this.here, 'fetch', ...quiet, '--stdin', '--', this.repository];
    await this.git(fetch, { input: lines(refspecs) }).catch((error: unknown) => {
      throw error instanceof GitFailure ? new FetchFailure(error.message) : error;
    });
  }

  private async removeLocks(): Promise<void> {
    const files = await readdir(this.directory, { recursive: true });
    const locks = files.filter((file) => /\.lock$|^gc\.pid$/.test(file));
    for (const lock of locks) await rm(join(this.directory, lock), { force: true });
  }

  private get here(): string[] {
    return [`--git-dir=${this.directory}`];
  }

  /** What needs nothing but the cache: where it fails, the cache is broken. */
  private async local(args: readonly string[], options: Extra = {}): Promise<GitOutput> {
    try {
      return await this.git([...this.here, ...args], options);
    } catch (error) {
      if (error instanceof GitFailure && !this.limits.signal.aborted) throw new BrokenCache(error.message);
      throw error;
    }
  }

  private git(args: readonly string[], options: Extra = {}): Promise<GitOutput> {
    return git(args, { ...options, ...this.limits });
  }
}

/** By a hash: branches `a` and `a/b` can follow each other there, but not be side by side in git. */
function trackingRef(branch: string): string {
  return `refs/bbctl/heads/${createHash('sha1').update(branch).digest('hex')}`;
}

function lines(words: readonly string[]): string {
  return words.map((word) => `${word}\n`).join('');
}

function pairsOf(text: string): [string, string][] {
  const rows = text.split('\n').map((line) => line.split(/[\t ]/));
  return rows.flatMap(([first, second]) => (first && second ? [[first, second] as [string, string]] : []));
}

function listedCommit(line: string): ListedCommit {
  const [revision = '', ...parents] = line.split(' ');
  return { revision, parents };
}

function passOver(error: unknown): void {
  if (!(error instanceof GitFailure)) throw error;
}
