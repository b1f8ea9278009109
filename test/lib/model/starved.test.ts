import test from 'ava';
import { starvedBuilders } from '../../../src/lib/model/starved.js';
import { clusterWith, masterFacts, worker } from '../../_helpers/facts.js';

const queue = { builderId: 1, length: 2, oldestSubmittedAt: 0 };
const old = masterFacts();
const other = masterFacts({ id: 2, name: 'two' });
const builder = { id: 1, name: 'tests', masterIds: [1, 2] };
const look = (workers: readonly ReturnType<typeof worker>[], facts: object = {}) =>
  starvedBuilders(clusterWith({ masters: [old, other], builders: [builder], queues: [queue], workers, ...facts }), new Set([1])); // prettier-ignore

test('requests wait where only a master that leaves has a worker', (t) => {
  t.deepEqual(look([worker({ connectedTo: [1] })]), ['tests']);
  t.deepEqual(look([worker({ connectedTo: [2] })]), []);
  t.deepEqual(look([worker({ connectedTo: [1] }), worker({ id: 2, connectedTo: [1, 2] })]), []);
});

test('a worker that takes nothing, one of another builder, and a master that does not have the builder are none', (t) => {
  t.deepEqual(look([worker({ connectedTo: [2], paused: true })]), ['tests']);
  t.deepEqual(look([worker({ connectedTo: [2], graceful: true })]), ['tests']);
  t.deepEqual(look([worker({ connectedTo: [2], builderIds: [7] })]), ['tests']);
  t.deepEqual(look([worker({ connectedTo: [2] })], { builders: [{ ...builder, masterIds: [1] }] }), ['tests']);
});

test('nobody waits where nothing is asked for', (t) => {
  t.deepEqual(look([worker({ connectedTo: [1] })], { queues: [] }), []);
});
