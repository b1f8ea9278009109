import type { StepConfig } from '../../model/cluster-config.js';
import type { Property } from '../../model/properties.js';
import type { Log } from '../log.js';

/** What is built of one codebase. */
export interface BuildStamp {
  readonly codebase: string;
  readonly repository: string;
  readonly branch: string | null;
  readonly revision: string | null;
  readonly project: string;
  readonly patch: { readonly level: number; readonly body: Buffer; readonly subdir: string } | null;
}

/** Why a build is to end before its time: the `reason` of its signal. */
export interface Interruption {
  readonly text: string;
  /** `cancelled` (6) or `retry` (5), as in model/results.ts. */
  readonly results: number;
}

/** Lines of a step, as they come. */
export interface StepLog {
  header(text: string): Promise<void>;
  /** Settled when there is room again. */
  write(stream: 'stdout' | 'stderr', data: Buffer): Promise<void>;
  close(): Promise<void>;
}

/** What a step has. */
export interface StepContext {
  readonly build: {
    readonly id: number;
    readonly number: number;
    readonly builder: string;
    readonly requestId: number;
    readonly buildsetId: number;
    /** Absolute: the builder's folder on the worker, which exists. */
    readonly workdir: string;
  };
  readonly worker: string;
  readonly properties: ReadonlyMap<string, Property>;
  setProperty(name: string, value: unknown, source: string): Promise<void>;
  readonly sourceStamps: readonly BuildStamp[];
  /** Of the builder, with properties filled in. */
  readonly env: Readonly<Record<string, string>>;
  /** Aborted when the step is to end soon; its `reason` is an `Interruption`. */
  readonly signal: AbortSignal;
  /** `stdio`: the lines of what it runs. */
  openLog(name: string): Promise<StepLog>;
  /** The master's own. */
  readonly log: Log;
}

export interface StepOutcome {
  /** As in model/results.ts. */
  readonly results: number;
  /** `state_string`, in Buildbot's words. */
  readonly state: string;
}

/** Does a step of a kind; properties are filled in in its configuration. What it throws ends the build as an exception. */
export type RunStep<C extends StepConfig = StepConfig> = (config: C, context: StepContext) => Promise<StepOutcome>;
