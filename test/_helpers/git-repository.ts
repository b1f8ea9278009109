import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from './scope.js';

export interface GitRepository {
  /** A bare one, as a server has it. */
  readonly path: string;
  git(...args: string[]): string;
  /** Commits on a branch, one after the other (and on what it is already), and gives their names. */
  commit(branch: string, messages: readonly string[], options?: CommitOptions): string[];
  /** A commit of `branch` that brings `other` in. */
  merge(branch: string, other: string): string;
  head(branch: string): string;
  /** Moves it, wherever it was; makes it where there is none. */
  set(branch: string, revision: string): void;
  remove(branch: string): void;
}

export interface CommitOptions {
  readonly author?: string;
  readonly committer?: string;
  readonly files?: readonly string[];
  readonly removed?: readonly string[];
  /** Of each of the files; else the message. */
  readonly content?: string;
  /** Before the first of them; `null`: nothing. Else the branch as it is. */
  readonly from?: string | null;
}

/** Folders of a test, gone when it ends. */
export function temporaryFolder(t: Scope): string {
  const folder = mkdtempSync(join(tmpdir(), 'bbctl-git-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A repository of git, written without a working copy: a thousand commits take no time. */
export function createRepository(t: Scope, name = 'repository.git'): GitRepository {
  const path = join(temporaryFolder(t), name);
  mkdirSync(path);
  const env = { PATH: process.env['PATH'], HOME: path, LC_ALL: 'C.UTF-8' };
  const run = (args: readonly string[], input = ''): string =>
    execFileSync('git', args, { cwd: path, env, input, encoding: 'utf8', stdio: 'pipe' }).trim();
  run(['init', '--quiet', '--bare', '--initial-branch=main']);
  let time = 1_700_000_000;
  const header = (branch: string, message: string, { author = 'A <a@b.invalid>', committer = author }: CommitOptions) =>
    [`commit refs/heads/${branch}`, 'mark :1', `author ${author} ${time - 60} +0000`, `committer ${committer} ${time++} +0000`, data(message)].join('\n'); // prettier-ignore
  const exists = (branch: string): boolean => run(['for-each-ref', `refs/heads/${branch}`]) !== '';
  const fastImport = (script: string): void => void run(['fast-import', '--quiet', '--force', '--date-format=raw'], script); // prettier-ignore
  const head = (branch: string): string => run(['rev-parse', `refs/heads/${branch}`]);
  return {
    path,
    head,
    git: (...args) => run(args),
    set: (branch, revision) => void run(['update-ref', `refs/heads/${branch}`, revision]),
    remove: (branch) => void run(['update-ref', '-d', `refs/heads/${branch}`]),
    commit(branch, messages, options = {}) {
      const base = options.from === undefined ? (exists(branch) ? head(branch) : null) : options.from;
      const commits = messages.map((message, index) => {
        const files = options.files ?? [`file-${time}`];
        const from = index === 0 && base !== null ? [`from ${base}`] : [];
        return [header(branch, message, options), ...from, ...(options.removed ?? []).map((file) => `D ${quoted(file)}`), ...files.map((file) => `M 644 inline ${quoted(file)}\n${data(options.content ?? message)}`)].join('\n'); // prettier-ignore
      });
      const reset = base === null ? `reset refs/heads/${branch}\n` : '';
      fastImport(`${reset}${commits.join('\n')}\n`);
      return run(['rev-list', '--first-parent', `--max-count=${messages.length}`, '--reverse', `refs/heads/${branch}`]).split('\n'); // prettier-ignore
    },
    merge(branch, other) {
      fastImport(`${header(branch, `merge ${other}`, {})}\nfrom ${head(branch)}\nmerge ${head(other)}\n`);
      return head(branch);
    },
  };
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&')}"`;
}
