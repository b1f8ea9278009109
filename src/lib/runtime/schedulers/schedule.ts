import { addBuildset, buildsetTables, findBuilderIds } from '../../db/buildsets.js';
import type { AddedBuildset } from '../../db/buildsets.js';
import { changeTables, readStampProperties } from '../../db/scheduler-changes.js';
import { findOrAddSourceStamp } from '../../db/source-stamps.js';
import { buildsetProperties, stampsWithDefaults } from '../../model/buildset.js';
import type { AskedStamp, SourcedProperties } from '../../model/buildset.js';
import type { SchedulerConfig } from '../../model/cluster-config.js';
import { list, printable } from '../../model/names.js';
import type { FencedTransaction } from '../service.js';

/** What whoever schedules names as the tables of its transaction. */
export const scheduleTables: readonly string[] = [...buildsetTables, ...changeTables];

type Scheduler = Pick<SchedulerConfig, 'name' | 'builders' | 'properties' | 'codebases'>;

/** What a scheduler wants to have built, once. */
export interface Asked {
  readonly reason: string;
  /** Over those of the scheduler's codebases. */
  readonly stamps?: readonly AskedStamp[];
  /** `sourcestamps.id` of changes, by codebase: with their properties. */
  readonly changed?: ReadonlyMap<string, number>;
  /** The same without their properties: stamps that are taken as they are. */
  readonly patched?: ReadonlyMap<string, number>;
  readonly properties?: SourcedProperties;
  /** Some of the scheduler's; not given: all of them. */
  readonly builders?: readonly string[];
  readonly waitedFor?: boolean;
  readonly parent?: { readonly buildId: number; readonly relationship: string } | null;
}

export interface Scheduled extends AddedBuildset {
  /** A sentence, where something was not as the configuration wants it. */
  readonly warning: string | null;
}

/** Adds the buildset and announces its requests. Builders that nobody has ever configured are left out, and named. */
export async function schedule(tx: FencedTransaction, scheduler: Scheduler, asked: Asked): Promise<Scheduled> {
  const names = asked.builders ?? scheduler.builders;
  const builders = await findBuilderIds(tx, names);
  const changed = asked.changed ?? new Map<string, number>();
  const stamps = stampsWithDefaults(scheduler.codebases, asked.stamps ?? []);
  const stampIds: number[] = [];
  for (const stamp of stamps) {
    const known = changed.get(stamp.codebase) ?? asked.patched?.get(stamp.codebase);
    stampIds.push(known ?? (await findOrAddSourceStamp(tx, stamp, tx.now)));
  }
  const ofChanges: SourcedProperties[] = [];
  for (const id of changed.values()) ofChanges.push(await readStampProperties(tx, id));
  const properties = buildsetProperties(scheduler, asked.properties ?? {}, ofChanges);
  const { reason, waitedFor = false, parent = null } = asked;
  const builderIds = [...builders.values()].sort((a, b) => a - b);
  const added = await addBuildset(tx, { reason, properties, sourceStampIds: stampIds, builderIds, waitedFor, parent }, tx.now); // prettier-ignore
  tx.announce('requests');
  return { ...added, warning: unknownBuilders(scheduler.name, names.filter((name) => !builders.has(name))) }; // prettier-ignore
}

function unknownBuilders(scheduler: string, names: readonly string[]): string | null {
  if (names.length === 0) return null;
  const which = list(names.map((name) => printable(name)));
  return `Scheduler ${printable(scheduler)} names builders that no master has ever configured; they were not asked: ${which}.`;
}
