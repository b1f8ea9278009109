// What makes sense together on the command line, and the way out where it does not.
import test from 'ava';
import { Failure } from '../../../src/lib/errors.js';
import { wishOf, type UpgradeFlags } from '../../../src/lib/upgrade/wish.js';

const flags: UpgradeFlags = { drain: [], start: [], oneByOne: false, resume: false, abort: false, deadlineMs: null, onDeadline: 'fail', force: false }; // prettier-ignore

test('what is begun has names, what goes on or back has none', (t) => {
  t.is(wishOf({ ...flags, drain: ['blue'] }).mode, 'begin');
  t.is(wishOf({ ...flags, resume: true, deadlineMs: 1000, onDeadline: 'kill' }).mode, 'resume');
  t.is(wishOf({ ...flags, abort: true }).mode, 'abort');
  t.deepEqual(Object.keys(wishOf({ ...flags, abort: true })).includes('abort'), false);
});

const wrong: readonly [what: Partial<UpgradeFlags>, message: RegExp, way: RegExp][] = [
  [{}, /^Name the masters that are to stop with --drain/, /--resume/],
  [{ start: ['green'] }, /--start without --drain/, /with --drain/],
  [{ resume: true, abort: true }, /goes on, and --abort goes back/, /one of them/],
  [{ resume: true, drain: ['blue'] }, /^--resume is about the upgrade that was begun/, /Leave --drain/],
  [{ abort: true, start: ['green'] }, /^--abort is about/, /Leave --drain/],
  [{ abort: true, oneByOne: true }, /^--abort is about/, /--one-by-one/],
  [{ drain: ['blue'], onDeadline: 'stop' }, /--on-deadline stop needs a deadline/, /--deadline 2h/],
  [{ drain: ['a', 'x\u001b[2J'], start: ['x\u001b[2J'] }, /^x\\u001b\[2J cannot be both/, /masters drain/],
];

for (const [what, message, way] of wrong) {
  test(`makes no sense: ${JSON.stringify(what)}`, (t) => {
    const failure = t.throws(() => wishOf({ ...flags, ...what }), { instanceOf: Failure, message });
    t.is(failure.code, 'usage');
    t.regex(failure.try ?? '', way);
  });
}
