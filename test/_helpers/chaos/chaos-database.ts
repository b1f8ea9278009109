import type { EngineName } from '../database.js';

/** The database of a run, empty at first. */
export interface ChaosDatabase {
  readonly engine: EngineName;
  /** As bbctl takes it; on MySQL it says the storage engine. */
  readonly url: string;
  /** Only of a server that nobody else uses. */
  readonly server?: {
    stop(): Promise<void>;
    crash(): Promise<void>;
    start(): Promise<void>;
  };
}
