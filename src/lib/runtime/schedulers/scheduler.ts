import type { SchedulerConfig } from '../../model/cluster-config.js';
import type { ClusteredService } from '../service.js';
import { changeScheduler } from './change-scheduler.js';
import { timedScheduler } from './timed-scheduler.js';

/** `null` for those that act on any master when they are asked to: `force` and `triggerable`. */
export function makeScheduler(config: SchedulerConfig): ClusteredService | null {
  switch (config.kind) {
    case 'any-branch':
    case 'single-branch':
      return changeScheduler(config);
    case 'periodic':
    case 'nightly':
      return timedScheduler(config);
    case 'force':
    case 'triggerable':
      return null;
  }
}
