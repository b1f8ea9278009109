import { appendFileSync } from 'node:fs';

export type FaultKind =
  | 'kill'
  | 'pause'
  | 'terminate'
  | 'drain'
  | 'cancel'
  | 'quick'
  | 'reload'
  | 'hang'
  | 'reset'
  | 'delay'
  | 'restart'
  | 'crash'
  | 'lock'
  | 'disable';

/** Times are epoch seconds. */
export interface Fault {
  readonly kind: FaultKind;
  /** `null`: it is the database's. */
  readonly master: string | null;
  readonly from: number;
  until: number;
}

export function epoch(): number {
  return Date.now() / 1000;
}

/** What was done when: to judge by it afterwards, and to be read. */
export class ChaosLog {
  readonly faults: Fault[] = [];
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  say(text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    appendFileSync(this.file, `${new Date().toISOString()} ${text} ${JSON.stringify(fields)}\n`);
  }

  /** It is there for as long as the work takes. */
  async during(kind: FaultKind, master: string | null, work: () => Promise<void>): Promise<void> {
    const fault: Fault = { kind, master, from: epoch(), until: Infinity };
    this.faults.push(fault);
    this.say(kind, { master });
    try {
      await work();
    } finally {
      fault.until = epoch();
      this.say(`${kind} is over`, { master, seconds: Math.round(fault.until - fault.from) });
    }
  }

  /** It beats and acts, if slowly. */
  isSlow(master: string, at: number): boolean {
    return this.faults.some(
      (fault) => fault.kind === 'delay' && fault.master === master && fault.from <= at && fault.until >= at,
    );
  }

  /** Did another one begin on the master in that time? Until then it may have been alive, and nobody may take from it. */
  isHitAgain(master: string, after: number, until: number): boolean {
    return this.faults.some(
      ({ kind, master: hit, from }) => !harmless.has(kind) && hit === master && after < from && from <= until,
    );
  }

  /** Was one of these on the master, or on the database, at that time or in the seconds before? */
  isHit(master: string, at: number, secondsBefore: number): boolean {
    return this.faults.some(
      (fault) =>
        !harmless.has(fault.kind) &&
        (fault.master === null || fault.master === master) &&
        fault.from <= at &&
        fault.until + secondsBefore >= at,
    );
  }
}

/** Everybody goes on through these. */
const harmless = new Set<FaultKind>(['reload', 'disable']);
