export interface Builder {
  readonly id: number;
  readonly name: string;
  /** `masters.id` of those that configure it. */
  readonly masterIds: readonly number[];
}

/** Where a builder built last; tells whose it may be when no master configures it. */
export interface LastBuild {
  readonly id: number;
  readonly builderId: number;
  readonly number: number;
  readonly masterId: number;
  readonly startedAt: number;
  /** Buildbot's number; `null`: it runs. */
  readonly results: number | null;
}

/** Likely an orphan: no master configures it. A stopped master's builders look just the same. */
export function isOrphanedBuilder(builder: Builder): boolean {
  return builder.masterIds.length === 0;
}
