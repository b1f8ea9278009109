import fc from 'fast-check';
import test from 'ava';
import { branchMatcher, isBranchGlob } from '../../../src/lib/model/branch-glob.js';
import * as poll from '../../../src/lib/model/git-poll.js';
import { shownAddress, withoutCredentials } from '../../../src/lib/model/repository-address.js';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string];

test('the state is what Buildbot keeps, with names in full where it was given no list of them', (t) => {
  const state = { heads: new Map([['main', a]]), written: [b, c] };
  t.deepEqual(poll.stateValue(state, ['main']), { main: a, '~0': b, '~1': c });
  t.deepEqual(poll.stateValue(state, null), { 'refs/heads/main': a, '~0': b, '~1': c });
  t.deepEqual(poll.stateValue(state, ['ma*']), { 'refs/heads/main': a, '~0': b, '~1': c });
  for (const patterns of [null, ['main']]) t.deepEqual(poll.parseState(poll.stateValue(state, patterns)), state);
});

test('whatever stands in the database, only revisions come out', (t) => {
  for (const value of [undefined, null, 7, 'x', [], {}]) t.true(poll.isFirstPoll(poll.parseState(value)));
  const value = { main: '--output=/x', other: a, more: 7, last: `${a} ${b}` };
  t.deepEqual(poll.knownRevisions(poll.parseState(value)), [a]);
});

test('branches are taken in order, and none that the tables cannot hold', (t) => {
  const names = ['b', 'a/b', 'a', 'z'.repeat(256), 'ab'];
  t.deepEqual(poll.selectBranches(null, names), ['a', 'a/b', 'ab', 'b']);
  t.deepEqual(poll.selectBranches(['a*', 'x'], names), ['a', 'ab']);
  t.deepEqual(poll.selectBranches(['**b'], names), ['a/b', 'ab', 'b']);
  t.deepEqual(poll.selectBranches(['a?b', '?'], names), ['a', 'b']);
});

test('only stars and question marks are special in a glob', (t) => {
  t.deepEqual(['main', 'a.b', 'a+b', 'r/*', 'v?'].map(isBranchGlob), [false, false, false, true, true]); // prettier-ignore
  t.false(branchMatcher(['a.b'])('axb'));
  t.true(branchMatcher(['a.b(c)|$'])('a.b(c)|$'));
  t.false(branchMatcher(['**a**a**a**a**a**a**a**b'])('a'.repeat(255)));
});

/** A history: the parents of each commit are among those before it. */
const histories = fc.array(fc.tuple(fc.nat(), fc.option(fc.nat(), { nil: null })), { minLength: 1, maxLength: 30 });

test('wherever a push is interrupted, what is known are exactly the commits that were written and known before', (t) => {
  fc.assert(
    fc.property(histories, fc.nat(), fc.nat(), (shape, knownSeed, doneSeed) => {
      const commits = shape.map(([first, second], index) => ({
        revision: String(index),
        parents: index === 0 ? [] : [first, second].flatMap((one) => (one === null ? [] : [String(one % index)])),
      }));
      const reach = (revisions: readonly string[]): Set<string> => {
        const all = new Set(revisions);
        for (const one of commits.toReversed()) if (all.has(one.revision)) for (const parent of one.parents) all.add(parent); // prettier-ignore
        return all;
      };
      const before = { heads: new Map([['main', String(knownSeed % commits.length)]]), written: [] };
      const known = reach(poll.knownRevisions(before));
      const news = commits.filter(({ revision }) => !known.has(revision));
      const done = news.slice(0, doneSeed % (news.length + 1));
      const after = reach(poll.knownRevisions(poll.afterCommits(before, done)));
      const expected = new Set([...known, ...done.map(({ revision }) => revision)]);
      t.deepEqual([...after].sort(), [...expected].sort());
    }),
  );
});

test('another branch does not make an unfinished one unknown; the end of the poll does', (t) => {
  const state = poll.afterCommits({ heads: new Map([['main', a]]), written: [] }, [{ revision: b, parents: [a] }]);
  t.deepEqual(poll.knownRevisions(poll.afterBranch(state, 'other', c)), [a, b, c]);
  t.deepEqual(poll.knownRevisions(poll.afterPoll(new Map([['main', c]]))), [c]);
});

test('credentials are not shown, the name of a user of ssh is', (t) => {
  t.is(shownAddress('https://user:p@ss@host/x'), 'https://***@host/x');
  t.is(shownAddress('https://token@host/x'), 'https://***@host/x');
  t.is(shownAddress('ssh://git@host/x'), 'ssh://git@host/x');
  t.is(shownAddress('ssh://git:pw@host/x'), 'ssh://***@host/x');
  t.is(shownAddress('git@host:x'), 'git@host:x');
  t.is(withoutCredentials("unable to access 'https://u:p@h/': x https://v:q@h"), "unable to access 'https://***@h/': x https://***@h"); // prettier-ignore
});

test('a repository that cannot be reached is tried less and less often, up to a limit', (t) => {
  const delays = (everyMs: number): number[] => [1, 2, 3, 4, 5, 50].map((failures) => poll.delayAfterFailures(everyMs, failures)); // prettier-ignore
  t.deepEqual(delays(1000), [1000, 2000, 4000, 8000, 10_000, 10_000]);
  t.deepEqual(delays(300_000), [300_000, 600_000, 600_000, 600_000, 600_000, 600_000]);
  t.deepEqual(delays(3_600_000), Array(6).fill(3_600_000));
});
