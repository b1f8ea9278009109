import type { BuilderConfig, ClusterConfig, MasterConfig, SchedulerConfig } from '../../model/cluster-config.js';

export type TriggerableConfig = Extract<SchedulerConfig, { kind: 'triggerable' }>;

/** What a master builds, made of its configuration. */
export interface Building {
  /** Those with a local worker. */
  readonly builders: ReadonlyMap<string, BuilderConfig>;
  /** Local worker → how many builds it runs at once. */
  readonly slots: ReadonlyMap<string, number>;
  readonly triggerables: ReadonlyMap<string, TriggerableConfig>;
  /** Names of builders that only workers elsewhere could build. */
  readonly leftAlone: readonly string[];
}

export const nothingToBuild: Building = {
  builders: new Map(),
  slots: new Map(),
  triggerables: new Map(),
  leftAlone: [],
};

/** By a master's section, and its roles. */
export function buildingOf(config: ClusterConfig, { roles }: MasterConfig): Building {
  if (!roles.has('builders')) return nothingToBuild;
  const slots = new Map(config.workers.flatMap((one) => (one.kind === 'local' ? [[one.name, one.slots] as const] : [])));
  const isLocal = ({ workers }: BuilderConfig): boolean => workers.some((name) => slots.has(name));
  const triggerables = config.schedulers.filter((one): one is TriggerableConfig => one.kind === 'triggerable');
  return {
    builders: new Map(config.builders.filter(isLocal).map((one) => [one.name, one])),
    slots,
    triggerables: new Map(triggerables.map((one) => [one.name, one])),
    leftAlone: config.builders.filter((one) => !isLocal(one)).map(({ name }) => name),
  };
} // prettier-ignore
