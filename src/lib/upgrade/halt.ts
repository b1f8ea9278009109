import type { UpgradeStatus } from './events.js';

/** Why an upgrade does not go on: somebody has to decide, or nobody watches any more. It is thrown, and ends in the report. */
export class Halt extends Error {
  override readonly name = 'Halt';
  readonly status: Exclude<UpgradeStatus, 'nothing to do' | 'dry run' | 'done' | 'aborted'>;
  readonly why: string | null;
  readonly ways: readonly string[];

  /** `why` may be `null` where the status tells all. */
  constructor(status: Halt['status'], why: string | null, ways: readonly string[]) {
    super(why ?? status);
    this.why = why;
    this.status = status;
    this.ways = ways;
  }
}

export const goOn = 'bbctl upgrade --resume';
export const goBack = 'bbctl upgrade --abort';

/** Nobody watches any more; what was asked for goes on. */
export function interrupted(isLost: boolean): Halt {
  return new Halt(isLost ? 'lost contact' : 'interrupted', null, [
    `"${goOn}" goes on with it.`,
    `"${goBack}" goes back.`,
  ]);
}
