import { filledReason } from '../../model/buildset.js';
import type { SchedulerConfig } from '../../model/cluster-config.js';

/** Buildbot's class for each kind: state is kept under its name, and reasons tell it. */
export const classNames = {
  'any-branch': 'AnyBranchScheduler',
  'single-branch': 'SingleBranchScheduler',
  periodic: 'Periodic',
  nightly: 'Nightly',
  force: 'ForceScheduler',
  triggerable: 'Triggerable',
} as const satisfies Record<SchedulerConfig['kind'], string>;

const reasons: Readonly<Record<SchedulerConfig['kind'], string>> = {
  'any-branch': "The %(classname)s scheduler named '%(name)s' triggered this build",
  'single-branch': "The %(classname)s scheduler named '%(name)s' triggered this build",
  periodic: "The Periodic scheduler named '%(name)s' triggered this build",
  nightly: "The Nightly scheduler named '%(name)s' triggered this build",
  force: "A build was forced by '%(owner)s': %(reason)s",
  triggerable: "The Triggerable scheduler named '%(name)s' triggered this build",
};

/** Why a scheduler has something built: the configuration's words, or Buildbot's. */
export function reasonOf(
  { kind, name, reason }: Pick<SchedulerConfig, 'kind' | 'name' | 'reason'>,
  values: Readonly<Record<string, string>> = {},
): string {
  return filledReason(reason ?? reasons[kind], { name, classname: classNames[kind], ...values });
}
