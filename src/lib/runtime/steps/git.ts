import { mkdir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { StepConfig } from '../../model/cluster-config.js';
import { stepState } from '../../model/command-words.js';
import { isCommitId, isRefName } from '../../model/git-names.js';
import { printable } from '../../model/names.js';
import { verifyAddress } from '../../model/repository-address.js';
import { failure, success } from '../../model/results.js';
import type { BuildStamp, Patch, RunStep, StepContext, StepLog } from '../builds/step-context.js';
import { GitWorkspace } from './git-workspace.js';
import { interruptedResults } from './interrupted.js';
import { maskLog } from './mask-log.js';
import { defaultWorkdir } from './shell.js';

type GitConfig = StepConfig & { kind: 'git' };

/** It goes no further; the log says why. */
class Stopped extends Error {}

/**
 * The sources as the build's source stamp wants them, in the way of Buildbot's `mode='incremental'`: what is there is fetched
 * into and checked out anew, and files that are not git's stay, but for those of a patch.
 */
export const runGit: RunStep<GitConfig> = async (config, context) => {
  const stamp = context.sourceStamps.find(({ codebase }) => codebase === config.codebase);
  const log = maskLog(await context.openLog('stdio'));
  try {
    if (!stamp) return await withoutStamp(config, log);
    const isDone = await update(config, stamp, context, log);
    const results = interruptedResults(context.signal) ?? (isDone ? success : failure);
    return { results, state: stepState(['update', config.codebase].join(' ').trimEnd(), results) };
  } finally {
    await log.close();
  }
};

async function withoutStamp({ codebase }: GitConfig, log: StepLog): Promise<{ results: number; state: string }> {
  await log.header(`No sourcestamp found in build for codebase '${printable(codebase)}'\n`);
  return { results: failure, state: stepState(`Codebase ${codebase} not in build`, failure) };
}

async function update(config: GitConfig, stamp: BuildStamp, context: StepContext, log: StepLog): Promise<boolean> {
  try {
    const workspace = await open(config, context, log);
    await workspace.prepare();
    await workspace.setOrigin();
    const revision = await fetch(workspace, stamp.branch || config.branch, stamp.revision || null, log);
    must(await workspace.checkOut(revision, stamp.branch || config.branch));
    const got = await workspace.resolve('HEAD');
    must(got !== null);
    if (stamp.patch) await patch(workspace, stamp.patch, context, log);
    await setGotRevision(config, context, got);
    return true;
  } catch (error) {
    if (error instanceof Stopped) return false;
    throw error;
  }
}

async function open(config: GitConfig, context: StepContext, log: StepLog): Promise<GitWorkspace> {
  verifyAddress(config.repository);
  const folder = resolve(context.build.workdir, config.workdir ?? defaultWorkdir);
  await mkdir(folder, { recursive: true });
  return new GitWorkspace(folder, config, context, log);
}

/** The name of what is to be checked out, which is there now. Branch and revision are what somebody has sent. */
async function fetch(workspace: GitWorkspace, branch: string, revision: string | null, log: StepLog): Promise<string> {
  if (!isRefName(branch)) await refuse(log, `'${printable(branch)}' is no name of a branch`);
  if (revision !== null && !isRefName(revision)) await refuse(log, `'${printable(revision)}' is no revision`);
  const known = revision === null ? null : await workspace.resolve(revision);
  if (known !== null && isCommitId(revision ?? '')) return known;
  must(await workspace.fetch([branch]));
  if (revision === null) return orStop(await workspace.resolve('FETCH_HEAD'));
  return (await workspace.resolve(revision)) ?? (await fetchElsewhere(workspace, revision, log));
}

/** Its branch has been moved away from it, or it was never on it. */
async function fetchElsewhere(workspace: GitWorkspace, revision: string, log: StepLog): Promise<string> {
  await workspace.fetch(['+refs/heads/*:refs/remotes/origin/*']);
  const found = await workspace.resolve(revision);
  if (found !== null) return found;
  if (isCommitId(revision)) await workspace.fetch([revision]);
  const last = await workspace.resolve(revision);
  return last ?? refuse(log, `there is no revision ${revision}`);
}

async function patch(workspace: GitWorkspace, { level, body, subdir }: Patch, context: StepContext, log: StepLog): Promise<void> {
  const copy = await context.openLog('patch');
  await copy.write('stdout', body);
  await copy.close();
  const [root, folder] = await Promise.all([realpath(workspace.folder), realpath(resolve(workspace.folder, subdir)).catch(() => null)]); // prettier-ignore
  if (folder === null || !`${folder}/`.startsWith(`${root}/`)) {
    await refuse(log, `the patch is for a folder that is not there: ${printable(subdir)}`);
  }
  must(await workspace.apply(body, Math.trunc(Number(level)) || 0, folder ?? root));
} // prettier-ignore

/** As Buildbot: by codebase where the step has one. */
async function setGotRevision({ codebase }: GitConfig, context: StepContext, revision: string): Promise<void> {
  const before = context.properties.get('got_revision')?.value;
  const others = typeof before === 'object' && before !== null ? before : {};
  await context.setProperty('got_revision', codebase === '' ? revision : { ...others, [codebase]: revision }, 'Git');
}

async function refuse(log: StepLog, why: string): Promise<never> {
  await log.header(`${why}\n`);
  throw new Stopped(why);
}

function must(isDone: boolean): asserts isDone {
  if (!isDone) throw new Stopped();
}

function orStop(revision: string | null): string {
  must(revision !== null);
  return revision;
}
