import test from 'ava';
import { emptyPlan } from '../../../../src/lib/operation.js';
import type { UpgradeStatus } from '../../../../src/lib/upgrade/events.js';
import type { UpgradeStep } from '../../../../src/lib/upgrade/plan-upgrade.js';
import { renderUpgrade, stepLine } from '../../../../src/lib/ui/views/upgrade.js';
import { spanText, stageTitle, upgradeEventLine } from '../../../../src/lib/ui/views/upgrade-events.js';
import { blue, green, reportWith, steps } from '../../../_helpers/upgrade-script.js';

test('a time without a holder is told as well as it is known', (t) => {
  const text = (atLeast: number, atMost: number): string => spanText({ atLeast, atMost });
  t.deepEqual(
    [text(0, 0), text(0, 0.9), text(0, 2), text(0.4, 1.2), text(2.9, 3.1), text(1.2, 3.9), text(58.2, 61.5), text(290, 300)], // prettier-ignore
    ['less than 1s', 'less than 1s', '0 to 2 s', '0 to 2 s', '3s', '1 to 4 s', '58s to 1m 2s', '4m 50s to 5m'],
  );
});

test('waves are told where there are several', (t) => {
  const stage = { event: 'stage', stage: 'drain', wave: 2, waves: 3, masters: [blue] } as const;
  t.is(stageTitle(stage), `Wave 2 of 3: Drain ${blue}`);
  t.is(stageTitle({ ...stage, wave: 1, waves: 1 }), `Drain ${blue}`);
  t.notRegex(stageTitle({ ...stage, stage: 'prove' }), /Wave/);
  const plan = emptyPlan<UpgradeStep>('');
  t.regex(stepLine({ ...plan, steps })(steps[1]!), /^host1/);
  const later = { ...steps[1]!, wave: 2 };
  t.regex(stepLine({ ...plan, steps: [steps[0]!, later] })(later), /^Wave 2: host1/);
});

test("another's words end with one full stop", (t) => {
  const started = (error: string): string => upgradeEventLine({ event: 'started', master: green, way: 'rest', error });
  t.is(started('it is ill'), `Warning: what starts ${green} complains: it is ill. The database will tell.`);
  t.is(started('It is ill.'), `Warning: what starts ${green} complains: It is ill. The database will tell.`);
});

test('a report tells what moved, and how it ended', (t) => {
  const lines = renderUpgrade(reportWith()).split('\n');
  t.regex(lines[1] ?? '', /^ {2}host2:\/srv\/bb\/green +arrived +12s +new$/);
  t.true(lines.includes('2 builds of the old masters: 1 success, 1 retry. Built again: docs #97.'));
  t.true(lines.some((line) => /^ {2}w2 +no master yet$/.test(line)));
  t.true(lines.includes('New requests had no worker: tests 1m 1s, docs 4s.'));
  t.deepEqual(lines.slice(-2), ['Done after 5m 12s, and checked in the database.', '']);
});

test('a report without anything in it is one line', (t) => {
  const nothing = { masters: [], services: [], builds: [], workers: [], withoutWorker: [], complaints: null };
  const text = (status: UpgradeStatus): string => renderUpgrade(reportWith({ ...nothing, status }));
  t.is(text('nothing to do'), 'Nothing to do.\n');
  t.is(text('dry run'), 'Nothing was done: this was a dry run.\n');
});

test('why it stopped and how to go on come last; a command stays in one piece', (t) => {
  const ways = ['Look at its log, then go on:', 'bbctl upgrade --resume'];
  const lines = renderUpgrade(reportWith({ status: 'blocked', why: 'It is ill', ways }))
    .trimEnd()
    .split('\n');
  t.deepEqual(lines.slice(-4), ['Stopped after 5m 12s, with a question.', 'It is ill.', 'Look at its log, then go on:', '  bbctl upgrade --resume']); // prettier-ignore
});

test('complaints, killed masters and their errors are told; what nobody holds is', (t) => {
  const text = renderUpgrade(
    reportWith({
      masters: [{ name: blue, role: 'old', outcome: 'stopped', killed: true, seconds: 3, error: 'it hung' }],
      services: [{ kind: 'scheduler', name: 'nightly', from: blue, to: null, unheld: { atLeast: 75, atMost: 300 } }],
      complaints: ['nobody holds nightly'],
    }),
  );
  t.regex(text, /stopped \(killed, and then expired\) +3s/);
  t.regex(text, /^Warning: host1:\/srv\/bb\/blue: it hung\.$/m);
  t.regex(text, /^ {2}nightly +nobody +1m 15s and on/m);
  t.regex(text, /^Warning: nobody holds nightly\.$/m);
});

test('of many services the first are listed, and the others counted', (t) => {
  const service = { kind: 'scheduler', from: blue, to: green, unheld: { atLeast: 0, atMost: 0 } } as const;
  const services = Array.from({ length: 33 }, (_, index) => ({ ...service, name: `s${index}.` }));
  const text = renderUpgrade(reportWith({ services }));
  t.regex(text, / s29\. /);
  t.notRegex(text, / s30\. /);
  t.regex(text, /^ {2}… and 3 more lines, see --json$/m);
});

test('going back is done, or not', (t) => {
  const back = { name: blue, role: 'old', killed: false, seconds: 1, error: null } as const;
  const text = (outcome: 'taken back' | 'running'): string => renderUpgrade(reportWith({ status: 'aborted', masters: [{ ...back, outcome }] })); // prettier-ignore
  t.regex(text('taken back'), /^Taken back\.$/m);
  t.regex(text('running'), /^Not everything could be taken back\.$/m);
});
