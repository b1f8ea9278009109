import test from 'ava';
import { handedService, seeHolder } from '../../../src/lib/model/handover.js';

const service = handedService({ kind: 'scheduler', id: 3, name: 'nightly', from: 1 });
const after = (...looks: readonly (readonly [at: number, holder: number | null])[]) =>
  looks.reduce((seen, [at, id]) => seeHolder(seen, { at, ids: new Map(id === null ? [] : [['scheduler 3', id]]) }), service); // prettier-ignore

test('how long nobody held it is known as well as looks can tell', (t) => {
  t.deepEqual(after([10, 1], [11, null], [12, null], [13, 2]).unheld, { atLeast: 1, atMost: 3 });
  t.deepEqual(after([10, 1], [11, 2], [12, 2]).unheld, { atLeast: 0, atMost: 1 });
  t.deepEqual(after([10, 1], [11, 1], [12, 1]).unheld, { atLeast: 0, atMost: 0 });
});

test('gaps add up, and one that lasts counts', (t) => {
  t.deepEqual(after([10, 1], [11, null], [12, 2], [20, 2], [21, null], [25, null]).unheld, { atLeast: 4, atMost: 7 });
});

test('who has taken it is remembered when it is lost again, and who leaves has not taken it', (t) => {
  t.is(after([10, 1], [11, null]).takenBy, null);
  t.is(after([10, 1], [11, null], [12, 2], [13, null]).takenBy, 2);
  t.is(after([10, 2], [11, 1]).takenBy, 2);
});

test('who is not there yet has been seen by nobody, and a clock that is set back takes nothing away', (t) => {
  t.deepEqual(after([10, null]).unheld, { atLeast: 0, atMost: 0 });
  t.deepEqual(after([10, null], [5, null], [6, null]).unheld, { atLeast: 1, atMost: 1 });
  t.deepEqual(after([10, 1], [11, 2]).seen, { at: 11, holderId: 2 });
});
