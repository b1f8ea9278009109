export interface Worker {
  readonly id: number;
  readonly name: string;
  readonly paused: boolean;
  /** Why it is paused, where that was said; Buildbot keeps it since 3.10, and never since when. */
  readonly pauseReason: string | null;
  readonly graceful: boolean;
  /** Builders that are configured to use it, by any master. */
  readonly builderIds: readonly number[];
  /** `masters.id` of those that configure it. */
  readonly masterIds: readonly number[];
  /** `masters.id` of those that say it is connected to them. */
  readonly connectedTo: readonly number[];
}

/** Likely an orphan: configured by no master and connected to none. */
export function isOrphanedWorker(worker: Worker): boolean {
  return worker.masterIds.length === 0 && worker.connectedTo.length === 0;
}
