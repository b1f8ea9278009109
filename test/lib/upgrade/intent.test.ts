import test from 'ava';
import type { Failure } from '../../../src/lib/errors.js';
import { intentOf } from '../../../src/lib/upgrade/intent.js';
import type { SavedUpgrade } from '../../../src/lib/upgrade/saved-upgrade.js';
import type { UpgradeWish } from '../../../src/lib/upgrade/wish.js';

const none: UpgradeWish = {
  mode: 'begin',
  drain: [],
  start: [],
  oneByOne: false,
  deadlineMs: null,
  onDeadline: 'fail',
  force: false,
};
const saved = {
  old: [{ id: 1, name: 'host:/srv/blue', key: 'blue' }],
  start: [{ name: 'host:/srv/green', key: 'green' }],
  by: { user: 'ann', host: 'ops', pid: 7 },
  savedAt: '2026-01-02T03:04:05Z',
  finished: null,
} as unknown as SavedUpgrade;
const intent = (words: Partial<UpgradeWish>, before: SavedUpgrade | null = saved) => intentOf({ ...none, ...words }, before); // prettier-ignore

test('a new one, and the same words again, by whatever they call the masters', (t) => {
  t.like(intent({ drain: ['blue'], start: ['green'] }, null), { way: 'new', drain: ['blue'] });
  for (const word of ['blue', 'host:/srv/blue', '1'])
    t.like(intent({ drain: [word], start: ['green'] }), { way: 'resume', drain: ['host:/srv/blue'], saved });
  t.like(intent({ drain: ['blue'] }, { ...saved, finished: 'done' }), { way: 'new', saved: null });
});

test('going on and going back need no names', (t) => {
  t.like(intent({ mode: 'resume' }), { way: 'resume', start: ['host:/srv/green'] });
  t.like(intent({ mode: 'abort' }), { way: 'abort', drain: ['host:/srv/blue'] });
});

test('another one while one is not finished is refused with whose it is, or takes its place', (t) => {
  const error = t.throws(() => intent({ drain: ['teal'] }), { name: 'Failure', message: 'An upgrade is not finished: drain host:/srv/blue, start host:/srv/green, begun by ann@ops, last at work 2026-01-02T03:04:05Z.' }); // prettier-ignore
  t.like(error, { code: 'refused', try: '"bbctl upgrade --resume" goes on with it, "bbctl upgrade --abort" takes it back. --force forgets it.' }); // prettier-ignore
  t.throws(() => intent({ drain: ['blue'] }), { message: /^An upgrade is not finished/ });
  t.like(intent({ drain: ['teal'], force: true }), { way: 'new', saved: null });
});

test('there is nothing to go on with, or it is finished', (t) => {
  t.like(
    t.throws(() => intent({ mode: 'resume' }, null)),
    { code: 'notFound' },
  );
  const done = t.throws(() => intent({ mode: 'abort' }, { ...saved, finished: 'done' }));
  t.regex(done.message, / is done: nothing is left of it to do\.$/);
  t.regex((done as Failure).try!, /the other way round/);
});
