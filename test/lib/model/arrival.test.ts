import test from 'ava';
import { arrivalOf, lookForArrival } from '../../../src/lib/model/arrival.js';
import type { MasterFacts } from '../../../src/lib/model/master.js';
import { clusterWith, masterFacts, now } from '../../_helpers/facts.js';

const name = 'host:/srv/one';
const at = (master: MasterFacts | null, builders: readonly string[] = ['tests']) =>
  clusterWith({ masters: master ? [master] : [], builders: builders.map((one, index) => ({ id: index + 1, name: one, masterIds: [1] })), now: now + 60 }); // prettier-ignore

test('its second heartbeat tells that it is there, not its first', (t) => {
  const nothing = lookForArrival(arrivalOf(name, null), at(null));
  t.like(nothing, { state: 'waiting', waitsFor: 'its row to become active' });
  const starting = lookForArrival(nothing, at(masterFacts({ active: false })));
  t.like(starting, { state: 'waiting', waitsFor: 'the end of its start', firstBeat: null });
  const first = lookForArrival(starting, at(masterFacts({ lastActive: now })));
  t.like(first, { state: 'waiting', waitsFor: 'its next heartbeat', firstBeat: now });
  t.like(lookForArrival(first, at(masterFacts({ lastActive: now }))), { state: 'waiting' });
  t.like(lookForArrival(first, at(masterFacts({ lastActive: now + 60 }))), {
    state: 'there',
    waitsFor: '',
    registered: 1,
  });
});

test('what it is known to build must be registered; of one for the web alone nothing', (t) => {
  const beating = (builders: readonly string[] | null) => lookForArrival({ ...arrivalOf(name, builders), firstBeat: now }, at(masterFacts({ lastActive: now + 60 }))); // prettier-ignore
  t.like(beating(['tests', 'docs']), { state: 'waiting', waitsFor: 'its builder docs' });
  t.like(beating(['tests']), { state: 'there' });
  t.like(beating([]), { state: 'there' });
});

test('one that had become active and is not any more is lost; an old heartbeat is none', (t) => {
  const first = lookForArrival(arrivalOf(name, null), at(masterFacts({ lastActive: now })));
  t.like(lookForArrival(first, at(masterFacts({ active: false }))), { state: 'lost' });
  const reset = lookForArrival(arrivalOf(name, null), at(masterFacts({ lastActive: now - 1000 })));
  t.like(lookForArrival(reset, at(masterFacts({ lastActive: now - 900 }))), { state: 'waiting' });
});
