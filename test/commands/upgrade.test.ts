// The command line of an upgrade: what makes no sense is told with its way out, before a database is looked for.
import test from 'ava';
import { bbctl } from '../_helpers/cli.js';

const wrong: readonly [words: string[], message: RegExp][] = [
  [[], /Name the masters that are to stop with --drain[^]*--resume/],
  [['--start', 'green'], /--start without --drain/],
  [['--resume', '--abort'], /--resume goes on, and --abort goes back/],
  [['--resume', '--drain', 'blue'], /--resume is about the upgrade that was begun[^]*Leave --drain/],
  [['--drain', 'blue', '--on-deadline', 'kill'], /--on-deadline kill needs a deadline[^]*--deadline 2h/],
  [['--drain', 'blue', '--deadline', 'soon'], /"soon" is not a duration/],
  [['--drain', 'a', 'b', '--start', 'c', 'b'], /b cannot be both drained and started/],
];

for (const [words, message] of wrong) {
  test(`status 2: upgrade ${words.join(' ')}`, async (t) => {
    const { status, stdout, stderr } = await bbctl(['upgrade', ...words]);
    t.deepEqual([status, stdout], [2, '']);
    t.regex(stderr, message);
    const json = await bbctl(['upgrade', ...words, '--json']);
    t.is(json.status, 2);
    t.like(json.json(), { error: { code: 'usage' } });
    t.is(json.stdout.trim().split('\n').length, 1, 'one document on one line');
  });
}
