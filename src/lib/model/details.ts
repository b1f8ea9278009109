import type { MissingIndex } from './missing-index.js';

/** What a check-up reads besides the snapshot: bounded, so that it is quick on any size. */
export interface Details {
  /** Newest firings of schedulers, epoch seconds, newest first; of the newest buildsets only. */
  readonly firings: ReadonlyMap<string, readonly number[]>;
  /** `builders.id` that the newest buildset of each scheduler asked for; of the newest buildsets only. */
  readonly lastAsked: ReadonlyMap<string, readonly number[]>;
  /** Buildsets that are open though none of their requests is. */
  readonly openBuildsets: readonly number[];
  /** Open requests, claimed or pending, whose buildset is complete. */
  readonly requestsOfCompleteBuildsets: readonly number[];
  /** Claimed requests that have a build, open or ended. */
  readonly requestsWithBuild: ReadonlySet<number>;
  /** Open steps and logs under builds that have ended, of the newest only; by `steps.id` and `logs.id`. */
  readonly leftOpen: { readonly steps: readonly number[]; readonly logs: readonly number[] };
  /** Rows that refer to a row that is gone, by table and column. */
  readonly dangling: readonly { readonly table: string; readonly column: string; readonly rows: number }[];
  /** Log chunks whose log is gone, by `logs.id`. */
  readonly chunksWithoutLog: {
    /** The first and the last that are older than every log; `null`: none are. */
    readonly older: { readonly from: number; readonly to: number } | null;
    /** Among the newest ids. */
    readonly logs: readonly number[];
  };
  /**
   * Of each living master that has lately ended a step: does it record when a step got its locks, and when was that
   * (epoch seconds)? Empty with one master, and where no version has that column.
   */
  readonly lockRecords: readonly { readonly masterId: number; readonly records: boolean; readonly at: number }[];
  /** Bytes; the largest tables first. `null`: the engine does not tell cheaply. */
  readonly size: number | null;
  readonly tables: readonly { readonly name: string; readonly bytes: number }[];
  /** Tables or columns of this revision that are not there, or of a later one that are. */
  readonly schemaDrift: readonly string[];
  /** Foreign keys without an index. */
  readonly missingIndexes: readonly MissingIndex[];
}
