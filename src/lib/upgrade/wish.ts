import type { OnDeadline } from '../drain/events.js';
import { Failure } from '../errors.js';
import { printable } from '../model/names.js';

export type UpgradeMode = 'begin' | 'resume' | 'abort';

/** What was asked for on the command line; masters as they were called there. */
export interface UpgradeWish {
  readonly mode: UpgradeMode;
  readonly drain: readonly string[];
  readonly start: readonly string[];
  readonly oneByOne: boolean;
  readonly deadlineMs: number | null;
  readonly onDeadline: OnDeadline;
  readonly force: boolean;
}

export interface UpgradeFlags extends Omit<UpgradeWish, 'mode'> {
  readonly resume: boolean;
  readonly abort: boolean;
}

/** Throws a `Failure` with the way out for what makes no sense together. */
export function wishOf({ resume, abort, ...wish }: UpgradeFlags): UpgradeWish {
  if (resume && abort) throw wrong('--resume goes on, and --abort goes back.', 'Use one of them.');
  if (resume || abort) verifyUnnamed(wish, resume ? '--resume' : '--abort');
  else verifyNamed(wish);
  if (wish.onDeadline !== 'fail' && wish.deadlineMs === null) {
    throw wrong(`--on-deadline ${wish.onDeadline} needs a deadline.`, 'Add one, such as "--deadline 2h".');
  }
  return { ...wish, mode: resume ? 'resume' : abort ? 'abort' : 'begin' };
}

function verifyUnnamed({ drain, start, oneByOne }: Omit<UpgradeWish, 'mode'>, flag: string): void {
  if (drain.length + start.length === 0 && !oneByOne) return;
  throw wrong(`${flag} is about the upgrade that was begun, with its masters and its order.`, 'Leave --drain, --start and --one-by-one out; or leave it out: the same command line goes on, too.');
} // prettier-ignore

function verifyNamed({ drain, start }: Pick<UpgradeWish, 'drain' | 'start'>): void {
  if (drain.length === 0 && start.length > 0) {
    throw wrong('--start without --drain is no upgrade.', 'Name the masters that are to stop with --drain.');
  }
  if (drain.length === 0) {
    throw wrong('Name the masters that are to stop with --drain, and those that come for them with --start.', 'See them with "bbctl masters"; "bbctl upgrade --resume" goes on with an upgrade that was begun.'); // prettier-ignore
  }
  const both = start.find((word) => drain.includes(word));
  if (both === undefined) return;
  throw wrong(`${printable(both)} cannot be both drained and started.`, 'To restart it, drain it with "bbctl masters drain", and start it again.'); // prettier-ignore
}

function wrong(message: string, way: string): Failure {
  return new Failure('usage', message, { try: way });
}
