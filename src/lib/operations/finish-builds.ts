/*
 * Ends, as RETRY, builds that no living master will end. Their requests stay claimed until they are released, so
 * nobody starts a second build of one while the first is being ended.
 */
import { abandonedBuilds, masterName, masterOf } from '../model/cluster.js';
import type { Cluster } from '../model/cluster.js';
import { isAbandoned } from '../model/build.js';
import type { OpenBuild } from '../model/build.js';
import { parseId } from '../model/find.js';
import { count, list, printable } from '../model/names.js';
import { finishBuilds as finish } from '../db/builds.js';
import { seen, seenGone } from '../db/masters.js';
import type { SeenMaster } from '../db/masters.js';
import { chunks } from '../db/chunks.js';
import { groupBy } from '../model/group-by.js';
import { snapshot } from '../db/snapshot.js';
import { findBuilds } from '../db/build-lists.js';
import type { FoundBuild } from '../db/build-lists.js';
import { Failure } from '../errors.js';
import type { Blocker, Operation, Plan, Step } from '../operation.js';

export interface FinishBuildsInput {
  readonly builds: readonly string[];
  readonly expireAfter: number;
}

export interface FinishBuildsStep extends Step {
  readonly kind: 'finish builds';
  readonly master: SeenMaster;
  readonly builds: readonly number[];
}

export interface BuildsWorld {
  readonly cluster: Cluster;
  readonly named: readonly FoundBuild[];
}

const buildsPerStep = 1000;

export function finishBuilds(input: FinishBuildsInput): Operation<BuildsWorld, FinishBuildsStep> {
  const ids = [...new Set(input.builds.map((text) => parseId(text, 'build')))];
  return {
    name: 'builds finish',
    tables: ['masters', 'builds', 'steps', 'logs', 'builder_masters', 'scheduler_masters', 'changesource_masters'],
    read: (database) =>
      database.read(async (tx) => ({
        cluster: await snapshot(tx, database.location.label, { expireAfter: input.expireAfter, deep: true }),
        named: await findBuilds(tx, ids),
      })),
    plan: (world) => planFinish(world, ids),
    describe: (step) =>
      `end ${count(step.builds.length, 'build')} of ${printable(step.master.name)} as RETRY, with open steps and logs: ${list(step.builds)}`,
    work: (tx, step) => finish(tx, step.master, step.builds),
    advise: () => ['Their requests stay claimed by the dead master: "bbctl requests release" gives them back.'],
  };
}

export function planFinish({ cluster, named }: BuildsWorld, ids: readonly number[]): Plan<FinishBuildsStep> {
  const missing = ids.find((id) => !named.some((build) => build.id === id));
  if (missing !== undefined)
    throw new Failure('notFound', `There is no build ${missing}.`, {
      try: 'See them with "bbctl builds"; the id is not the number within its builder.',
    });
  const judged = named.map((build) => judge(build, cluster));
  const chosen: readonly OpenBuild[] =
    ids.length > 0 ? judged.flatMap((one) => one.build ?? []) : abandonedBuilds(cluster);
  return {
    title: `End ${count(chosen.length, 'abandoned build')}`,
    steps: [...groupBy(chosen, (build) => build.masterId)].flatMap(([masterId, builds]) =>
      stepsFor(cluster, masterId, builds),
    ),
    notes: judged.flatMap((one) => one.note ?? []),
    warnings: [],
    blockers: judged.flatMap((one) => one.blocker ?? []),
    secondLook: null,
  };
}

function judge(build: FoundBuild, cluster: Cluster): { build?: OpenBuild; note?: string; blocker?: Blocker } {
  if (build.complete) return { note: `Build ${build.id} has ended.` };
  const master = masterOf(cluster, build.masterId);
  if (isAbandoned(build, master)) return { build };
  const message = `Build ${build.id} belongs to ${printable(masterName(cluster, build.masterId))}, which is ${master?.state}: it may be running.`;
  return { blocker: { message, try: 'Stop it in the web interface of that master.', override: null } };
}

function stepsFor(cluster: Cluster, masterId: number, builds: readonly OpenBuild[]): FinishBuildsStep[] {
  const master = masterOf(cluster, masterId);
  const common = {
    kind: 'finish builds' as const,
    subject: `builds of master ${masterId}`,
    master: master ? seen(master) : seenGone(masterId),
  };
  return chunks(builds.map((build) => build.id), buildsPerStep).map((ids) => ({ ...common, builds: ids })); // prettier-ignore
}
