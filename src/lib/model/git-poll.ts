import { branchMatcher, isBranchGlob } from './branch-glob.js';

/** A commit of a push, as git lists it. */
export interface ListedCommit {
  readonly revision: string;
  readonly parents: readonly string[];
}

/** What was polled, and so will not be looked at again: these commits and all that they come from. */
export interface PollState {
  /** Branch → its head. */
  readonly heads: ReadonlyMap<string, string>;
  /** Of a poll that is written in several pieces: the newest commits of what is written already, and the heads that were. */
  readonly written: readonly string[];
}

export const neverPolled: PollState = { heads: new Map(), written: [] };

/** Buildbot's tables hold no longer ones. */
const longestBranch = 255;

/** The branches to poll, in Buildbot's order: a commit on several of them is a change on the first one. */
export function selectBranches(patterns: readonly string[] | null, names: Iterable<string>): string[] {
  const matches = patterns === null ? () => true : branchMatcher(patterns);
  return [...names].filter((name) => name.length <= longestBranch && matches(name)).sort();
}

/** Nothing was ever seen: what is there now is where it begins, and makes no changes. */
export function isFirstPoll({ heads, written }: PollState): boolean {
  return heads.size === 0 && written.length === 0;
}

/** Each commit that a new one may come from without being new itself. */
export function knownRevisions({ heads, written }: PollState): string[] {
  return [...new Set([...heads.values(), ...written])].sort();
}

/** The first branch that is not where it was. */
export function nextMoved(state: PollState, heads: ReadonlyMap<string, string>): string | null {
  for (const [branch, head] of heads) if (state.heads.get(branch) !== head) return branch;
  return null;
}

/**
 * After the first commits of a push. They are listed with parents first: so all that comes before them is written, or
 * was known, and the newest of them say how far it got. The branch's own head stays what it was, as part of that.
 */
export function afterCommits(state: PollState, commits: readonly ListedCommit[]): PollState {
  const written = new Set(state.written);
  for (const { revision, parents } of commits) {
    for (const parent of parents) written.delete(parent);
    written.add(revision);
  }
  return { ...state, written: [...written] };
}

/**
 * After all commits of a branch. Where the branch was before stays known until the poll is over, like what else is
 * written of an unfinished push: it may have been overwritten here and merged into another branch.
 */
export function afterBranch({ heads, written }: PollState, branch: string, head: string): PollState {
  const before = heads.get(branch);
  const known = before === undefined || written.includes(before) ? written : [...written, before];
  return { heads: new Map(heads).set(branch, head), written: known };
}

/** After the whole poll: branches that are gone are forgotten. */
export function afterPoll(heads: ReadonlyMap<string, string>): PollState {
  return { heads, written: [] };
}

const prefix = 'refs/heads/';
/** No branch of git can have a tilde in its name. */
const writtenKey = /^~\d+$/;
const revisionPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** From the state that Buildbot keeps as `lastRev`; what is no revision is left out: whatever wrote it, git must not read it. */
export function parseState(value: unknown): PollState {
  if (typeof value !== 'object' || value === null) return neverPolled;
  const entries = Object.entries(value).filter((entry): entry is [string, string] => isRevision(entry[1]));
  const [written, heads] = [entries.filter(([key]) => writtenKey.test(key)), entries.filter(([key]) => !writtenKey.test(key))]; // prettier-ignore
  return {
    heads: new Map(heads.map(([key, revision]) => [key.startsWith(prefix) ? key.slice(prefix.length) : key, revision])),
    written: written.map(([, revision]) => revision),
  };
}

function isRevision(value: unknown): value is string {
  return typeof value === 'string' && revisionPattern.test(value);
}

/**
 * As Buildbot keeps it: its poller names branches in full where it was not given a list of them. What is written of an
 * unfinished push stands beside them: Buildbot takes every value for a revision that it knows, whatever it is called.
 */
export function stateValue(state: PollState, patterns: readonly string[] | null): Record<string, string> {
  const keyPrefix = patterns === null || patterns.some(isBranchGlob) ? prefix : '';
  const heads = [...state.heads].map(([branch, revision]) => [`${keyPrefix}${branch}`, revision] as const);
  return Object.fromEntries([...heads, ...state.written.map((revision, index) => [`~${index}`, revision] as const)]);
}

/** How long to wait after so many failures in a row: twice as long each time, up to ten polls or ten minutes. */
export function delayAfterFailures(everyMs: number, failures: number): number {
  const longest = Math.max(everyMs, Math.min(10 * everyMs, 600_000));
  return Math.min(everyMs * 2 ** Math.min(failures - 1, 10), longest);
}
