import type { BuilderConfig, ChangeSourceConfig, ClusterConfig, MasterConfig, SchedulerConfig } from './cluster-config.js'; // prettier-ignore
import { roleOf } from './cluster-warnings.js';

/** What a master configures of all that its cluster has. */
export interface Assignment {
  readonly schedulers: readonly SchedulerConfig[];
  readonly changeSources: readonly ChangeSourceConfig[];
  readonly builders: readonly BuilderConfig[];
}

/** By a master's section: its roles. */
export function assignmentOf(config: ClusterConfig, { roles }: Pick<MasterConfig, 'roles'>): Assignment {
  return {
    schedulers: config.schedulers.filter((one) => roles.has(roleOf(one))),
    changeSources: roles.has('schedulers') ? config.changeSources : [],
    builders: roles.has('builders') ? config.builders : [],
  };
}
