import test from 'ava';
import fc from 'fast-check';
import {
  isClockAhead,
  isHeartSilent,
  isLiving,
  masterState,
  withState,
  type MasterFacts,
} from '../../../src/lib/model/master.js';
import { everyState, masterFacts, masterIn, now } from '../../_helpers/facts.js';

const state = (facts: Parameters<typeof masterFacts>[0], expireAfter = 600) =>
  masterState(masterFacts(facts), now, expireAfter);

test('a heart that beats, goes silent, and expires', (t) => {
  const age = (seconds: number, expireAfter?: number) => state({ lastActive: now - seconds }, expireAfter);
  t.is(age(0), 'active');
  t.is(age(-3600), 'active');
  t.is(age(150), 'active');
  t.is(age(150.001), 'late');
  t.is(age(600), 'late');
  t.is(age(600.001), 'dead');
  t.is(age(900, 900), 'late');
  t.is(age(901, 900), 'dead');
  t.is(age(151, 150), 'dead');
});

test('signs of life since make a silent heart of a dead one', (t) => {
  const lastActive = now - 3600;
  t.is(state({ lastActive, otherSign: null }), 'dead');
  t.is(state({ lastActive, otherSign: lastActive - 10 }), 'dead');
  t.is(state({ lastActive, otherSign: lastActive + 150 }), 'dead');
  t.is(state({ lastActive, otherSign: lastActive + 151 }), 'silent');
  t.is(state({ lastActive: now - 500, otherSign: now }), 'late');
  t.is(state({ lastActive: 0 }), 'silent');
});

test('a clock that seems to be behind changes nothing about the state', (t) => {
  t.is(state({ lastActive: now - 601, clockBehind: 3600 }), 'dead');
});

test('who works without registrations is a zombie, as long as the heart beats', (t) => {
  const builderMasters: number[] = [];
  t.is(state({ has: { builderMasters, claims: 1 } }), 'zombie');
  t.is(state({ has: { builderMasters, openBuilds: 1 } }), 'zombie');
  t.is(state({ has: { builderMasters, connectedWorkers: [1] } }), 'zombie');
  t.is(state({ has: { builderMasters, schedulers: [1], changeSources: [1] } }), 'active');
  t.is(state({ has: { builderMasters } }), 'active');
  t.is(state({ has: { builderMasters: [1], claims: 1, openBuilds: 1 } }), 'active');
  t.is(state({ lastActive: now - 300, has: { builderMasters, claims: 1 } }), 'late');
  t.is(state({ lastActive: now - 3600, has: { builderMasters, claims: 1 } }), 'dead');
});

test('an inactive master is starting, unclean or stopped by what it holds', (t) => {
  const held = (has: Partial<MasterFacts['has']>) => state({ active: false, has: { builderMasters: [], ...has } });
  t.is(held({}), 'stopped');
  t.is(held({ claims: 1 }), 'unclean');
  t.is(held({ openBuilds: 1 }), 'unclean');
  t.is(held({ connectedWorkers: [1] }), 'unclean');
  t.is(held({ builderMasters: [1] }), 'starting');
  t.is(held({ schedulers: [1] }), 'starting');
  t.is(held({ changeSources: [1], claims: 1, openBuilds: 1, connectedWorkers: [1] }), 'starting');
});

test('silence is counted from the last heartbeat, where there was one', (t) => {
  t.is(withState(masterFacts({ lastActive: now - 7 }), now, 600).silentFor, 7);
  t.is(withState(masterFacts({ lastActive: now + 7 }), now, 600).silentFor, -7);
  t.is(withState(masterFacts({ lastActive: 0 }), now, 600).silentFor, null);
});

test('other signs of life are looked for where the heart is silent', (t) => {
  const silent = (facts: Partial<MasterFacts>) => isHeartSilent(masterFacts(facts), now, 600);
  t.false(silent({ lastActive: now - 600 }));
  t.true(silent({ lastActive: now - 601 }));
  t.true(silent({ lastActive: 0 }));
  t.false(silent({ lastActive: 0, active: false }));
});

test('a clock is ahead when it says more than 2½ heartbeats to come', (t) => {
  const ahead = (lastActive: number) => isClockAhead(withState(masterFacts({ lastActive }), now, 600));
  t.false(ahead(now + 150));
  t.true(ahead(now + 151));
  t.false(ahead(0));
});

test('who does its part of the work', (t) => {
  t.deepEqual(
    everyState.filter((one) => isLiving(masterIn(one))),
    ['active', 'zombie'],
  );
});

const anyFacts = fc
  .record({
    active: fc.boolean(),
    lastActive: fc.oneof(fc.constant(0), fc.integer({ min: now - 5000, max: now + 5000 })),
    otherSign: fc.option(fc.integer({ min: now - 5000, max: now + 5000 })),
    clockBehind: fc.nat(5000),
  })
  .chain((facts) =>
    fc
      .record({ claims: fc.nat(2), openBuilds: fc.nat(2), schedulers: fc.array(fc.nat()) })
      .map((has) => masterFacts({ ...facts, has })),
  );

test('a master that has beaten lately is never dead, silent or stopped', (t) => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const recent = { ...facts, active: true, lastActive: now - 100 };
      return ['active', 'zombie'].includes(masterState(recent, now, 600));
    }),
  );
  t.pass();
});

test('whoever gives a sign of life is not dead', (t) => {
  fc.assert(
    fc.property(
      anyFacts,
      (facts) => masterState({ ...facts, otherSign: now }, now, 600) !== 'dead' || heardLately(facts),
    ),
  );
  t.pass();
});

/** Then the sign may be of the time before the heart stopped. */
function heardLately({ lastActive }: MasterFacts): boolean {
  return lastActive !== 0 && now <= lastActive + 150;
}
