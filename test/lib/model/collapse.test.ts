import test from 'ava';
import { collapsed, collapseKey } from '../../../src/lib/model/collapse.js';
import { assigned } from '../../../src/lib/model/pending.js';

const stamp = { codebase: '', repository: 'r', branch: 'main', revision: null, project: '', patch: null, changes: [] };
const request = (id: number, buildsetId = id, builderId = 1) => ({ id, buildsetId, builderId, submittedAt: 0 });

test('what is the same to Buildbot has the same key', (t) => {
  const key = collapseKey({ properties: {}, stamps: [stamp] });
  const of = (other: object, properties = {}) => collapseKey({ properties, stamps: [{ ...stamp, ...other }] });
  t.is(of({}, { scheduler: ['a', 'Scheduler'], owner: ['me', 'Force Build Form'] }), key);
  for (const other of [{ branch: 'next' }, { repository: 'x' }, { project: 'x' }, { codebase: 'x' }, { revision: 'abc' }, { changes: [1] }]) t.not(of(other), key); // prettier-ignore
  t.not(of({}, { mode: ['full', 'Scheduler'] }), key);
  t.is(of({ changes: [1], revision: 'a' }), of({ changes: [1, 2], revision: 'b' }));
  t.is(of({ patch: {} }), null);
});

test('the newest of equal ones stays, of each builder', (t) => {
  const keys = new Map([[1, 'a'], [2, 'a'], [3, 'b'], [4, 'a'], [5, null], [6, null]]); // prettier-ignore
  const all = [request(4), request(1), request(2), request(3), request(5), request(6), request(7, 1, 2)];
  const gone = collapsed(all, (id) => keys.get(id) ?? null).map(({ id }) => id);
  t.deepEqual(gone.sort(), [1, 2]);
});

test('requests are given to the worker with the most free slots, in their order, and keep nobody waiting', (t) => {
  const workers = new Map([[1, ['a', 'b']], [2, ['c']], [3, ['none']]]); // prettier-ignore
  const all = [request(1), request(2, 2, 2), request(3, 3, 2), request(4, 4, 3), request(5), request(6), request(7)];
  const slots = new Map([['a', 1], ['b', 2], ['c', 1]]); // prettier-ignore
  const given = assigned(all, (id) => workers.get(id) ?? [], slots).map(({ request: { id }, worker }) => [id, worker]);
  t.deepEqual(given, [[1, 'b'], [2, 'c'], [5, 'a'], [6, 'b']]); // prettier-ignore
});
