import test from 'ava';
import fc from 'fast-check';
import { cancelled, resultNames, retry, worstOf } from '../../../src/lib/model/results.js';

const fromWorst = ['cancelled', 'retry', 'exception', 'failure', 'warnings', 'success', 'skipped'];
const badness = (result: number) => fromWorst.indexOf(resultNames[result] ?? '');

test('the numbers are those of Buildbot', (t) => {
  t.deepEqual([resultNames[retry], resultNames[cancelled]], ['retry', 'cancelled']);
  t.is(resultNames.length, 7);
});

test('results taken together are as bad as the worst', (t) => {
  t.is(worstOf([]), 0);
  t.is(worstOf([3]), 3);
  t.is(worstOf([0, 3]), 0);
  t.is(worstOf([1, 2, 0]), 2);
  t.is(worstOf([5, 6]), 6);
  const results = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1 });
  fc.assert(
    fc.property(results, (some) => {
      const worst = worstOf(some);
      return some.includes(worst) && some.every((result) => badness(worst) <= badness(result));
    }),
  );
});
