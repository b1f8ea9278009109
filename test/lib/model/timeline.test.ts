import test from 'ava';
import type { ClusterView } from '../../../src/lib/model/cluster-view.js';
import { handovers, observed } from '../../../src/lib/model/timeline.js';
import type { Timeline } from '../../../src/lib/model/timeline.js';
import { peer } from '../../_helpers/views.js';

const limits = { keepSeconds: 1000, gapSeconds: 30, mostSpans: 4 };
const peers = [peer(1, { name: 'blue' }), peer(2, { name: 'green' })];

function at(now: number, holderId: number | null): ClusterView {
  const service = { kind: 'scheduler', id: 7, name: 'nightly', enabled: true, holderId } as const;
  return { now, peers, services: [service], pins: new Map() };
}

function seen(...looks: readonly ClusterView[]): Timeline {
  return looks.reduce<Timeline>((timeline, view) => observed(timeline, view, limits), new Map());
}

function spans(timeline: Timeline): string[] {
  return (timeline.get('scheduler 7')?.spans ?? []).map(
    ({ holder, from, to }) => `${holder ?? 'nobody'} ${from}-${to}`,
  );
}

test('while the holder is the same one span grows', (t) => {
  t.deepEqual(spans(seen(at(100, 1), at(110, 1), at(120, 1))), ['blue 100-120']);
});

test('another holder begins where the one before was last seen not to be it any more', (t) => {
  t.deepEqual(spans(seen(at(100, 1), at(110, null), at(115, 2), at(120, 2))), [
    'blue 100-110',
    'nobody 110-115',
    'green 115-120',
  ]);
});

test('of the time in which nobody looked nothing is said', (t) => {
  t.deepEqual(spans(seen(at(100, 1), at(110, 1), at(200, 1))), ['blue 100-110', 'blue 200-200']);
  t.deepEqual(spans(seen(at(100, 1), at(200, 2))), ['blue 100-100', 'green 200-200']);
});

test('a clock that was set back makes no span that ends before it begins', (t) => {
  t.deepEqual(spans(seen(at(100, 1), at(90, 1), at(95, 2))), ['blue 100-100', 'green 95-95']);
});

test('what is old is forgotten, also of a service that is gone', (t) => {
  const gone: ClusterView = { ...at(2000, null), services: [] };
  t.deepEqual(spans(seen(at(100, 1), at(1105, 2))), ['green 1105-1105']);
  t.is(seen(at(100, 1), gone).size, 0);
});

test('a service that changes hands all the time keeps its newest spans', (t) => {
  const looks = Array.from({ length: 10 }, (_, index) => at(100 + index, (index % 2) + 1));
  t.deepEqual(spans(seen(...looks)), ['blue 106-107', 'green 107-108', 'blue 108-109', 'green 109-109']);
});

test('hand-overs are told newest first; a gap in the looks is none', (t) => {
  const timeline = seen(at(100, 1), at(110, 2), at(200, 2), at(210, null));
  t.deepEqual(handovers(timeline), [
    { at: 210, kind: 'scheduler', name: 'nightly', from: 'green', to: null },
    { at: 110, kind: 'scheduler', name: 'nightly', from: 'blue', to: 'green' },
  ]);
});
