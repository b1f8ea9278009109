import type { GitOutput } from './git.js';

/** What git knows of a commit, in the form in which Buildbot's poller writes it. */
export interface Commit {
  readonly revision: string;
  /** Of the commit, not of its author; epoch seconds. */
  readonly when: number;
  /** `Name <address>` */
  readonly author: string;
  readonly committer: string;
  readonly comments: string;
  /** None of a merge. */
  readonly files: readonly string[];
}

/** Before each field a NUL, which no field can have; the files follow the last one. */
export const commitFormat = '%x00%H%x00%ct%x00%aN <%aE>%x00%cN <%cE>%x00%s%n%b%x00';
const fieldsOfCommit = 6;

/** The complete ones; of a first one that is not, as many files as there are. */
export function parseCommits({ text, isWhole }: GitOutput): Commit[] {
  const lines = isWhole ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  const fields = lines.split('\0').slice(1);
  const commits: Commit[] = [];
  for (let at = 0; at < fields.length; at += fieldsOfCommit) {
    const isComplete = isWhole || fields.length > at + fieldsOfCommit;
    if (isComplete || commits.length === 0) commits.push(commitOf(fields.slice(at, at + fieldsOfCommit)));
  }
  return commits;
}

function commitOf([
  revision = '',
  when = '',
  author = '',
  committer = '',
  comments = '',
  files = '',
]: string[]): Commit {
  const names = stripped(files).split('\n').filter((name) => name !== ''); // prettier-ignore
  return {
    revision,
    when: Number(when),
    author: stripped(author),
    committer: stripped(committer),
    comments: stripped(comments),
    files: names.map(unquoted),
  };
}

/**
 * Names with other characters than ASCII are in quotes. Buildbot takes the quotes away, and leaves what is between them as
 * git writes it (`\303\244`): its schedulers on other masters see the same names.
 */
function unquoted(name: string): string {
  return /^".*"$/.test(name) ? name.slice(1, -1) : name;
}

const pythonSpace = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const outside = new RegExp(`^${pythonSpace}+|(?<!${pythonSpace})${pythonSpace}+$`, 'g');

/** Without space around it, of which Buildbot (Python) has an idea of its own. */
function stripped(text: string): string {
  return text.replace(outside, '');
}
