import type { FailureCode } from './errors.js';
import type { Database, Transaction } from './db/connect.js';
import type { RowSet } from './model/rows.js';
import type { WakeUp, Woken } from './model/wake.js';

/** One transaction's worth of a change: plain data that carries what was seen, so that it can be journaled. */
export interface Step {
  readonly kind: string;
  /** What is changed and undone as one: `master 3`, `request 17`. */
  readonly subject: string;
  /** Of a piece of long work: what its neighbours with the same text do together, shown as one line with its progress. */
  readonly group?: string;
  /** Done a piece at a time, each in a transaction of its own, until `work` finds nothing left of it. */
  readonly isPiecemeal?: true;
}

/** Why a plan is not carried out. */
export interface Blocker {
  readonly message: string;
  /** What to do instead. */
  readonly try: string;
  /** The flag that overrides it, if anything does. */
  readonly override: '--force' | null;
}

/** The plan holds only if nothing of this has changed after a while: a heart that beats, a start that goes on. */
export interface SecondLook {
  readonly afterSeconds: number;
  readonly why: string;
}

export interface Plan<S extends Step> {
  readonly title: string;
  readonly steps: readonly S[];
  /** What was looked at and left alone, and why. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
  readonly blockers: readonly Blocker[];
  readonly secondLook: SecondLook | null;
  /** What cannot be taken back, or may not be meant: this must be typed, `--yes` alone does not do. */
  readonly typed?: string;
  /** The journal does not keep what it deletes or loads. */
  readonly isFinal?: true;
}

/** Work before the first step, such as keeping a copy of what will be deleted; nothing is written to the database. */
export interface Preparation<S extends Step> {
  readonly title: string;
  run(
    database: Database,
    plan: Plan<S>,
    work: { progress: (text: string) => void; signal: AbortSignal },
  ): Promise<void>;
}

/** How gently long work goes about it. */
export interface Pace {
  /** Waited before each transaction but the first. */
  readonly pauseMs: number;
  /** Why it should wait, if it should; asked before each transaction, and again every second for `patienceMs`. */
  hold(database: Database): Promise<string | null>;
  readonly patienceMs: number;
}

/**
 * One kind of change to the cluster. It is mute: showing, asking, locking, journaling, writing and reporting are the
 * gate's (`change.ts`), the same for all.
 */
export interface Operation<World, S extends Step> {
  /** As it is typed: `masters expire`. */
  readonly name: string;
  /** The tables that `work` reads or writes. */
  readonly tables: readonly string[];
  read(database: Database): Promise<World>;
  /** Pure: decides everything, touches nothing. `earlier` is the first of two looks. */
  plan(world: World, earlier?: World): Plan<S>;
  /** One line for people. */
  describe(step: S): string;
  /** Inside the step's transaction: locks the rows, keeps what is still as the step has seen it; decides nothing. */
  work(tx: Transaction, step: S): Promise<RowSet[]>;
  /** Under the lock, after the plan was made again. */
  readonly prepare?: Preparation<S>;
  readonly pace?: Pace;
  /** After the last step, however it went: takes away what `prepare` has made for the time of the work alone. */
  cleanUp?(database: Database): Promise<void>;
  /** After it: the masters that should look now. */
  wakes?(world: World, done: readonly S[]): WakeUp[];
  /** After that: who will notice and when, and what to run to make it sooner, but for what was woken. */
  advise?(world: World, done: readonly S[], woken: readonly Woken[]): string[];
}

export type Outcome = 'done' | 'unchanged' | 'failed' | 'skipped';

export interface StepResult {
  readonly step: string;
  readonly outcome: Outcome;
  /** Rows written, by table. */
  readonly rows: Readonly<Record<string, number>>;
  readonly detail?: string;
  /** Why it failed. */
  readonly code?: FailureCode;
  /** And the way out. */
  readonly try?: string;
}

export type ReportStatus = 'nothing to do' | 'dry run' | 'done' | 'partly done' | 'changed meanwhile' | 'failed';

/** What `--json` prints of a change. */
export interface Report<S extends Step> {
  readonly plan: Plan<S>;
  readonly dryRun: boolean;
  readonly status: ReportStatus;
  readonly results: readonly StepResult[];
  /** Masters that were told to look, or could not be told. */
  readonly woken: readonly Woken[];
  readonly advice: readonly string[];
  /** Number of the journal entry; `null` where nothing was to be written. */
  readonly journal: number | null;
}

export function emptyPlan<S extends Step>(title: string): Plan<S> {
  return { title, steps: [], notes: [], warnings: [], blockers: [], secondLook: null };
}
