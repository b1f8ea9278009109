import type { Database } from './db/connect.js';
import type { WakeUp, Woken } from './model/wake.js';
import type { Operation, Plan, Report, SecondLook, Step, StepResult } from './operation.js';

/** What a person sees of a change, and answers. Under `--json` it is mute and says yes only to `--yes`. */
export interface Presenter {
  showPlan<S extends Step>(plan: Plan<S>, describe: (step: S) => string, options: { dryRun: boolean }): void;
  confirm<S extends Step>(plan: Plan<S>): Promise<boolean>;
  /** Returns when the time is over. */
  waitForSecondLook(look: SecondLook): Promise<void>;
  /** Shows that something is done that takes its time. */
  during(title: string, work: (progress: (text: string) => void) => Promise<void>): Promise<void>;
  /** Runs the steps one after the other, showing progress. */
  runSteps(steps: readonly ShownStep[], run: RunStep): Promise<StepResult[]>;
  report<S extends Step>(report: Report<S>): void;
}

/** `say` tells why it takes its time; nothing, when it goes on. */
export type RunStep = (index: number, say?: (text: string) => void) => Promise<StepResult>;

/** A step as a person sees it. */
export interface ShownStep {
  readonly title: string;
  readonly group: string | undefined;
}

export interface ChangeOptions {
  readonly dryRun: boolean;
  readonly reason: string | null;
  readonly lockWaitMs: number;
  readonly journalDirectory: string;
  readonly undoes?: number;
  readonly completes?: number;
  readonly allowUnknownSchema: boolean;
  /** Aborted by Ctrl-C: the step that is being written is finished, then it stops. */
  readonly signal: AbortSignal;
  /** Tells masters to look; never throws for what it cannot do. Without it the report says what to run. */
  readonly wake?: ((wakeUps: readonly WakeUp[]) => Promise<Woken[]>) | null;
  /** Called before the lock is taken: until then Ctrl-C may simply end the program. */
  readonly onWriting?: () => void;
}

export interface Connections {
  /** A session that cannot write. */
  readonly reading: Database;
  /** Opened only when something is to be written. */
  openForWriting(): Promise<Database>;
}

/** What a change goes through. */
export interface Gate<World, S extends Step> {
  readonly operation: Operation<World, S>;
  readonly connections: Connections;
  readonly presenter: Presenter;
  readonly options: ChangeOptions;
}
