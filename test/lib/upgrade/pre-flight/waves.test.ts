// One by one, in between too: who could hold the services, and who would build what running builds wait for.
import test from 'ava';
import { masterFacts, now, ownMaster, service, worker } from '../../../_helpers/facts.js';
import { blockersOf, entry, facts, newcomer, old, ownNewcomer, whole } from '../../../_helpers/upgrades.js';

const none = { ...whole, schedulers: new Set<string>() };
const two = masterFacts({ id: 2, name: 'host:/srv/two' });
const both = { old: ['old', 'two'], entries: [entry('old'), entry('two')] };

test('one by one, a service that only a later master configures blocks, unless another old one is there for it', (t) => {
  const own = ownMaster({ id: 2, name: 'host:/srv/two', offer: { schedulers: [], changeSources: ['repo'] } });
  const asked = { ...both, facts: facts({ masters: [old, own] }), start: [newcomer('a', { configuration: none }), newcomer('b')] }; // prettier-ignore
  t.deepEqual(blockersOf({ ...asked, oneByOne: false }), []);
  t.deepEqual(blockersOf({ ...asked, oneByOne: true }), ['One by one, nobody could hold nightly from wave 1 on until a later one: who configures it comes only then. | Name the new masters (--start) in another order, or leave --one-by-one away.']); // prettier-ignore
  t.deepEqual(blockersOf({ ...asked, start: [...asked.start].reverse(), oneByOne: true }), []);
  t.deepEqual(blockersOf({ ...asked, facts: facts({ masters: [old, two] }), oneByOne: true }), [], 'nobody can say');
  const offering = { ...own, offer: { schedulers: ['nightly'], changeSources: ['repo'] } };
  t.deepEqual(blockersOf({ ...asked, facts: facts({ masters: [old, offering] }), oneByOne: true }), []);
  const held = facts({ masters: [old, own], services: [service({ holderId: 2 })] });
  t.deepEqual(blockersOf({ ...asked, facts: held, oneByOne: true }), [], 'a later one holds it');
  const third = { ...own, id: 3, name: 'host:/srv/three' };
  const start = [...asked.start.slice(0, 1), newcomer('c', { configuration: none }), newcomer('b')];
  const three = { old: ['old', 'two', 'three'], entries: [...both.entries, entry('three')], start, oneByOne: true };
  const heldBy = (holderId: number) => blockersOf({ ...three, facts: facts({ masters: [old, own, third], services: [service({ holderId })] }) }); // prettier-ignore
  t.deepEqual(heldBy(3), []);
  t.regex(heldBy(2)[0] ?? '', /from wave 2 on/);
});

test('what nobody would have at the end is told once', (t) => {
  const start = [newcomer('a', { configuration: none }), newcomer('b', { configuration: none })];
  const own = ownMaster({ id: 2, name: 'host:/srv/two', offer: { schedulers: [], changeSources: [] } });
  t.is(blockersOf({ ...both, facts: facts({ masters: [old, own] }), start, oneByOne: true }).length, 1);
});

const build = { id: 5, number: 12, builderId: 1, requestId: 9, workerId: 1, masterId: 1, startedAt: now };
const awaited = [{ id: 10, builderId: 2, buildId: 5 }];
const builders = [{ id: 1, name: 'tests', masterIds: [1, 2] }, { id: 2, name: 'child', masterIds: [1, 2] }]; // prettier-ignore
const child = { ...whole, builders: new Map([['tests', ['w']], ['child', ['w']]]) }; // prettier-ignore
const workers = [worker({ masterIds: [1, 2], connectedTo: [1, 2], builderIds: [1, 2] })];
const waits = (asked: Parameters<typeof blockersOf>[0]): string[] =>
  blockersOf({ facts: facts({ masters: [old, two], builds: [build], builders, workers }, { awaited }), start: [newcomer('new', { configuration: child })], ...asked }).filter((one) => one.includes('waits for')); // prettier-ignore

test('a running build that waits for what no master would start blocks, unless a new master of ours builds it', (t) => {
  t.deepEqual(waits({}), [], 'the other one builds it');
  t.regex(waits(both)[0] ?? '', /^Build 5 \(tests #12\) waits for request 10 of child, .* The drain would never end\. \| .* \| --force$/); // prettier-ignore
  t.deepEqual(waits({ ...both, start: [ownNewcomer('new', { configuration: child })] }), []);
  t.is(waits({ ...both, start: [ownNewcomer('new')] }).length, 1, 'it does not have that builder');
  const ours = [ownMaster({ id: 1, name: 'host:/srv/old' }), ownMaster({ id: 2, name: 'host:/srv/two' })];
  const seen = facts({ masters: ours, builds: [build], builders, workers }, { awaited });
  t.deepEqual(waits({ ...both, facts: seen }), [], 'ours start what their builds wait for');
});

test('one by one the other old master still builds it, if it comes later', (t) => {
  const start = [newcomer('a', { configuration: child }), newcomer('b', { configuration: child })];
  t.is(waits({ ...both, start, oneByOne: false }).length, 1);
  t.deepEqual(waits({ ...both, start, oneByOne: true }), []);
  t.is(waits({ ...both, old: ['two', 'old'], start, oneByOne: true }).length, 1);
});
