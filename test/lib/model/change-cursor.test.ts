// A cursor in a sequence whose ids come to be seen in any order: each id is taken once, whatever the order.
import test from 'ava';
import fc from 'fast-check';
import { advance, highestHandled, lookAgainMs, missingIds, type ChangeCursor } from '../../../src/lib/model/change-cursor.js'; // prettier-ignore

const start: ChangeCursor = { seen: 10, gaps: [] };

test('ids in order leave no gap', (t) => {
  t.deepEqual(advance(start, [11, 12], 100), { seen: 12, gaps: [] });
  t.deepEqual(advance(start, [], 100), start);
});

test('what is skipped is missing, until it comes', (t) => {
  const skipped = advance(start, [13, 17], 100);
  t.deepEqual(skipped, { seen: 17, gaps: [{ from: 11, to: 12, since: 100 }, { from: 14, to: 16, since: 100 }] }); // prettier-ignore
  t.deepEqual(missingIds(skipped), [11, 12, 14, 15, 16]);
  const filled = advance(skipped, [15, 11, 12], 101);
  t.deepEqual(filled, { seen: 17, gaps: [{ from: 14, to: 14, since: 100 }, { from: 16, to: 16, since: 100 }] }); // prettier-ignore
});

test('it is given up after ten minutes, and not before', (t) => {
  const skipped = advance(start, [12], 100);
  t.deepEqual(missingIds(advance(skipped, [], 699)), [11]);
  t.deepEqual(missingIds(advance(skipped, [], 700)), []);
  t.deepEqual(missingIds(advance(skipped, [14], 699)), [11, 13]);
});

test('a jump of the sequence keeps the nearest thousand', (t) => {
  const missing = missingIds(advance(advance(start, [12], 100), [500_000], 101));
  t.is(missing.length, 1000);
  t.deepEqual([missing[0], missing.at(-1)], [499_000, 499_999]);
});

test('young gaps are looked for often, old ones seldom', (t) => {
  t.is(lookAgainMs(start, 100), null);
  const skipped = advance(start, [12], 100);
  t.deepEqual([100, 104, 400].map((now) => lookAgainMs(skipped, now)), [500, 2000, 10_000]); // prettier-ignore
});

test('property: whatever comes when, each id is taken once', (t) => {
  const arrival = fc.uniqueArray(fc.integer({ min: 11, max: 60 }), { maxLength: 50 });
  fc.assert(
    fc.property(arrival, fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 20 }), (order, sizes) => {
      const there = new Set<number>();
      const taken: number[] = [];
      let cursor = start;
      let rest = order;
      for (const size of [...sizes, order.length]) {
        rest.slice(0, size).forEach((id) => there.add(id));
        rest = rest.slice(size);
        const late = missingIds(cursor).filter((id) => there.has(id));
        const fresh = [...there].filter((id) => id > cursor.seen);
        taken.push(...late, ...fresh);
        cursor = advance(cursor, [...late, ...fresh], 100);
      }
      t.deepEqual([...taken].sort((a, b) => a - b), [...order].sort((a, b) => a - b)); // prettier-ignore
    }),
  );
});

test('what another master has scheduled is handled, up to the last of it', (t) => {
  const changes = [5, 6, 7, 8].map((id) => ({ id, sourceStampId: id * 10 }));
  t.is(highestHandled(changes, []), 0);
  t.is(highestHandled(changes, [70]), 7);
  t.is(highestHandled(changes, [50, 70, 999]), 7);
});

test('of changes with one source stamp as many are handled as were scheduled', (t) => {
  const changes = [{ id: 9, sourceStampId: 1 }, { id: 5, sourceStampId: 1 }, { id: 6, sourceStampId: 2 }]; // prettier-ignore
  t.is(highestHandled(changes, [1]), 5);
  t.is(highestHandled(changes, [1, 1]), 9);
  t.is(highestHandled(changes, [1, 2]), 6);
});
