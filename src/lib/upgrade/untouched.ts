import type { UpgradeReport } from './events.js';

/** Of an upgrade in which nothing was done. */
export function untouchedReport(status: 'nothing to do' | 'dry run', at: number): UpgradeReport {
  return {
    status,
    why: null,
    ways: [],
    startedAt: at,
    endedAt: at,
    masters: [],
    services: [],
    builds: [],
    retried: 0,
    workers: [],
    withoutWorker: [],
    complaints: null,
  };
}
