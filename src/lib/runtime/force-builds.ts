import { readFileSync } from 'node:fs';
import type { ClusterConfig, MasterConfig, SchedulerConfig } from '../model/cluster-config.js';
import { cancelRequest } from './cancel-request.js';
import type { Cancelled } from './cancel-request.js';
import { fenced } from './run-service.js';
import type { Ground } from './run-service.js';
import { force } from './schedulers/force.js';
import type { ForceRequest } from './schedulers/force.js';
import { scheduleTables } from './schedulers/schedule.js';
import type { Scheduled } from './schedulers/schedule.js';

export type ForceConfig = Extract<SchedulerConfig, { kind: 'force' }>;

/** What people and programs may ask of a master. */
export interface Controls {
  /** Whoever shows it may; `null`: nobody may. */
  readonly token: () => string | null;
  /** By its name; `undefined`: this master has none of that name. */
  forceScheduler(name: string): ForceConfig | undefined;
  force(config: ForceConfig, request: ForceRequest): Promise<Scheduled>;
  /** Those of this master. */
  forceSchedulers(): readonly ForceConfig[];
  cancelRequest(id: number): Promise<Cancelled>;
}

export function controlsOf(
  ground: Pick<Ground, 'membership' | 'store' | 'wakeUps'>,
  configured: () => { readonly config: ClusterConfig; readonly section: MasterConfig },
): Controls {
  const forceSchedulers = (): ForceConfig[] => {
    const { config, section } = configured();
    const forces = config.schedulers.filter((one): one is ForceConfig => one.kind === 'force');
    return section.roles.has('web') ? forces : [];
  };
  return {
    forceSchedulers,
    token: () => {
      const { tokenFile } = configured().config;
      return tokenFile === null ? null : readFileSync(tokenFile, 'utf8').trim() || null;
    },
    forceScheduler: (name) => forceSchedulers().find((one) => one.name === name),
    cancelRequest: (id) => cancelRequest(ground.store, id),
    force: (config, request) => fenced(ground, scheduleTables, (tx) => force(tx, config, request)),
  };
}
