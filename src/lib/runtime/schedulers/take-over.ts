import { readScheduledSince } from '../../db/buildsets.js';
import { newestId } from '../../db/rows.js';
import { newestChangeId, readChangesOfStamps } from '../../db/scheduler-changes.js';
import { highestHandled } from '../../model/change-cursor.js';
import type { ChangeCursor } from '../../model/change-cursor.js';
import type { ChangeState } from '../../model/change-state.js';
import type { FencedTransaction, ServiceContext } from '../service.js';

export interface TakenOver {
  readonly state: ChangeState;
  /** Source stamps of buildsets that somebody else has made. */
  readonly builtStamps: ReadonlySet<number>;
}

/**
 * A Buildbot master that held the scheduler in between has left the cursor where it was. Every buildset of ours raises
 * the newest one that is known, in the same transaction; so a newer one is somebody else's (or ours, where nothing is
 * taken back and we died before the state was written). Up to the last change that is in one of them all are handled;
 * what is classified and not built is classified again, as it was.
 */
export async function takeOver(tx: FencedTransaction, context: ServiceContext, kept: ChangeState): Promise<TakenOver> {
  const state = { ...kept, cursor: await notAhead(tx, context, kept.cursor) };
  const { seen } = state.cursor;
  const isBehind = seen < (await newestChangeId(tx));
  // Others' buildsets need not be read where nothing is left to be built.
  if (!isBehind && state.timers.length === 0) return { state, builtStamps: new Set() };
  const scheduled = await readScheduledSince(tx, context.name, state.buildset);
  const newest = await newestId(tx, 'buildsets');
  const stamps = scheduled.flatMap(({ sourceStampIds }) => sourceStampIds);
  const builtStamps = new Set(stamps);
  const changes = isBehind ? await readChangesOfStamps(tx, [...builtStamps], seen) : [];
  const handled = highestHandled(changes, stamps);
  if (handled <= seen) return { state: { ...state, buildset: newest }, builtStamps };
  context.log.info(`Another master has run scheduler ${context.name} up to change ${handled}.`, { from: seen });
  return { state: { ...state, cursor: { seen: handled, gaps: [] }, buildset: newest }, builtStamps };
}

/** Where the database was restored from a copy, ids that were seen come again. */
async function notAhead(tx: FencedTransaction, context: ServiceContext, cursor: ChangeCursor): Promise<ChangeCursor> {
  if ((await newestChangeId(tx)) >= cursor.seen) return cursor;
  const newest = await newestChangeId(tx, 'locking');
  if (newest >= cursor.seen) return cursor;
  context.log.warn(`The newest change is older than scheduler ${context.name} remembers; it goes on from there.`, { newest }); // prettier-ignore
  return { seen: newest, gaps: [] };
}
