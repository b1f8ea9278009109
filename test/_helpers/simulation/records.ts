/* What is known of requests and builds, as the journal has told it. */

export interface Request {
  readonly id: number;
  readonly buildsetId: number;
  readonly builderId: number;
  readonly priority: number;
  readonly submittedAt: number;
  readonly isWaitedFor: boolean;
  /** `null`: open. */
  results: number | null;
  /** `masters.id` of who has claimed it. */
  claimedBy: number | null;
  /** Since when nobody has it, or it has been as it is; ms of the timeline. */
  sinceMs: number;
  readonly builds: BuildRecord[];
}

export interface BuildRecord {
  readonly id: number;
  readonly request: Request;
  readonly masterId: number;
  readonly workerId: number;
  /** Of its master, when it began. */
  readonly incarnation: string | null;
  isOpen: boolean;
  results: number | null;
  /** Another master has ended it, as one that is dead leaves it. */
  isEndedByOther: boolean;
  readonly steps: StepRecord[];
}

export interface StepRecord {
  readonly id: number;
  readonly build: BuildRecord;
  readonly isTrigger: boolean;
  isOpen: boolean;
}

export interface LogRecord {
  readonly id: number;
  readonly step: StepRecord;
  lines: number;
  isOpen: boolean;
}

export interface Buildset {
  readonly id: number;
  readonly parentBuildId: number | null;
  results: number | null;
  readonly requests: Request[];
}

/** Whatever is touched by one transaction. */
export class Touched {
  readonly requests = new Set<Request>();
  readonly buildsets = new Set<Buildset>();
  readonly begun: BuildRecord[] = [];
  readonly ended: BuildRecord[] = [];
}

export class Records {
  readonly requests = new Map<number, Request>();
  readonly builds = new Map<number, BuildRecord>();
  readonly steps = new Map<number, StepRecord>();
  readonly logs = new Map<number, LogRecord>();
  readonly buildsets = new Map<number, Buildset>();
  /** Those that are not complete. */
  readonly open = new Set<Request>();
  readonly openBuilds = new Set<BuildRecord>();
}

/** It only waits for what it has triggered. */
export function isLent({ steps }: BuildRecord): boolean {
  const last = steps.at(-1);
  return last !== undefined && last.isTrigger && last.isOpen;
}
