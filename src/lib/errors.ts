/** The one table of exit statuses; README and `docs/` repeat it and a test compares them. */
export const exitStatuses = {
  done: 0,
  bug: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  changed: 5,
  notConfirmed: 6,
  timedOut: 7,
  partlyDone: 8,
  unreachable: 9,
  schema: 10,
} as const;

export type FailureCode = Exclude<keyof typeof exitStatuses, 'done' | 'bug'>;

export interface FailureOptions {
  /** What to do about it: a sentence, or a command that can be pasted. */
  try?: string;
  cause?: unknown;
}

/** An expected failure: a sentence that names the thing, and the way out. What is not a `Failure` is a bug. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly try: string | undefined;
  /** oclif takes the status from here under `--json` … */
  readonly exitCode: number;
  /** … and from here everywhere else. */
  readonly oclif: { exit: number };

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.try = options.try;
    this.exitCode = exitStatuses[code];
    this.oclif = { exit: exitStatuses[code] };
  }
}
