import test from 'ava';
import { emptyPlan } from '../../../src/lib/operation.js';
import type { Report, Step, StepResult } from '../../../src/lib/operation.js';
import { isConfirmed, refuseToAsk } from '../../../src/lib/ui/presenter.js';
import { grouped, renderPlan, renderReport } from '../../../src/lib/ui/views/change.js';

const pieces: Step[] = [1, 2, 3].map((number) => ({ kind: 'piece', subject: `builder ${number}`, group: 'delete it' }));
const plan = { ...emptyPlan<Step>('Forget it'), steps: [...pieces, { kind: 'last', subject: 'builder 1' }] };

test('neighbours that are pieces of one work are one line', (t) => {
  const lines = grouped([
    { title: 'a', group: undefined },
    { title: 'b', group: 'g' },
    { title: 'c', group: 'g' },
    { title: 'd', group: 'h' },
    { title: 'e', group: 'g' },
    { title: 'f', group: undefined },
    { title: 'f', group: undefined },
  ]);
  t.deepEqual(
    lines.map(({ title, first, length }) => [title, first, length]),
    [
      ['a', 0, 1],
      ['g', 1, 2],
      ['h', 3, 1],
      ['g', 4, 1],
      ['f', 5, 1],
      ['f', 6, 1],
    ],
  );
  t.deepEqual(grouped([]), []);
});

test('a plan shows pieces as one line with their number', (t) => {
  const text = renderPlan(plan, (step) => `${step.kind} of ${step.subject}`, { dryRun: false });
  t.is(text, 'Forget it:\n  1. delete it (in 3 steps)\n  2. last of builder 1\n');
});

test('a report tells once what several pieces have in common', (t) => {
  const results: StepResult[] = [
    { step: 'piece 1', outcome: 'done', rows: { builds: 1000 } },
    { step: 'piece 2', outcome: 'failed', rows: {}, detail: 'lost the database' },
    { step: 'piece 3', outcome: 'skipped', rows: {} },
    { step: 'last', outcome: 'skipped', rows: {}, detail: 'a step before it failed' },
  ];
  const report: Report<Step> = {
    plan,
    dryRun: false,
    status: 'partly done',
    results,
    woken: [],
    advice: [],
    journal: 7,
  };
  const lines = renderReport(report, { isLive: false }).split('\n');
  t.deepEqual(lines.slice(0, 2), [
    '  ✗ piece 2 (lost the database), and 1 more step like it',
    '  - last (a step before it failed)',
  ]);
});

test('what cannot be taken back is confirmed by what is typed, not by --yes', (t) => {
  const typed = { ...plan, typed: 'old builder' };
  t.is(isConfirmed(typed, { yes: true, typed: null }), null);
  t.false(isConfirmed(typed, { yes: true, typed: 'old' }));
  t.true(isConfirmed(typed, { yes: false, typed: 'old builder' }));
  const hostile = { ...plan, typed: 'a\u001bb' };
  t.true(isConfirmed(hostile, { yes: false, typed: 'a\\u001bb' }));
  t.true(isConfirmed(hostile, { yes: false, typed: 'a\u001bb' }));
  t.true(isConfirmed(plan, { yes: true, typed: null }));
  t.is(isConfirmed(plan, { yes: false, typed: null }), null);
  t.is(refuseToAsk(typed).try, `Look at the plan with --dry-run, then use --confirm='old builder'.`);
  t.regex(refuseToAsk(typed).message, /needs a name to be typed/);
  t.regex(refuseToAsk({ ...typed, isFinal: true }).message, /cannot be taken back/);
  t.is(refuseToAsk(plan).try, 'Look at the plan with --dry-run, then use --yes.');
});
