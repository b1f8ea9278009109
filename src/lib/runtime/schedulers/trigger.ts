import { sourced } from '../../model/buildset.js';
import type { AskedStamp } from '../../model/buildset.js';
import type { Properties, SchedulerConfig } from '../../model/cluster-config.js';
import type { FencedTransaction } from '../service.js';
import { reasonOf } from './classes.js';
import { schedule } from './schedule.js';
import type { Scheduled } from './schedule.js';

/** What a build's trigger step asks for. */
export interface TriggerRequest {
  readonly sourceStamps?: readonly AskedStamp[];
  /** `sourcestamps.id` of those with a patch, by codebase: they are taken as they are. */
  readonly patched?: ReadonlyMap<string, number>;
  /** A text called `reason` is the buildset's reason, too. */
  readonly properties?: Properties;
  readonly waitedFor: boolean;
  readonly parentBuildId: number | null;
  /** Not given: Buildbot's own words. */
  readonly parentRelationship?: string;
}

type TriggerableConfig = Extract<SchedulerConfig, { kind: 'triggerable' }>;

/** Asks for builds as Buildbot's trigger step does. `tx` names `scheduleTables`. */
export async function trigger(
  tx: FencedTransaction,
  config: TriggerableConfig,
  request: TriggerRequest,
): Promise<Scheduled> {
  const { properties = {}, parentBuildId, parentRelationship = 'Triggered from' } = request;
  const said = properties['reason'];
  return schedule(tx, config, {
    reason: typeof said === 'string' ? said : reasonOf(config),
    properties: sourced(properties, 'Trigger'),
    stamps: request.sourceStamps ?? [],
    ...(request.patched ? { patched: request.patched } : {}),
    waitedFor: request.waitedFor,
    parent: parentBuildId === null ? null : { buildId: parentBuildId, relationship: parentRelationship },
  });
}
