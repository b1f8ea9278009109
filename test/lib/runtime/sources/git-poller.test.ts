// What becomes a change, and what not: the rules of Buildbot's GitPoller.
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { GitPoller } from '../../../../src/lib/runtime/sources/git-poller.js';
import { createRepository } from '../../../_helpers/git-repository.js';
import { pollerConfig, startPolling } from '../../../_helpers/polling.js';

test('the first poll says where the branches are, and makes no changes; what comes later does, oldest first', async (t) => {
  const { repository, poll, changes, state, context } = await startPolling(t);
  repository.commit('main', ['one', 'two']);
  await poll();
  t.deepEqual(await changes(), []);
  t.deepEqual(await state(), { 'refs/heads/main': repository.head('main') });
  t.deepEqual(context.announced, []);
  repository.commit('main', ['three', 'four']);
  await poll();
  t.deepEqual(await changes(), ['main three', 'main four']);
  t.deepEqual(context.announced, ['changes']);
  t.deepEqual(await state(), { 'refs/heads/main': repository.head('main') });
  await poll();
  t.deepEqual(await changes(), []);
});

test('a new branch brings only what no other one has, and each commit is a change on the first of its branches', async (t) => {
  const { repository, poll, changes } = await startPolling(t);
  repository.commit('main', ['one', 'two']);
  await poll();
  repository.set('copy', repository.head('main'));
  repository.commit('topic', ['topic 1'], { from: repository.head('main') });
  repository.set('a-second', repository.head('topic'));
  await poll();
  t.deepEqual(await changes(), ['a-second topic 1']);
  repository.set('main', repository.head('topic'));
  await poll();
  t.deepEqual(await changes(), []);
});

test('a merge is a change, and so is all that it brings', async (t) => {
  const { repository, poll, changes } = await startPolling(t);
  repository.commit('main', ['one']);
  await poll({ branches: ['main'] });
  repository.commit('side', ['side 1', 'side 2'], { from: repository.head('main') });
  repository.commit('main', ['two']);
  repository.merge('main', 'side');
  await poll({ branches: ['main'] });
  t.deepEqual(await changes(), ['main side 1', 'main side 2', 'main two', 'main merge side']);
});

test('what was merged into a later branch before its own was overwritten is not new', async (t) => {
  const { repository, poll, changes } = await startPolling(t);
  const [one = ''] = repository.commit('main', ['one']);
  repository.set('next', one);
  await poll();
  repository.commit('main', ['two']);
  await poll();
  t.deepEqual(await changes(), ['main two']);
  repository.merge('next', 'main');
  repository.commit('main', ['other two'], { from: one });
  await poll();
  t.deepEqual(await changes(), ['main other two', 'next merge main']);
});

test('after a forced push, what the old head did not come from', async (t) => {
  const { repository, poll, changes, state } = await startPolling(t);
  const [one = ''] = repository.commit('main', ['one', 'two']);
  await poll();
  repository.commit('main', ['other two', 'other three'], { from: one });
  await poll();
  t.deepEqual(await changes(), ['main other two', 'main other three']);
  repository.set('main', one);
  await poll();
  t.deepEqual(await changes(), []);
  t.deepEqual(await state(), { 'refs/heads/main': one });
});

test('after a forced push that a new machine has not seen the old head of, nothing twice', async (t) => {
  const { repository, poll, changes, workDir, log } = await startPolling(t);
  repository.commit('main', ['one']);
  await poll();
  const [two = ''] = repository.commit('main', ['two', 'three']);
  await poll();
  t.deepEqual(await changes(), ['main two', 'main three']);
  repository.commit('main', ['other three'], { from: two });
  repository.git('-c', 'gc.reflogExpire=now', 'gc', '--quiet', '--prune=now');
  rmSync(workDir, { recursive: true });
  await poll();
  t.deepEqual(await changes(), ['main other three']);
  repository.commit('main', ['root'], { from: null });
  repository.git('gc', '--quiet', '--prune=now');
  rmSync(workDir, { recursive: true });
  await poll();
  t.deepEqual([await changes(), log.said.length], [[], 1]);
  t.regex(log.said[0]?.message ?? '', /branch main of .* was overwritten, and nothing that was known of it is left/);
});

test('the old head of a forced push is fetched by its name, if it is still there', async (t) => {
  const { repository, poll, changes, workDir, log } = await startPolling(t);
  const [one = ''] = repository.commit('main', ['one', 'two']);
  await poll();
  repository.commit('main', ['other'], { from: one });
  rmSync(workDir, { recursive: true });
  await poll();
  t.deepEqual(await changes(), ['main other']);
  t.deepEqual(log.said, []);
});

test('a branch that is gone is forgotten, and new when it comes again; a branch may be named as the folder of another', async (t) => {
  const { repository, poll, changes, state } = await startPolling(t);
  repository.commit('main', ['one']);
  repository.commit('a', ['a 1'], { from: repository.head('main') });
  await poll();
  repository.remove('a');
  await poll();
  t.deepEqual(await state(), { 'refs/heads/main': repository.head('main') });
  repository.commit('a/b', ['b 1'], { from: repository.head('main') });
  await poll();
  t.deepEqual(await changes(), ['a/b b 1']);
});

test('a list of branches is taken by name, globs by what they match, tags never', async (t) => {
  const { repository, poll, changes, state } = await startPolling(t);
  const [one = ''] = repository.commit('main', ['one']);
  repository.set('release/1', one);
  await poll({ branches: ['main', 'absent'] });
  t.deepEqual(await state(), { main: one });
  repository.commit('release/1', ['fix']);
  repository.commit('release/a/b', ['deep'], { from: one });
  repository.commit('other', ['other'], { from: one });
  repository.git('tag', '-a', 'v1', '-m', 'v1', one);
  await poll({ branches: ['main', 'release/*'] });
  t.deepEqual(await changes(), ['release/1 fix']);
});

test('an empty repository keeps what is known', async (t) => {
  const { repository, poll, changes, state, log } = await startPolling(t);
  await poll();
  t.is(await state(), undefined);
  const [one = ''] = repository.commit('main', ['one']);
  await poll();
  repository.remove('main');
  await poll();
  t.deepEqual(await state(), { 'refs/heads/main': one });
  repository.set('main', one);
  repository.commit('main', ['two']);
  await poll();
  t.deepEqual(await changes(), ['main two']);
  t.deepEqual(log.said, []);
});

/** Time that passes when it is told to. */
function handClock() {
  let now = 0;
  return { pass: (ms: number) => (now += ms), monotonicMs: () => now, sleep: () => Promise.resolve() };
}

test('while a repository cannot be reached it is told once, tried less often, and nothing is lost', async (t) => {
  const { repository, changes, log, workDir, context } = await startPolling(t);
  repository.commit('main', ['one']);
  const clock = handClock();
  const poller = new GitPoller(pollerConfig(repository.path), { workDir, clock });
  t.is(await poller.turn(context), 60_000);
  renameSync(repository.path, `${repository.path}.away`);
  const waits: number[] = [60_000];
  for (let tries = 0; tries < 6; tries++) {
    clock.pass(waits.at(-1) ?? 0);
    waits.push((await poller.turn(context)) ?? 0);
  }
  t.is(log.said.length, 1);
  t.regex(log.said[0]?.message ?? '', /^The repository .*repository\.git cannot be polled: git ls-remote failed: /);
  t.deepEqual(waits, [60_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
  renameSync(`${repository.path}.away`, repository.path);
  repository.commit('main', ['two']);
  clock.pass(600_000);
  t.is(await poller.turn(context), 60_000);
  t.deepEqual(await changes(), ['main two']);
  t.deepEqual(log.said.map(({ level }) => level), ['warn', 'info']); // prettier-ignore
});

test('a turn that comes too early polls nothing', async (t) => {
  const { repository, changes, workDir, context } = await startPolling(t);
  repository.commit('main', ['one']);
  const clock = handClock();
  const poller = new GitPoller(pollerConfig(repository.path), { workDir, clock });
  await poller.turn(context);
  repository.commit('main', ['two']);
  clock.pass(20_000);
  t.is(await poller.turn(context), 40_000);
  t.deepEqual(await changes(), []);
  clock.pass(40_000);
  t.is(await poller.turn(context), 60_000);
  t.deepEqual(await changes(), ['main two']);
});

test('a copy that is broken is made anew, and one that a killed git has locked is used', async (t) => {
  const { repository, poll, changes, workDir, log } = await startPolling(t);
  repository.commit('main', ['one']);
  await poll();
  const [cache = ''] = readdirSync(workDir).map((name) => join(workDir, name));
  for (const lock of ['shallow.lock', 'packed-refs.lock', 'config.lock', 'HEAD.lock']) writeFileSync(join(cache, lock), ''); // prettier-ignore
  for (const ref of readdirSync(join(cache, 'refs/bbctl/heads'))) writeFileSync(join(cache, 'refs/bbctl/heads', `${ref}.lock`), ''); // prettier-ignore
  repository.commit('main', ['two']);
  await poll();
  t.deepEqual([await changes(), log.said], [['main two'], []]);
  for (const [index, breakIt] of breakages.entries()) {
    repository.commit('main', ['before']);
    breakIt(cache);
    repository.commit('main', [`broken ${index}`]);
    await poll();
    t.deepEqual(await changes(), ['main before', `main broken ${index}`], breakIt.toString());
  }
  t.true(log.said.every(({ message }) => /is broken, and is made anew/.test(message)), JSON.stringify(log.said));
  // git mends some of it by itself.
  t.true(log.said.length > 0);
});

const breakages: ((cache: string) => void)[] = [
  (cache) => rmSync(join(cache, 'objects'), { recursive: true }),
  (cache) => writeFileSync(join(cache, 'HEAD'), 'nonsense'),
  (cache) => writeFileSync(join(cache, 'config'), '[nonsense'),
  (cache) => rmSync(join(cache, 'objects/pack'), { recursive: true }),
  (cache) => rmSync(cache, { recursive: true }),
  (cache) => {
    for (const file of readdirSync(join(cache, 'objects/pack'))) {
      rmSync(join(cache, 'objects/pack', file));
      writeFileSync(join(cache, 'objects/pack', file), 'nonsense');
    }
  },
];

test('two repositories under one folder do not meet', async (t) => {
  const { repository, poll, changes, workDir, context } = await startPolling(t);
  const other = createRepository(t);
  repository.commit('main', ['one']);
  other.commit('main', ['other one']);
  await poll();
  const second = (): Promise<number | null> =>
    new GitPoller(pollerConfig(other.path, { name: 'second' }), { workDir }).turn(context);
  await second();
  other.commit('main', ['other two']);
  repository.commit('main', ['two']);
  await poll();
  await second();
  t.deepEqual(await changes(), ['main two', 'main other two']);
});
