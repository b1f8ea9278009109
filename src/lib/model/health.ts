import { stuckRequests, stuckServices } from './cluster.js';
import type { Cluster } from './cluster.js';
import type { Finding, Severity } from './finding.js';
import type { MasterState } from './master.js';

/** As monitoring plugins have them. */
export const healthStatuses = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;
export type HealthStatus = keyof typeof healthStatuses;

/** What `health --format json` prints. */
export interface Health {
  readonly status: HealthStatus;
  /** Epoch seconds of this machine: also where the database does not answer. */
  readonly checkedAt: number;
  /** Why the status is unknown. */
  readonly error: string | null;
  readonly findings: readonly Finding[];
  readonly figures: Figures | null;
  /** What `--repair` has done. */
  readonly repair: { readonly status: string; readonly journal: number | null } | null;
}

/** What is measured, whatever is found. */
export interface Figures {
  readonly masters: Readonly<Record<MasterState, number>>;
  readonly services: { readonly claimed: number; readonly unclaimed: number; readonly stuck: number };
  readonly requests: { readonly pending: number; readonly claimed: number; readonly stuck: number };
  /** Seconds; 0 where nothing waits. */
  readonly oldestPending: number;
  readonly openBuilds: number;
  readonly connectedWorkers: number;
}

export function figuresOf(cluster: Cluster): Figures {
  const states: MasterState[] = ['active', 'late', 'dead', 'silent', 'zombie', 'starting', 'unclean', 'stopped'];
  const inState = (state: MasterState): number => cluster.masters.filter((master) => master.state === state).length;
  const claimed = cluster.services.filter((service) => service.holderId !== null).length;
  const oldest = cluster.queues.map((queue) => cluster.now - queue.oldestSubmittedAt);
  return {
    masters: Object.fromEntries(states.map((state) => [state, inState(state)])) as Record<MasterState, number>,
    services: { claimed, unclaimed: cluster.services.length - claimed, stuck: stuckServices(cluster).length },
    requests: {
      pending: cluster.queues.reduce((sum, queue) => sum + queue.length, 0),
      claimed: cluster.claimed.length,
      stuck: stuckRequests(cluster).length,
    },
    oldestPending: Math.max(0, Math.round(oldest.reduce((most, age) => Math.max(most, age), 0))),
    openBuilds: cluster.builds.length,
    connectedWorkers: cluster.workers.filter((worker) => worker.connectedTo.length > 0).length,
  };
}

/** Notes are for people: they wake nobody. */
export function statusOf(findings: readonly Finding[]): HealthStatus {
  const has = (severity: Severity): boolean => findings.some((finding) => finding.severity === severity);
  return has('critical') ? 'critical' : has('warning') ? 'warning' : 'ok';
}
