// Timers of trees that are to become stable: who starts one, who restarts it, when it is due.
import test from 'ava';
import { isDue, keptTimers, nextDueMs, stableTimers, type PendingChange } from '../../../src/lib/model/stable-timers.js'; // prettier-ignore

function pending(id: number, branch: string | null = 'main', importance: PendingChange['importance'] = 'important') {
  return { id, branch, importance, repository: 'r', project: '', category: null, codebase: '', sourceStampId: id, files: [] }; // prettier-ignore
}

const none = new Set<number>();

test('a branch has a timer of its own, where each one is built by itself', (t) => {
  const changes = [pending(3, 'dev'), pending(1), pending(2), pending(4, null)];
  const ids = (kind: 'any-branch' | 'single-branch') => stableTimers(kind, changes, [], none, 100).map((timer) => timer.changes.map(({ id }) => id)); // prettier-ignore
  t.deepEqual(ids('any-branch'), [[1, 2], [3], [4]]);
  t.deepEqual(ids('single-branch'), [[1, 2, 3, 4]]);
});

test('what is unimportant starts no timer, and restarts one that runs', (t) => {
  const [alone] = stableTimers('any-branch', [pending(1, 'main', 'unimportant')], [], new Set([1]), 100);
  t.is(alone?.restartedAt, null);
  const both = [pending(1), pending(2, 'main', 'unimportant')];
  t.is(stableTimers('any-branch', both, [[1, 50]], none, 100)[0]?.restartedAt, 50);
  t.is(stableTimers('any-branch', both, [[1, 50]], new Set([2]), 100)[0]?.restartedAt, 100);
});

test('a change on one branch leaves the others’ timers alone', (t) => {
  const timers = stableTimers('any-branch', [pending(1), pending(2, 'dev')], [[1, 50]], new Set([2]), 100);
  t.deepEqual(timers.map(({ restartedAt }) => restartedAt), [50, 100]); // prettier-ignore
});

test('one that nobody has kept starts now, and is kept from then on', (t) => {
  const timers = stableTimers('any-branch', [pending(7)], [], none, 100);
  t.deepEqual(keptTimers(timers), [[7, 100]]);
  t.deepEqual(keptTimers(stableTimers('any-branch', [pending(7)], keptTimers(timers), none, 200)), [[7, 100]]);
});

test('it is due when nothing has come for as long, and says when that is', (t) => {
  const [timer] = stableTimers('any-branch', [pending(1)], [[1, 100]], none, 105);
  t.false(isDue(timer!, 10_000, 109.9));
  t.true(isDue(timer!, 10_000, 110));
  t.is(nextDueMs([timer!], 10_000, 105.5), 4500);
  t.is(nextDueMs([timer!], 10_000, 200), 0);
  t.is(nextDueMs([{ changes: [], restartedAt: null }], 10_000, 200), null);
});

test('a clock that was set back does not keep it waiting', (t) => {
  const [timer] = stableTimers('any-branch', [pending(1)], [[1, 9000]], none, 100);
  t.true(isDue(timer!, 10_000, 100));
  t.false(isDue(timer!, 10_000, 8995));
});
