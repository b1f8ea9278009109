import test from 'ava';
import type { UpgradedMaster, UpgradeReport } from '../../../src/lib/upgrade/events.js';
import { upgradeExitStatus } from '../../../src/lib/upgrade/exit-status.js';
import { reportWith } from '../../_helpers/upgrade-script.js';

const status = (report: Partial<UpgradeReport>): number => upgradeExitStatus(reportWith(report), 143);

test('each status has its own number', (t) => {
  const numbers = (['nothing to do', 'dry run', 'done', 'blocked', 'deadline', 'lost contact', 'interrupted'] as const).map((one) => [one, status({ status: one })]); // prettier-ignore
  t.deepEqual(Object.fromEntries(numbers), {
    'nothing to do': 0,
    'dry run': 0,
    done: 0,
    blocked: 4,
    deadline: 7,
    'lost contact': 9,
    interrupted: 143,
  });
});

test('what was aborted is done only where everything is as it was', (t) => {
  const master = (role: 'old' | 'new', outcome: UpgradedMaster['outcome'], error: string | null = null): UpgradedMaster => ({ name: role, role, outcome, killed: false, seconds: null, error }); // prettier-ignore
  const aborted = (...masters: UpgradedMaster[]): number => status({ status: 'aborted', masters });
  t.is(aborted(master('old', 'taken back'), master('new', 'stopped')), 0);
  t.is(aborted(master('old', 'started again'), master('new', 'not started')), 0);
  t.is(aborted(master('old', 'not asked'), master('new', 'was there')), 0);
  t.is(aborted(master('old', 'running'), master('new', 'stopped')), 8);
  t.is(aborted(master('old', 'stopped'), master('new', 'stopped')), 8);
  t.is(aborted(master('old', 'taken back'), master('new', 'arrived')), 8);
  t.is(aborted(master('old', 'taken back', 'it complained'), master('new', 'stopped')), 8);
  t.is(status({ status: 'aborted', masters: [], complaints: ['nobody holds nightly'] }), 8);
});
