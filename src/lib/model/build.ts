import { heartbeatSeconds } from './master.js';
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

/** How a build ended; `results` is `null` while it runs. */
export interface BuildEnd {
  readonly id: number;
  readonly builder: string;
  readonly number: number;
  readonly masterId: number;
  readonly results: number | null;
}

/**
 * Will no living master finish it? Survivors also expire a master whose heart stopped and that goes on building: what
 * an inactive master started after its next heartbeat was due may be running.
 */
export function isAbandoned({ startedAt }: Pick<OpenBuild, 'startedAt'>, master: Master | undefined): boolean {
  if (master?.state === 'unclean') return startedAt <= master.lastActive + heartbeatSeconds;
  return master === undefined || master.state === 'dead' || master.state === 'stopped';
}
