// What a scheduler of changes keeps comes back as it was; what is not understood is no state.
import test from 'ava';
import { keptState, parseState, type ChangeState } from '../../../src/lib/model/change-state.js';

const state: ChangeState = {
  cursor: { seen: 12, gaps: [{ from: 3, to: 4, since: 99.5 }] },
  timers: [[11, 100.25]],
  buildset: 7,
};

test('there and back', (t) => {
  t.deepEqual(parseState(JSON.parse(JSON.stringify(keptState(state)))), state);
});

for (const odd of [undefined, null, 5, 'x', {}, { seen: 1, gaps: [], timers: [] }, { seen: 1, gaps: [[1]], timers: [], buildset: 0 }, { seen: 1, gaps: [], timers: [['a', 1]], buildset: 0 }]) {
  test(`nothing: ${JSON.stringify(odd)}`, (t) => t.is(parseState(odd), null));
} // prettier-ignore
