import type { MissingIndex } from './missing-index.js';

/** What a check-up reads besides the snapshot: bounded, so that it is quick on any size. */
export interface Details {
  /** Newest firings of schedulers, epoch seconds, newest first; of the newest buildsets only. */
  readonly firings: ReadonlyMap<string, readonly number[]>;
  /** Buildsets that are open though none of their requests is. */
  readonly openBuildsets: readonly number[];
  /** Claimed open requests whose buildset is complete. */
  readonly requestsOfCompleteBuildsets: readonly number[];
  /** Claimed requests that have a build, open or ended. */
  readonly requestsWithBuild: ReadonlySet<number>;
  /** Open steps and logs under builds that have ended, of the newest builds only; by `steps.id` and `logs.id`. */
  readonly leftOpen: { readonly steps: readonly number[]; readonly logs: readonly number[] };
  /** Rows that refer to a row that is gone, by table and column. */
  readonly dangling: readonly { readonly table: string; readonly column: string; readonly rows: number }[];
  /** Bytes; the largest tables first. `null`: the engine does not tell cheaply. */
  readonly size: number | null;
  readonly tables: readonly { readonly name: string; readonly bytes: number }[];
  /** Tables or columns of this revision that are not there, or of a later one that are. */
  readonly schemaDrift: readonly string[];
  /** Foreign keys without an index. */
  readonly missingIndexes: readonly MissingIndex[];
}
