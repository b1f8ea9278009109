import { cancelPending, findTriggered, readBuildResults, readEnded } from '../../db/triggered.js';
import type { Triggered } from '../../db/triggered.js';
import type { Stamp } from '../../db/buildset-contents.js';
import { Failure } from '../../errors.js';
import type { AskedStamp } from '../../model/buildset.js';
import type { StepConfig } from '../../model/cluster-config.js';
import { printable } from '../../model/names.js';
import type { PropertyMap } from '../../model/properties.js';
import { cancelled, success, tallied, worstOf } from '../../model/results.js';
import { trigger } from '../schedulers/trigger.js';
import type { Store } from '../store.js';
import type { WakeUps } from '../wake-ups.js';
import type { TriggerableConfig } from './building.js';
import type { Scribe } from './scribe.js';
import type { StartedBuild } from './start-builds.js';
import type { StepContext, StepEnd } from './step-context.js';

export interface TriggerGround {
  readonly masterId: number;
  readonly scribe: Scribe;
  readonly store: Store;
  readonly wakeUps: WakeUps;
  /** As it is configured now. */
  triggerable(name: string): TriggerableConfig | undefined;
  /** Stops the builds of these requests that run here. */
  stopRequests(ids: readonly number[], reason: string): void;
}

type TriggerConfig = Extract<StepConfig, { kind: 'trigger' }>;

/** Buildbot's masters complete requests and tell nobody. */
const lookMs = 5000;

/** Has schedulers ask for builds, and waits for these where it is to; meanwhile others may have its slot. */
export async function runTrigger(
  config: TriggerConfig,
  context: StepContext,
  ground: TriggerGround,
  started: StartedBuild,
): Promise<StepEnd> {
  const triggered: Triggered[] = [];
  for (const name of config.schedulers) {
    triggered.push(await triggerOne(config, name, context, ground, started, triggered));
    if (context.signal.aborted) return interrupted(triggered, ground);
  }
  const state = `triggered ${config.schedulers.join(', ')}`;
  if (!config.waitForFinish) return { results: success, state };
  const ids = triggered.map(({ buildsetId }) => buildsetId);
  const results = await started.seat.lend(() => ended(ids, context.signal, ground), context.signal);
  if (results === null) return interrupted(triggered, ground);
  const requests = triggered.flatMap(({ requestIds }) => requestIds);
  const builds = await ground.store.glance((tx) => readBuildResults(tx, requests)).catch(() => []);
  return { results: worstOf([success, ...results]), state: `${state}${tallied(builds)}` };
}

function triggerOne(
  config: TriggerConfig,
  name: string,
  context: StepContext,
  { scribe, triggerable }: TriggerGround,
  { id, contents }: StartedBuild,
  before: readonly Triggered[],
): Promise<Triggered> {
  const scheduler = triggerable(name);
  if (!scheduler) throw new Failure('usage', `There is no triggerable scheduler ${printable(name)}.`);
  const known = before.map(({ buildsetId }) => buildsetId);
  return scribe.write(async (tx, again) => {
    const found = again ? await findTriggered(tx, id, known) : null;
    if (found) return found;
    const { buildsetId, requestIds, warning } = await trigger(tx, scheduler, {
      ...stampsFor(contents.stamps, context.properties),
      properties: config.setProperties,
      waitedFor: config.waitForFinish,
      parentBuildId: id,
    });
    if (warning !== null) context.log.warn(warning);
    return { buildsetId, requestIds: [...requestIds.values()] };
  });
}

/** Those of the build, at the revisions that it has got; one with a patch is the same with its patch. */
function stampsFor(stamps: readonly Stamp[], properties: PropertyMap) {
  const got = properties.get('got_revision')?.value;
  const gotOf = (codebase: string): string | undefined => {
    const revision = typeof got === 'object' && got !== null ? (got as Record<string, unknown>)[codebase] : codebase === '' ? got : undefined; // prettier-ignore
    return typeof revision === 'string' ? revision : undefined;
  };
  const asked = stamps.map(({ codebase, repository, branch, revision, project }): AskedStamp => {
    return { codebase, repository, branch, revision: gotOf(codebase) ?? revision, project };
  });
  const patched = stamps.filter(({ patch }) => patch !== null).map(({ codebase, id }) => [codebase, id] as const);
  return { sourceStamps: asked, patched: new Map(patched) };
}

/** `null`: interrupted. */
async function ended(
  ids: readonly number[],
  signal: AbortSignal,
  { store, wakeUps }: TriggerGround,
): Promise<number[] | null> {
  const alarm = wakeUps.alarm(['requests']);
  try {
    while (!signal.aborted) {
      // While the database is away it is not known; later it will be.
      const results = await store.glance((tx) => readEnded(tx, ids)).catch(() => null);
      if (results) return results;
      await alarm.wait(lookMs, signal);
    }
    return null;
  } finally {
    alarm.close();
  }
}

/** What it has asked for is not needed any more. */
async function interrupted(triggered: readonly Triggered[], ground: TriggerGround): Promise<StepEnd> {
  const { scribe, masterId, stopRequests } = ground;
  for (const one of triggered) await scribe.write((tx) => cancelPending(tx, masterId, one, tx.now));
  stopRequests(triggered.flatMap(({ requestIds }) => requestIds), 'parent build was interrupted'); // prettier-ignore
  return { results: cancelled, state: 'interrupted' };
}
