// The runner of git: nothing that an address or a server says makes it do anything else, or keeps it for ever.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { git, GitFailure } from '../../../../src/lib/runtime/sources/git.js';
import { GitCache } from '../../../../src/lib/runtime/sources/git-cache.js';
import { createRepository, temporaryFolder } from '../../../_helpers/git-repository.js';

const limits = { signal: new AbortController().signal, timeoutMs: 30_000 };

test('addresses that are options, or make git run a program, are refused', async (t) => {
  const folder = temporaryFolder(t);
  const mark = join(folder, 'mark');
  for (const address of [`--upload-pack=touch ${mark}`, `ext::sh -c touch% ${mark}`, '', 'a\nb', 'fd::17/foo']) {
    t.throws(() => new GitCache(folder, address, limits), {
      name: 'Failure',
      message: /is no address that bbctl gives/,
    });
  }
  const error = await t.throwsAsync(git(['ls-remote', '--', `ext::sh -c touch% ${mark}`], limits));
  t.regex(error?.message ?? '', /transport 'ext' not allowed/);
  t.false(existsSync(mark));
});

test('a host that begins with a hyphen is no option of ssh', async (t) => {
  const cache = new GitCache(temporaryFolder(t), 'ssh://-oProxyCommand=touch mark/x', limits);
  await t.throwsAsync(cache.remoteHeads(), { message: /strange hostname/ });
});

test('what git says is told without credentials, on one line that no terminal obeys', async (t) => {
  const address = 'https://user:s3cret@localhost:1/re\u001bpo.git';
  const error = await t.throwsAsync(new GitCache(temporaryFolder(t), address, limits).remoteHeads(), { instanceOf: GitFailure }); // prettier-ignore
  t.notRegex(error?.message ?? '', /s3cret|user|\u001b|\n/);
  t.regex(error?.message ?? '', /^git ls-remote failed: fatal: /);
});

test.serial('git that takes too long is killed with all that it started', async (t) => {
  const folder = temporaryFolder(t);
  const pid = hangingSsh(t, folder);
  const cache = new GitCache(folder, 'ssh://host.invalid/x', { ...limits, timeoutMs: 1000 });
  await t.throwsAsync(cache.remoteHeads(), { message: 'git ls-remote took longer than 1s' });
  await gone(t, pid());
});

test.serial('git is killed when the service is to stop', async (t) => {
  const folder = temporaryFolder(t);
  const pid = hangingSsh(t, folder);
  const controller = new AbortController();
  const cache = new GitCache(folder, 'ssh://host.invalid/x', { ...limits, signal: controller.signal });
  const heads = cache.remoteHeads();
  while (!existsSync(join(folder, 'pid'))) await sleep(20);
  controller.abort();
  await t.throwsAsync(heads, { message: 'git ls-remote was stopped: the service ends' });
  await gone(t, pid());
});

test('output has its bounds', async (t) => {
  const repository = createRepository(t);
  repository.commit(
    'main',
    Array.from({ length: 200 }, (_, index) => `commit ${index}`),
  );
  const args = [`--git-dir=${repository.path}`, 'log', '--format=%H', 'main'];
  const all = await git(args, limits);
  t.deepEqual([all.text.length, all.isWhole], [200 * 41, true]);
  const some = await git(args, { ...limits, maxBytes: 100 });
  t.deepEqual([some.text, some.isWhole], [all.text.slice(0, 100), false]);
});

test.serial('what git leaves behind may hold its output open: it is not waited for', async (t) => {
  const folder = temporaryFolder(t);
  const pid = hangingSsh(t, folder, 'exit 1');
  await t.throwsAsync(new GitCache(folder, 'ssh://host.invalid/x', limits).remoteHeads(), { instanceOf: GitFailure });
  process.kill(pid(), 'SIGKILL');
});

/** As ssh that gets no answer; gives the id of a process that it started. */
function hangingSsh(t: ExecutionContext, folder: string, end = 'wait'): () => number {
  const program = join(folder, 'ssh');
  writeFileSync(
    program,
    `#!/bin/sh\nsleep 600 < /dev/null > /dev/null & echo $! > ${folder}/part; mv ${folder}/part ${folder}/pid; ${end}\n`,
  );
  chmodSync(program, 0o755);
  process.env['GIT_SSH_COMMAND'] = program;
  t.teardown(() => delete process.env['GIT_SSH_COMMAND']);
  return () => Number(readFileSync(join(folder, 'pid'), 'utf8'));
}

async function gone(t: ExecutionContext, pid: number): Promise<void> {
  const isThere = (): boolean => existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')); // prettier-ignore
  while (isThere()) await sleep(20);
  t.false(isThere());
}
