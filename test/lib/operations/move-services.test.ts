import test from 'ava';
import { planMove } from '../../../src/lib/operations/move-services.js';
import { peer, services, viewOf } from '../../_helpers/views.js';

const peers = [peer(1), peer(2), peer(3, { run: null, name: 'a Buildbot' })];

test('a service is kept on a master from now on', (t) => {
  const view = viewOf({ peers, services: services({ a: 1, b: null }) });
  const plan = planMove(view, { services: ['a', 'b'], to: 'master 2' });
  t.deepEqual(plan.blockers, []);
  const to = { id: 2, name: 'master 2' };
  t.deepEqual(
    plan.steps.map(({ subject, master }) => [subject, master]),
    [
      ['scheduler 1', to],
      ['scheduler 2', to],
    ],
  );
});

test('where it is kept already nothing is to be done, and it is said', (t) => {
  const view = viewOf({ peers, services: services({ a: 1 }), pins: new Map([['scheduler 1', 2]]) });
  const { steps, notes } = planMove(view, { services: ['a'], to: '2' });
  t.deepEqual([steps, notes], [[], ['Scheduler a is kept on master 2 already.']]);
});

function refusal(view: Parameters<typeof viewOf>[0], to: string): string[] {
  return planMove(viewOf(view), { services: ['a'], to }).blockers.map(({ message }) => message);
}

test('a Buildbot master can be given nothing, and gives nothing', (t) => {
  t.regex(refusal({ peers, services: services({ a: 1 }) }, '3').join(), /^a Buildbot is no master of bbctl's own/);
  t.regex(refusal({ peers, services: services({ a: 3 }) }, '1').join(), /^Scheduler a is held by a Buildbot/);
});

test('a master that does not run, or does not have the service, is told at once', (t) => {
  const away = [peer(1), peer(2, { age: 60 })];
  t.deepEqual(refusal({ peers: away, services: services({ a: 1 }) }, '2'), ['master 2 does not run.']);
  const without = [peer(1), peer(2, { offer: { schedulers: ['b'], changeSources: [] } })];
  t.deepEqual(refusal({ peers: without, services: services({ a: 1 }) }, '2'), [
    'master 2 does not have scheduler a in its configuration.',
  ]);
});
