import type { Master } from './master.js';

export type ServiceKind = 'scheduler' | 'changesource';

/** A clustered service of Buildbot: it runs on the one master that holds its claim. */
export interface Service {
  readonly kind: ServiceKind;
  readonly id: number;
  readonly name: string;
  /** The Python class, as far as `objects` tells: `buildbot.schedulers.timed.Periodic`. */
  readonly className: string | null;
  /** `null`: change sources have no such switch, and schedulers none before Buildbot 0.9.11. */
  readonly enabled: boolean | null;
  /** `masters.id` of the claim. */
  readonly holderId: number | null;
}

/** Runs on every master that configures it, whoever holds its claim. */
export function runsAnywhere(service: Service): boolean {
  return /\.(ForceScheduler|Triggerable|PBChangeSource)$/.test(service.className ?? '');
}

/** Nobody runs it and nobody will: its holder is dead or has no row. An inactive holder may be starting. */
export function isServiceStuck(service: Service, holder: Master | undefined): boolean {
  return service.holderId !== null && (holder === undefined || holder.state === 'dead');
}

/** As people say it. */
export const kindNames = { scheduler: 'scheduler', changesource: 'change source' } as const;
