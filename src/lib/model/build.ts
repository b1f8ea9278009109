import type { Master } from './master.js';

/** A build that has not ended. */
export interface OpenBuild {
  readonly id: number;
  readonly number: number;
  readonly builderId: number;
  readonly requestId: number;
  readonly workerId: number | null;
  readonly masterId: number;
  readonly startedAt: number;
}

/** No living master will finish it. */
export function isAbandoned(master: Master | undefined): boolean {
  return master === undefined || ['dead', 'unclean', 'stopped'].includes(master.state);
}
