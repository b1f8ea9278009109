import { findOrAddObject, readState, stateTables, writeState } from '../../db/object-state.js';
import { newestId } from '../../db/rows.js';
import { readScheduledSince } from '../../db/buildsets.js';
import { lockEnabled } from '../../db/scheduler-row.js';
import { decideFiring } from '../../model/schedules.js';
import type { Rhythm, TimedDecision } from '../../model/schedules.js';
import type { ClusteredService, FencedTransaction, ServiceContext } from '../service.js';
import { classNames, reasonOf } from './classes.js';
import { rhythmOf } from './rhythm.js';
import type { TimedConfig } from './rhythm.js';
import { schedule, scheduleTables } from './schedule.js';

const tables = ['schedulers', ...stateTables, ...scheduleTables];

/** Buildbot's own state, epoch seconds: whoever has the scheduler next goes on from there. */
const lastBuildKey = 'last_build';
/** When one that has never fired was first looked at, epoch seconds. */
const sinceKey = 'bbctl_since';
/** Without transactions: what is about to be fired. */
const firingKey = 'bbctl_firing';

/** When the database's clock is set it is woken; what drifts apart slowly is seen this often. */
const longestWaitMs = 900_000;

/** `periodic` and `nightly`. */
export function timedScheduler(config: TimedConfig): ClusteredService {
  let rhythm: Promise<Rhythm> | undefined;
  return {
    kind: 'scheduler',
    name: config.name,
    watches: [],
    turn: async (context) => turn(context, config, await (rhythm ??= rhythmOf(config))),
  };
}

async function turn(context: ServiceContext, config: TimedConfig, rhythm: Rhythm): Promise<number | null> {
  return context.fenced(tables, async (tx) => {
    // The master gives it a turn when it is switched on.
    if (!(await lockEnabled(tx, context.id))) return longestWaitMs;
    const object = await findOrAddObject(tx, config.name, classNames[config.kind]);
    const decision = decideFiring(await situationOf(tx, object), rhythm);
    if (decision.kind === 'wait') return msUntil(decision.until, tx.now);
    if (decision.kind === 'fire') await fire(tx, context, config, object, decision);
    else context.log.warn(`Scheduler ${config.name} was last fired in the future; it goes on from now.`);
    await writeState(tx, object, lastBuildKey, decision.lastBuild);
    return 0;
  });
}

async function situationOf(tx: FencedTransaction, object: number) {
  const lastBuild = timeOf(await readState(tx, object, lastBuildKey));
  const since = lastBuild === null ? timeOf(await readState(tx, object, sinceKey)) : null;
  if (lastBuild === null && since === null) await writeState(tx, object, sinceKey, tx.now);
  return { now: tx.now, lastBuild, since };
}

function timeOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function msUntil(time: number | null, now: number): number | null {
  return time === null ? null : Math.min(Math.ceil((time - now) * 1000), longestWaitMs);
}

type Firing = Extract<TimedDecision, { kind: 'fire' }>;

async function fire(
  tx: FencedTransaction,
  context: ServiceContext,
  config: TimedConfig,
  object: number,
  { slot }: Firing,
): Promise<void> {
  if (await wasCutOff(tx, config, object, slot)) return;
  const { buildsetId, warning } = await schedule(tx, config, { reason: reasonOf(config) });
  context.log.info(`Scheduler ${config.name} fired.`, { buildset: buildsetId, slot });
  if (warning !== null) context.log.warn(warning);
}

/**
 * Without transactions a master may have died between the buildset and its `last_build`: it has written before what it
 * was about to do, and the newest buildset of that time.
 */
async function wasCutOff(tx: FencedTransaction, { name }: TimedConfig, object: number, slot: number): Promise<boolean> {
  if (!tx.schema.withoutTransactions.includes('buildsets')) return false;
  const begun = firingOf(await readState(tx, object, firingKey));
  if (begun?.slot === slot) return (await readScheduledSince(tx, name, begun.after)).length > 0;
  await writeState(tx, object, firingKey, { slot, after: await newestId(tx, 'buildsets') });
  return false;
}

function firingOf(value: unknown): { slot: number; after: number } | null {
  const { slot, after } = (value ?? {}) as Record<string, unknown>;
  return typeof slot === 'number' && typeof after === 'number' ? { slot, after } : null;
}
