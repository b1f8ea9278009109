// A git step with real git: what is checked out, from where, and what is refused.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { StepConfig } from '../../../../src/lib/model/cluster-config.js';
import { publicAddress } from '../../../../src/lib/model/repository-address.js';
import type { BuildStamp, StepContext } from '../../../../src/lib/runtime/builds/step-context.js';
import { maskLog } from '../../../../src/lib/runtime/steps/mask-log.js';
import { runGit } from '../../../../src/lib/runtime/steps/git.js';
import { createRepository } from '../../../_helpers/git-repository.js';
import { stepContext, type TestContext } from '../../../_helpers/step-context.js';

type Git = StepConfig & { kind: 'git' };

function git(repository: string, settings: Partial<Git> = {}): Git {
  const flags = { haltOnFailure: true, flunkOnFailure: true, warnOnFailure: false, alwaysRun: false };
  const limits = { timeoutMs: 60_000, maxTimeMs: null };
  return { kind: 'git', name: 'git', repository, branch: 'HEAD', codebase: '', workdir: null, ...limits, ...flags, ...settings }; // prettier-ignore
}

function stamp(parts: Partial<BuildStamp> = {}): BuildStamp {
  return { codebase: '', repository: '', branch: null, revision: null, project: '', patch: null, ...parts };
}

function contextOf(
  t: ExecutionContext,
  parts: Partial<BuildStamp> = {},
  others: Partial<StepContext> = {},
): TestContext {
  return stepContext(t, { sourceStamps: [stamp(parts)], ...others });
}

/** The next build in the same folder. */
function next(t: ExecutionContext, { build }: TestContext, parts: Partial<BuildStamp> = {}): TestContext {
  return contextOf(t, parts, { build });
}

function contentOf({ build }: TestContext, file: string): string | null {
  const path = join(build.workdir, 'build', file);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function got({ properties }: TestContext): unknown {
  return properties.get('got_revision');
}

const done = { results: 0, state: 'update' };
const failed = { results: 2, state: 'update (failure)' };

test('a first build has the head of the branch, a later one what came since; other files stay', async (t) => {
  const repository = createRepository(t);
  const [first] = repository.commit('main', ['one'], { files: ['a'] });
  const one = contextOf(t);
  t.deepEqual(await runGit(git(repository.path), one), done);
  t.deepEqual(got(one), { value: first, source: 'Git' });
  t.is(contentOf(one, 'a'), 'one');
  writeFileSync(join(one.build.workdir, 'build', 'built'), 'kept');
  writeFileSync(join(one.build.workdir, 'build', 'a'), 'changed by a build');
  const [second] = repository.commit('main', ['two'], { files: ['b'] });
  const two = next(t, one);
  t.deepEqual(await runGit(git(repository.path), two), done);
  t.deepEqual(got(two), { value: second, source: 'Git' });
  t.deepEqual(['a', 'b', 'built'].map((file) => contentOf(two, file)), ['one', 'two', 'kept']); // prettier-ignore
});

test('the revision of the source stamp, then its branch, then the branch that is configured', async (t) => {
  const repository = createRepository(t);
  const [, two] = repository.commit('main', ['one', 'two', 'three']);
  const [release] = repository.commit('release', ['r'], { from: null });
  const [topic] = repository.commit('topic', ['t'], { from: null });
  const run = async (config: Git, parts: Partial<BuildStamp>): Promise<unknown> => {
    const context = contextOf(t, parts);
    t.deepEqual(await runGit(config, context), done);
    return (got(context) as { value: unknown }).value;
  };
  t.is(await run(git(repository.path), { revision: two! }), two);
  t.is(await run(git(repository.path), { branch: 'main', revision: two!.slice(0, 10) }), two);
  t.is(await run(git(repository.path, { branch: 'release' }), { branch: 'topic' }), topic);
  t.is(await run(git(repository.path, { branch: 'release' }), {}), release);
  t.is(await run(git(repository.path, { branch: 'release' }), { branch: '', revision: '' }), release);
  // Of another branch than the one that is said.
  t.is(await run(git(repository.path), { branch: 'main', revision: topic! }), topic);
});

test('commands of later steps find the origin, its branches and its tags', async (t) => {
  const repository = createRepository(t);
  repository.commit('main', ['one']);
  repository.git('tag', 'v1', 'main');
  const one = contextOf(t);
  await runGit(git(repository.path), one);
  const run = (...args: string[]): string => execFileSync('git', args, { cwd: join(one.build.workdir, 'build'), encoding: 'utf8' }).trim(); // prettier-ignore
  t.is(run('remote', 'get-url', 'origin'), repository.path);
  t.is(run('describe', '--tags'), 'v1');
  const [second] = repository.commit('main', ['two']);
  run('fetch', '--quiet', 'origin');
  t.is(run('rev-parse', 'origin/main'), second ?? '');
  // The next build has nothing to say of it, unless the repository has moved.
  await runGit(git(repository.path), next(t, one));
  t.deepEqual(run('config', '--get-all', 'remote.origin.fetch'), '+refs/heads/*:refs/remotes/origin/*');
  const moved = next(t, one);
  await runGit(git(`file://${repository.path}`), moved);
  t.is(run('remote', 'get-url', 'origin'), `file://${repository.path}`);
  t.regex(moved.stdio(), /config --replace-all remote\.origin\.url/);
});

test('what opens the door to the origin is not left in the working copy', (t) => {
  const shown: [string, string][] = [
    ['https://me:secret@host/a.git', 'https://host/a.git'],
    ['https://token@host/a@b.git', 'https://host/a@b.git'],
    ['ssh://git@host/a', 'ssh://git@host/a'],
    ['ssh://git:secret@host/a', 'ssh://git@host/a'],
    ['git@host:a.git', 'git@host:a.git'],
    ['/srv/a@b', '/srv/a@b'],
  ];
  for (const [address, left] of shown) t.is(publicAddress(address), left);
});

test('a branch that was moved away, and the revision that it left', async (t) => {
  const repository = createRepository(t);
  repository.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
  const [old] = repository.commit('main', ['old']);
  const one = contextOf(t);
  await runGit(git(repository.path), one);
  const [fresh] = repository.commit('main', ['fresh'], { from: null, files: ['f'] });
  const two = next(t, one, { branch: 'main' });
  t.deepEqual(await runGit(git(repository.path), two), done);
  t.deepEqual(got(two), { value: fresh, source: 'Git' });
  t.is(execFileSync('git', ['branch', '--show-current'], { cwd: join(two.build.workdir, 'build'), encoding: 'utf8' }), 'main\n'); // prettier-ignore
  const elsewhere = contextOf(t, { branch: 'main', revision: old! });
  t.deepEqual(await runGit(git(repository.path), elsewhere), done);
  t.deepEqual(got(elsewhere), { value: old, source: 'Git' });
});

test('by codebase: each its own source stamp, folder and part of got_revision', async (t) => {
  const [lib, app] = [createRepository(t, 'lib.git'), createRepository(t, 'app.git')];
  const [[a], [b]] = [lib.commit('main', ['lib']), app.commit('main', ['app'])];
  const context = stepContext(t, { sourceStamps: [stamp({ codebase: 'lib' }), stamp({ codebase: 'app' })] });
  t.deepEqual(await runGit(git(lib.path, { codebase: 'lib', workdir: 'lib' }), context), { results: 0, state: 'update lib' }); // prettier-ignore
  await runGit(git(app.path, { codebase: 'app', workdir: 'app' }), context);
  t.deepEqual(got(context), { value: { lib: a, app: b }, source: 'Git' });
  const none = await runGit(git(app.path, { codebase: 'other' }), context);
  t.deepEqual(none, { results: 2, state: 'Codebase other not in build (failure)' });
  t.regex(context.stdio(), /^hNo sourcestamp found in build for codebase 'other'\n$/);
});

const diff = ['--- a/x/a', '+++ b/x/a', '@@ -1 +1 @@', '-one', '\\ No newline at end of file', '+patched', ''].join(
  '\n',
);

test('a patch is applied, and is gone in the next build', async (t) => {
  const repository = createRepository(t);
  repository.commit('main', ['one'], { files: ['x/a'] });
  const one = contextOf(t, { patch: { level: 1, body: Buffer.from(diff), subdir: '' } });
  t.deepEqual(await runGit(git(repository.path), one), done);
  t.is(contentOf(one, 'x/a'), 'patched\n');
  t.is(one.logs.get('patch')?.text(), diff.replace(/^/gm, 'o').slice(0, -1));
  writeFileSync(join(one.build.workdir, 'build', 'made'), '');
  const two = next(t, one);
  t.deepEqual(await runGit(git(repository.path), two), done);
  t.is(contentOf(two, 'x/a'), 'one');
  t.is(contentOf(two, 'made'), null);
  const three = next(t, one, { patch: { level: 2, body: Buffer.from(diff), subdir: 'x' } });
  t.deepEqual(await runGit(git(repository.path), three), done);
  t.is(contentOf(three, 'x/a'), 'patched\n');
});

test('a patch that does not fit, or is for a folder elsewhere, fails', async (t) => {
  const repository = createRepository(t);
  repository.commit('main', ['other'], { files: ['x/a'] });
  const run = (body: string, subdir: string): Promise<unknown> => runGit(git(repository.path), contextOf(t, { patch: { level: 1, body: Buffer.from(body), subdir } })); // prettier-ignore
  t.deepEqual(await run(diff, ''), failed);
  t.deepEqual(await run(diff.replace('-one', '-other'), '../..'), failed);
  t.deepEqual(await run(diff.replace('-one', '-other'), 'nowhere'), failed);
  t.deepEqual(await run(diff.replaceAll('x/a', '../../a'), ''), failed);
});

for (const [what, parts] of [
  ['an option', { branch: '--upload-pack=touch pwned' }],
  ['two names', { branch: 'main:refs/heads/other' }],
  ['an option as revision', { revision: '--output=pwned' }],
  ['a range', { revision: 'main..other' }],
] as const) {
  test(`what somebody has sent as a name is no name: ${what}`, async (t) => {
    const repository = createRepository(t);
    repository.commit('main', ['one']);
    const context = contextOf(t, parts);
    t.deepEqual(await runGit(git(repository.path), context), failed);
    t.regex(context.stdio(), /^h'.*' is no (name of a branch|revision)\n/m);
    t.is(contentOf(context, 'pwned'), null);
  });
}

test('an address that would run a program is refused, whoever configures it', async (t) => {
  for (const repository of ['ext::sh -c touch% pwned', '--upload-pack=touch pwned']) {
    await t.throwsAsync(runGit(git(repository), contextOf(t)), { message: /is no address that bbctl gives to git/ });
  }
  const env = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'url.ext::sh -c touch% pwned;.insteadOf', GIT_CONFIG_VALUE_0: 'https://host/' }; // prettier-ignore
  const context = contextOf(t, {}, { env: { ...env, GIT_ALLOW_PROTOCOL: 'ext' } });
  t.deepEqual(await runGit(git('https://host/x'), context), failed);
  t.regex(context.stdio(), /transport 'ext' not allowed/);
});

test('no credentials are in the log, nor among the arguments', async (t) => {
  const context = contextOf(t);
  t.deepEqual(await runGit(git('http://user:geheim@127.0.0.1:9/x.git'), context), failed);
  t.regex(context.stdio(), /http:\/\/\*\*\*@127/);
  t.notRegex(context.stdio(), /geheim/);
});

test('credentials are taken out wherever the output is cut', async (t) => {
  let text = '';
  const write = (_stream: string, data: Buffer): Promise<void> => Promise.resolve(void (text += data.toString()));
  const log = maskLog({ header: () => Promise.resolve(), write, close: () => Promise.resolve() });
  const output = 'From https://user:geheim@host/é\rold\nssh://git@host/x fatal: http://a:geheim@h';
  for (const byte of Buffer.from(output)) await log.write('stderr', Buffer.from([byte]));
  await log.close();
  t.is(text, 'From https://***@host/é\rold\nssh://git@host/x fatal: http://***@h');
});

test('no repository, no revision', async (t) => {
  t.deepEqual(await runGit(git('/nowhere/x.git'), contextOf(t)), failed);
  const repository = createRepository(t);
  repository.commit('main', ['one']);
  const context = contextOf(t, { revision: 'f'.repeat(40) });
  t.deepEqual(await runGit(git(repository.path), context), failed);
  t.regex(context.stdio(), /^hthere is no revision f{40}\n/m);
});

test('what a killed git has left does not stand in the way', async (t) => {
  const repository = createRepository(t);
  repository.commit('main', ['one']);
  const one = contextOf(t, { branch: 'main' });
  await runGit(git(repository.path), one);
  const folder = join(one.build.workdir, 'build', '.git');
  for (const lock of ['index.lock', 'HEAD.lock', 'refs/heads/main.lock']) writeFileSync(join(folder, lock), '');
  const [second] = repository.commit('main', ['two']);
  const two = next(t, one, { branch: 'main' });
  t.deepEqual(await runGit(git(repository.path), two), done);
  t.deepEqual(got(two), { value: second, source: 'Git' });
});

test('files that are no repository are there already', async (t) => {
  const repository = createRepository(t);
  repository.commit('main', ['one'], { files: ['a'] });
  const context = contextOf(t);
  mkdirSync(join(context.build.workdir, 'build'));
  writeFileSync(join(context.build.workdir, 'build', 'a'), 'somebody');
  t.deepEqual(await runGit(git(repository.path), context), done);
  t.is(contentOf(context, 'a'), 'one');
});

test('interrupted, nothing more is begun', async (t) => {
  const repository = createRepository(t);
  repository.commit('main', ['one']);
  const context = contextOf(t);
  context.interrupt({ text: 'enough', results: 5 });
  t.deepEqual(await runGit(git(repository.path), context), { results: 5, state: 'update (retry)' });
  t.is(got(context), undefined);
});
