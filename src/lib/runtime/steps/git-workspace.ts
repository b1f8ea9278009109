import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StepConfig } from '../../model/cluster-config.js';
import { publicAddress } from '../../model/repository-address.js';
import type { StepContext, StepLog } from '../builds/step-context.js';
import { gitEnvironment, gitSettings } from '../sources/git.js';
import { baseEnvironment, environmentOf } from '../workers/base-environment.js';
import { recordsFolder } from '../workers/records.js';
import { runCommand } from './run-command.js';

/** A name that git finds in its environment: the address, which may open doors, is in no list of processes. */
const remote = 'bbctl';

/** Buildbot's sign for whoever comes next that a patch is in the files. */
const patchedSign = '.buildbot-patched';

/** Of the user who runs the master: how git reaches its servers. */
const reaching = /^(SSH_AUTH_SOCK|(https?|all|no)_proxy|(HTTPS?|ALL|NO)_PROXY|GIT_.*)$/;

/** A working copy, and git in it. What is done tells whether it went well; the log has the rest. */
export class GitWorkspace {
  readonly folder: string;
  private readonly config: StepConfig & { kind: 'git' };
  private readonly context: StepContext;
  private readonly log: StepLog;
  private readonly env: Record<string, string>;

  constructor(folder: string, config: StepConfig & { kind: 'git' }, context: StepContext, log: StepLog) {
    this.folder = folder;
    this.config = config;
    this.context = context;
    this.log = log;
    this.env = environmentFor(config.repository, context);
  }

  /** A repository is there, and nothing of a build that was killed stands in its way. */
  async prepare(): Promise<void> {
    await removeLocks(join(this.folder, '.git'));
    await this.git(['init', '--quiet']);
    if (await exists(join(this.folder, patchedSign))) {
      await this.git(['clean', '-f', '-f', '-d', '-x', '-e', recordsFolder]);
    }
  }

  /** Commands of later steps find what they came from as in a clone; whatever opens its door is not left to them. */
  async setOrigin(): Promise<void> {
    const address = publicAddress(this.config.repository);
    const known = await readFile(join(this.folder, '.git', 'config'), 'utf8').catch(() => '');
    if (known.includes(`[remote "origin"]\n\turl = ${address}\n`)) return;
    await this.git(['config', '--replace-all', 'remote.origin.url', address]);
    await this.git(['config', '--replace-all', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*']);
  }

  async fetch(what: readonly string[]): Promise<boolean> {
    return (await this.git(['fetch', '-f', '-t', '--progress', remote, ...what])).status === 0;
  }

  /** The commit that it names; `null`: it is not here. */
  async resolve(revision: string): Promise<string | null> {
    const { status, text } = await this.git(['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]);
    return status === 0 ? text.trim() : null;
  }

  /** The files of the commit, on a branch of this name where it can be one. */
  async checkOut(commit: string, branch: string): Promise<boolean> {
    if ((await this.git(['checkout', '-f', '--detach', commit, '--'])).status !== 0) return false;
    if (branch !== 'HEAD' && !branch.startsWith('refs/')) await this.git(['checkout', '-B', branch]);
    return true;
  }

  async apply(patch: Buffer, level: number, folder: string): Promise<boolean> {
    await writeFile(join(this.folder, patchedSign), 'patched\n');
    await this.git(['update-index', '--refresh']);
    return (await this.git(['apply', '--index', '-p', String(level)], { input: patch, cwd: folder })).status === 0;
  }

  private async git(args: readonly string[], { input, cwd = this.folder }: { input?: Buffer; cwd?: string } = {}) {
    const { timeoutMs, maxTimeMs } = this.config;
    let text = '';
    const status = await runCommand(
      {
        ...{ command: ['git', ...gitSettings, ...args], shown: ['git', ...args] },
        ...{ cwd, env: this.env, timeoutMs, maxTimeMs, ...(input && { input }) },
        onStdout: (data) => (text = (text + data.toString()).slice(0, 1000)),
      },
      this.context,
      this.log,
    );
    return { status, text };
  }
}

function environmentFor(repository: string, context: StepContext): Record<string, string> {
  const base = baseEnvironment();
  const reach = Object.fromEntries(Object.entries(process.env).filter(([name]) => reaching.test(name)));
  const guarded = gitEnvironment({ ...base, ...reach }) as Record<string, string>;
  const env = environmentOf(guarded, context.env);
  const count = Number(env['GIT_CONFIG_COUNT'] ?? 0) || 0;
  return {
    ...env,
    GIT_ALLOW_PROTOCOL: guarded['GIT_ALLOW_PROTOCOL'] ?? '',
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: `remote.${remote}.url`,
    [`GIT_CONFIG_VALUE_${count}`]: repository,
  };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Of a git that was killed: nobody else works here. */
async function removeLocks(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const refs = await readdir(join(folder, 'refs'), { recursive: true }).catch(() => []);
  const locks = [...names, ...refs.map((name) => join('refs', name))].filter((name) => name.endsWith('.lock'));
  await Promise.all(locks.map((name) => rm(join(folder, name), { force: true })));
}
