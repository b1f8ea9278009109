import test from 'ava';
import { afterStep, buildState, cancelled, exception, failure, isTold, retry, skipped, success, tallied, warnings } from '../../../src/lib/model/results.js'; // prettier-ignore

const plain = { haltOnFailure: false, flunkOnFailure: true, warnOnFailure: false };

test("a build's result after a step is Buildbot's", (t) => {
  const cases: [weights: Partial<typeof plain>, result: number, before: number, results: number, isOver: boolean][] = [
    [{}, success, success, success, false],
    [{}, failure, success, failure, false],
    [{ haltOnFailure: true }, failure, success, failure, true],
    [{ flunkOnFailure: false }, failure, success, success, false],
    [{ flunkOnFailure: false, warnOnFailure: true }, failure, success, warnings, false],
    [{ warnOnFailure: true }, failure, success, failure, false],
    [{ flunkOnFailure: false, haltOnFailure: true }, failure, success, success, true],
    [{}, warnings, success, success, false],
    [{}, skipped, success, success, false],
    [{}, success, failure, failure, false],
    [{}, exception, failure, exception, true],
    [{}, retry, exception, retry, true],
    [{}, cancelled, retry, cancelled, true],
  ];
  for (const [weights, result, before, results, isOver] of cases)
    t.deepEqual(afterStep({ ...plain, ...weights }, result, before), { results, isOver });
});

test('the state of a build tells of the steps that matter', (t) => {
  t.is(buildState(success, null, []), 'build successful');
  t.is(buildState(failure, null, ["'make' (failure)"]), "failed 'make' (failure)");
  t.is(buildState(cancelled, 'enough', ['interrupted']), 'cancelled (enough) interrupted');
  t.true(isTold(plain, failure));
  t.false(isTold({ ...plain, flunkOnFailure: false }, failure));
  t.true(isTold({ ...plain, flunkOnFailure: false }, exception));
  t.false(isTold(plain, success));
  t.is(tallied([success, success, failure, cancelled, cancelled]), ', 2 successes, 1 failure, 2 cancelled');
});
