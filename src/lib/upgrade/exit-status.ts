import { exitStatuses } from '../errors.js';
import type { UpgradedMaster, UpgradeReport, UpgradeStatus } from './events.js';

const statuses: Record<Exclude<UpgradeStatus, 'aborted' | 'interrupted'>, number> = {
  'nothing to do': exitStatuses.done,
  'dry run': exitStatuses.done,
  done: exitStatuses.done,
  blocked: exitStatuses.refused,
  deadline: exitStatuses.timedOut,
  'lost contact': exitStatuses.unreachable,
};

/** `interrupted` is the status of the signal that ended it, as a shell counts it. */
export function upgradeExitStatus(report: UpgradeReport, interrupted: number): number {
  if (report.status === 'interrupted') return interrupted;
  if (report.status !== 'aborted') return statuses[report.status];
  return isTakenBack(report) ? exitStatuses.done : exitStatuses.partlyDone;
}

/** What an old master that takes part, and a new one that does not, may have come to. */
const back: Record<UpgradedMaster['role'], readonly UpgradedMaster['outcome'][]> = {
  old: ['taken back', 'started again', 'not asked'],
  new: ['stopped', 'gone', 'was there', 'not started', 'not arrived'],
};

/** Is it as it was before the upgrade? */
export function isTakenBack({ masters, complaints }: UpgradeReport): boolean {
  const isBack = ({ role, outcome, error }: UpgradedMaster): boolean => error === null && back[role].includes(outcome);
  return masters.every(isBack) && (complaints ?? []).length === 0;
}
