import type { StepConfig } from '../../model/cluster-config.js';
import type { LogStream } from '../../model/log-lines.js';
import type { Property } from '../../model/properties.js';
import type { Log } from '../log.js';

/** What a build is made of, for one codebase. */
export interface BuildStamp {
  readonly codebase: string;
  readonly repository: string;
  /** `null`: the default of who checks it out. */
  readonly branch: string | null;
  /** `null`: the newest. */
  readonly revision: string | null;
  readonly project: string;
  readonly patch: Patch | null;
}

export interface Patch {
  /** How many folders are taken off its paths. */
  readonly level: number;
  readonly body: Buffer;
  readonly subdir: string;
}

/** Why a build is stopped, and how it ends then. */
export interface Interruption {
  readonly text: string;
  /** Cancelled, or retry. */
  readonly results: number;
}

/** What a step sees of its build, and all that it can do to it. */
export interface StepContext {
  readonly build: {
    readonly id: number;
    readonly number: number;
    readonly builder: string;
    readonly requestId: number;
    readonly buildsetId: number;
    /** Absolute, of the builder on the worker; exists. */
    readonly workdir: string;
  };
  readonly worker: string;
  readonly properties: ReadonlyMap<string, Property>;
  setProperty(name: string, value: unknown, source: string): Promise<void>;
  readonly sourceStamps: readonly BuildStamp[];
  /** Of the builder. */
  readonly env: Readonly<Record<string, string>>;
  /** Aborted when it is to end soon; the reason is an `Interruption`. */
  readonly signal: AbortSignal;
  openLog(name: string): Promise<StepLog>;
  /** The master's own. */
  readonly log: Log;
}

/** A log of a step, of type 's'. */
export interface StepLog {
  header(text: string): Promise<void>;
  /** Resolves when there is room for more. */
  write(stream: Exclude<LogStream, 'header'>, data: Buffer): Promise<void>;
  /** Resolves when all of it is in the database. */
  close(): Promise<void>;
}

export interface StepEnd {
  readonly results: number;
  /** As Buildbot words it, for `steps.state_string`. */
  readonly state: string;
}

export type RunStep<C extends StepConfig> = (config: C, context: StepContext) => Promise<StepEnd>;
