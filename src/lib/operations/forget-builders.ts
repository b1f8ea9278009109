/*
 * Deletes builders that no master configures, with their history, in small batches: first what other buildsets say of
 * their builds, then the builds with all that hangs on them, then the requests with the buildsets that nothing is left
 * of, last the builder itself. Interrupted anywhere, the builder is still there and the same command goes on: what
 * was deleted is not found any more.
 */
import { isWorthIt, secondsPerBuild } from '../model/missing-index.js';
import type { MissingIndex } from '../model/missing-index.js';
import { formatDuration } from '../model/duration.js';
import { dropIndexes, makeIndexes } from '../db/make-indexes.js';
import { keepHistory } from '../archive/builder-archive.js';
import type { ArchiveTarget } from '../archive/builder-archive.js';
import { estimated, split } from '../model/builder-history.js';
import type { BuilderHistory, Range } from '../model/builder-history.js';
import type { Builder } from '../model/builder.js';
import { masterOf } from '../model/cluster.js';
import type { Cluster } from '../model/cluster.js';
import { formatBytes } from '../model/checks/database.js';
import { findNamed } from '../model/find.js';
import { builderCertainty } from '../model/inventory.js';
import type { Inventory } from '../model/inventory.js';
import { count, list, printable, thousands } from '../model/names.js';
import type { RowSet } from '../model/rows.js';
import { readLastBuilds } from '../db/builder-lists.js';
import { builderHistoryOf, idsOfTable, readBuilderHistories } from '../db/builder-extent.js';
import type { Database, Transaction } from '../db/connect.js';
import * as db from '../db/forget-builder.js';
import type { SeenBuilder } from '../db/forget-builder.js';
import { historyTables } from '../db/history.js';
import { snapshot } from '../db/snapshot.js';
import { Failure } from '../errors.js';
import type { Blocker, Operation, Plan, Preparation, Step } from '../operation.js';
import { leftoverBlockers, typedFor } from './leftovers.js';
import type { Leftover } from './leftovers.js';
import { gentlePace } from './pace.js';

export interface ForgetBuildersInput {
  /** Names or ids. */
  readonly builders: readonly string[];
  readonly inventory: Inventory | null;
  readonly force: boolean;
  readonly expireAfter: number;
  /** Between two batches. */
  readonly pauseMs: number;
  /** Makes the indexes that are missing before it begins, and drops them afterwards, or keeps them. */
  readonly index: 'none' | 'drop' | 'keep';
  /** Where the history of the one builder is kept; `null`: nowhere. */
  readonly archive: ArchiveTarget | null;
}

export interface ForgetBuilderStep extends Step {
  readonly kind: 'unlink buildsets' | 'forget builds' | 'forget requests' | 'forget tests' | 'delete builder';
  readonly builder: SeenBuilder;
  /** Ids of buildsets, numbers of builds, or ids of requests. */
  readonly range: Range;
  /** Builds in one transaction. */
  readonly most: number;
}

export interface ForgetWorld {
  readonly cluster: Cluster;
  /** Those that are still there. */
  readonly builders: readonly Builder[];
  readonly histories: readonly BuilderHistory[];
  /** Master that built last, by builder. */
  readonly lastMasters: ReadonlyMap<number, number>;
  readonly buildsetIds: Range | null;
  readonly missingIndexes: readonly MissingIndex[];
}

/** Fewer where each takes its time, so that progress is seen. */
const buildsPerStep = { quick: 10_000, slow: 1000 };
const requestsPerStep = 10_000;
const buildsetsPerStep = 10_000;
const mostStepsOfAKind = 200;

export function forgetBuilders(input: ForgetBuildersInput): Operation<ForgetWorld, ForgetBuilderStep> {
  if (input.archive && input.builders.length > 1)
    throw new Failure('usage', 'An archive holds one builder.', { try: 'Forget them one by one, each with an --archive of its own.' }); // prettier-ignore
  const found = new Map<string, readonly number[]>();
  return {
    name: 'builders forget',
    ...forgetSteps,
    read: (database) => readWorld(database, input, found),
    plan: (world) => planForget(world, input),
    ...(input.archive || input.index !== 'none' ? { prepare: preparation(input) } : {}),
    ...(input.index === 'drop' ? { cleanUp: (database: Database) => dropIndexes(database.location) } : {}),
    pace: gentlePace(input.pauseMs),
  };
}

function preparation({ archive, index }: ForgetBuildersInput): Preparation<ForgetBuilderStep> {
  const titles = [...(archive ? [`keep its history in ${archive.file}`] : []), ...(index === 'none' ? [] : ['make indexes'])]; // prettier-ignore
  return {
    title: `First ${titles.join(', then ')}`,
    run: async (database, plan, work) => {
      const builder = plan.steps[0]?.builder;
      if (archive && builder) {
        const history = await builderHistoryOf(database, builder.id);
        const buildsets = await database.read((tx) => idsOfTable(tx, 'buildsets'));
        await keepHistory(database, archive, history, buildsets, work);
      }
      if (index === 'none' || work.signal.aborted) return;
      const missing = await database.read((tx) => tx.dialect.missingIndexes(tx.sql));
      await makeIndexes(database.location, missing.filter(isWorthIt), work.progress);
    },
  };
}

/** What needs no input: steps in the journal are continued by it. */
export const forgetSteps = {
  tables: [...new Set([...historyTables, ...db.forgetTables])],
  describe: describeStep,
  work: carryOut,
};

async function readWorld(
  database: Database,
  { builders: names, expireAfter }: ForgetBuildersInput,
  found: Map<string, readonly number[]>,
): Promise<ForgetWorld> {
  return database.read(async (tx) => {
    const cluster = await snapshot(tx, database.location.label, { expireAfter });
    // What was found once and is gone now is forgotten already.
    for (const name of names) {
      if (!found.has(name)) found.set(name, findNamed(cluster.builders, name, 'builder').map((one) => one.id)); // prettier-ignore
    }
    const wanted = [...new Set([...found.values()].flat())];
    const builders = wanted.flatMap((id) => cluster.builders.find((builder) => builder.id === id) ?? []);
    const ids = builders.map((builder) => builder.id);
    const last = await readLastBuilds(tx, ids);
    return {
      cluster,
      builders,
      histories: await readBuilderHistories(tx, ids),
      lastMasters: new Map([...last].map(([id, build]) => [id, build.masterId])),
      buildsetIds: await idsOfTable(tx, 'buildsets'),
      missingIndexes: await tx.dialect.missingIndexes(tx.sql),
    };
  });
}

export function planForget(world: ForgetWorld, input: ForgetBuildersInput): Plan<ForgetBuilderStep> {
  const { inventory, force } = input;
  const { cluster, builders, histories } = world;
  const things = builders.map((builder) => leftoverOf(builder, world));
  const certainties = builders.map((builder) => builderCertainty(inventory, builder.name));
  const typed = typedFor(things, certainties);
  const blockers = things.flatMap((thing, index) => {
    const rules = { cluster, certainty: certainties[index] ?? null, file: inventory?.file ?? null, force };
    const history = histories[index];
    return [...leftoverBlockers(thing, rules), ...(history ? openBlockers(thing.name, history) : [])];
  });
  return {
    title: `Forget ${count(builders.length, 'builder')}: ${list(builders.map((builder) => printable(builder.name)))}`,
    steps: builders.flatMap((builder, index) => stepsFor(builder, histories[index], world, buildsAtOnce(world, input))),
    notes: [
      ...builders.flatMap((builder, index) => sizeNote(builder, histories[index])),
      ...(input.archive && builders.length > 0 ? [`First its history is kept in ${input.archive.file}.`] : []),
    ],
    warnings: input.index === 'none' ? indexWarnings(histories, world.missingIndexes) : [],
    blockers,
    secondLook: null,
    isFinal: true,
    ...(typed === undefined ? {} : { typed }),
  };
}

function leftoverOf(builder: Builder, { lastMasters, cluster }: ForgetWorld): Leftover {
  const last = masterOf(cluster, lastMasters.get(builder.id) ?? null);
  return { noun: 'builder', name: builder.name, masterIds: builder.masterIds, usedBy: last ? [last.id] : [] };
}

function openBlockers(name: string, { openBuilds, openRequests }: BuilderHistory): Blocker[] {
  const blockers: Blocker[] = [];
  if (openBuilds.length > 0)
    blockers.push({
      message: `Builder ${printable(name)} has ${count(openBuilds.length, 'build')} that ${openBuilds.length === 1 ? 'has' : 'have'} not ended: ${list(openBuilds)}.`,
      try: `End what no living master will end: "bbctl masters expire", or "bbctl builds finish ${openBuilds.join(' ')}".`,
      override: null,
    });
  if (openRequests.length > 0)
    blockers.push({
      message: `Builder ${printable(name)} has ${openRequests.length === 1 ? 'an open request' : 'open requests'}: ${list(openRequests)}.`,
      try: `Cancel what nobody will build: "bbctl requests cancel ${openRequests.join(' ')}".`,
      override: null,
    });
  return blockers;
}

function stepsFor(
  builder: Builder,
  history: BuilderHistory | undefined,
  world: ForgetWorld,
  most: number,
): ForgetBuilderStep[] {
  if (!history) return [];
  const name = printable(builder.name);
  const seen = { id: builder.id, name: builder.name, nameHash: history.nameHash };
  const all = { from: 0, to: 0 };
  const steps = (
    kind: ForgetBuilderStep['kind'],
    ranges: readonly Range[],
    group: string,
  ): ForgetBuilderStep[] => ranges.map((range) => ({ kind, subject: `builder ${builder.id}`, group, isPiecemeal: true, builder: seen, range, most })); // prettier-ignore
  const { builds, requests, numbers, requestIds, hasTests } = history;
  const buildsets = numbers === null ? null : world.buildsetIds;
  return [
    ...steps('unlink buildsets', split(buildsets, buildsetsPerStep, mostStepsOfAKind), `take references to builds of ${name} out of buildsets`),
    ...steps('forget builds', split(numbers, buildsPerStep[most < db.mostBuilds ? 'slow' : 'quick'], mostStepsOfAKind), `delete ${count(builds, 'build')} of ${name}, with all that hangs on them`),
    ...steps('forget requests', split(requestIds, requestsPerStep, mostStepsOfAKind), `delete ${count(requests, 'request')} of ${name}, and buildsets that have no others`),
    ...steps('forget tests', hasTests ? [all] : [], `delete names of tests of ${name}`),
    { kind: 'delete builder', subject: `builder ${builder.id}`, builder: seen, range: all, most: 1 },
  ]; // prettier-ignore
}

/** Few values only: the number of rows is a guess of the database's, and a plan must stay the same. */
function buildsAtOnce({ missingIndexes }: ForgetWorld, { index }: ForgetBuildersInput): number {
  const seconds = index === 'none' ? secondsPerBuild(missingIndexes) : 0;
  if (seconds > 0.01) return 1;
  return seconds > 0.001 ? 10 : db.mostBuilds;
}

function indexWarnings(histories: readonly BuilderHistory[], missing: readonly MissingIndex[]): string[] {
  const builds = histories.reduce((sum, history) => sum + history.builds, 0);
  const seconds = builds * secondsPerBuild(missing);
  const [first] = missing.filter(isWorthIt);
  if (seconds < 60 || !first) return [];
  return [
    `PostgreSQL has no index on ${first.table}.${first.column}: it goes through all of the about ${count(first.rows, 'row')} for each build that is deleted, which takes about ${formatDuration(seconds)} in all. --with-index makes it first, without holding anybody up, and drops it afterwards; --keep-index keeps it.`,
  ];
}

function sizeNote({ name }: Builder, history: BuilderHistory | undefined): string[] {
  if (!history || history.builds === 0) return [];
  const { steps, logs, logBytes, isExact } = estimated(history);
  const about = isExact ? '' : 'about ';
  return [
    `With the ${count(history.builds, 'build')} of ${printable(name)} go ${about}${count(steps, 'step')} and ${about}${count(logs, 'log')} of ${about}${formatBytes(logBytes)}.`,
  ];
}

function describeStep({ kind, builder, range }: ForgetBuilderStep): string {
  const name = printable(builder.name);
  const from = `${thousands(range.from)} to ${thousands(range.to)}`;
  if (kind === 'unlink buildsets') return `take references to builds of ${name} out of buildsets ${from}`;
  if (kind === 'forget builds') return `delete builds of ${name} with the numbers ${from}`;
  if (kind === 'forget requests') return `delete requests of ${name} with the ids ${from}`;
  if (kind === 'forget tests') return `delete names of tests of ${name}`;
  return `delete builder ${name} (id ${builder.id}) and its tags`;
}

function carryOut(tx: Transaction, { kind, builder, range, most }: ForgetBuilderStep): Promise<RowSet[]> {
  if (kind === 'unlink buildsets') return db.unlinkBuildsets(tx, builder, range);
  if (kind === 'forget builds') return db.forgetBuilds(tx, builder, range, most);
  if (kind === 'forget requests') return db.forgetRequests(tx, builder, range);
  if (kind === 'forget tests') return db.forgetTests(tx, builder);
  return db.deleteBuilder(tx, builder);
}
