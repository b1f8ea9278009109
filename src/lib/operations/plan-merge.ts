import { batchesOf, isMoved, renumber, runsOf } from '../model/build-numbers.js';
import type { RenumberedBuild, Run, Side } from '../model/build-numbers.js';
import { isAbandoned } from '../model/build.js';
import type { OpenBuild } from '../model/build.js';
import type { Builder } from '../model/builder.js';
import { masterName, masterOf } from '../model/cluster.js';
import type { Cluster } from '../model/cluster.js';
import { count, list, printable } from '../model/names.js';
import { isStuck } from '../model/request.js';
import { Failure } from '../errors.js';
import type { MergedBuilders, Newest } from '../db/merge-builders.js';
import { emptyPlan } from '../operation.js';
import type { Blocker, Plan } from '../operation.js';
import { leftoverBlockers } from './leftovers.js';
import type { MergeBuildersInput, MergeStep } from './merge-builders.js';
import type { FoundBuilders, MergeWorld } from './read-merge.js';
import { renamedCertainty } from './rename-builder.js';

/** Each may be a statement of its own. */
const buildsPerStep = 1000;

export function planMerge({ cluster, ids, found }: MergeWorld, input: MergeBuildersInput): Plan<MergeStep> {
  if (ids.from === ids.into) throw new Failure('usage', `${printable(input.from)} and ${printable(input.into)} are the same builder.`); // prettier-ignore
  if (found === null) return { ...emptyPlan(`Merge builder ${ids.from} into builder ${ids.into}`), notes: ['One of them is gone.'] }; // prettier-ignore
  const { from, into } = found;
  const builds = renumber(found.builds.from, found.builds.into);
  return {
    ...emptyPlan(`Merge builder ${printable(from.name)} into ${printable(into.name)}`),
    steps: stepsOf(found, builds),
    notes: notesOf(found, builds),
    blockers: [
      ...leftoverBlockers(
        { noun: 'builder', name: from.name, masterIds: from.masterIds, usedBy: found.usedBy },
        {
          cluster,
          certainty: renamedCertainty(input.inventory, from.name, into.name),
          file: input.inventory?.file ?? null,
          force: input.force,
          isUndoable: true,
        },
      ),
      ...busyBlockers(cluster, from),
      ...(input.force ? [] : runningBlockers(cluster, into, builds)),
    ],
  };
}

function stepsOf(found: FoundBuilders, builds: readonly RenumberedBuild[]): MergeStep[] {
  const { from, into } = found;
  const merged: MergedBuilders = { from: { id: from.id, name: from.name }, into: { id: into.id, name: into.name } };
  const piece = { subject: `builder ${from.id}`, ...merged };
  const [name, into_] = [printable(from.name), printable(into.name)];
  const newest = newestOf(found, builds);
  const moveBuilds = buildsText(found, builds);
  return [
    ...batchesOf(builds, buildsPerStep).map((runs, index): MergeStep => ({
      ...piece,
      kind: 'move builds',
      group: moveBuilds,
      runs,
      newest: index === 0 ? newest : null,
    })),
    ...found.rows.flatMap(({ table, ranges }) => ranges.map((ids): MergeStep => {
      const rows = ranges.reduce((sum, range) => sum + range.count, 0);
      const what = table === 'buildrequests' ? count(rows, 'complete request') : `${count(rows, 'row')} of ${table}`;
      return { ...piece, kind: 'move rows', group: `give ${into_} ${what} of ${name}`, table, ids };
    })),
    ...(found.tags.from.length > 0 ? [{ ...piece, subject: `tags of builder ${from.id}`, kind: 'move tags' as const }] : []),
    ...found.openRequests.map((request): MergeStep => {
      const group = `give ${into_} ${count(found.openRequests.length, 'open request')} of ${name}`;
      return { ...piece, subject: `request ${request}`, kind: 'move request', group, request };
    }),
    { ...piece, kind: 'drop builder' },
  ]; // prettier-ignore
}

/** Looked for only where a build that was added since would be in the way: above it numbers are given. */
function newestOf({ builds: { from, into } }: FoundBuilders, builds: readonly RenumberedBuild[]): Newest | null {
  const number = into.reduce((most, build) => Math.max(most, build.number), 0);
  const id = [...from, ...into].reduce((most, build) => Math.max(most, build.id), 0);
  return (builds.at(-1)?.to ?? 0) > number ? { number, id } : null;
}

function buildsText({ from, into, builds }: FoundBuilders, renumbered: readonly RenumberedBuild[]): string {
  const changed = renumbered.filter((build) => build.number !== build.to).length;
  const numbers = changed === 0 ? 'none gets another number' : changed === 1 ? 'one gets another number' : `${count(changed, 'build')} get other numbers`; // prettier-ignore
  return `give ${printable(into.name)} the ${count(builds.from.length, 'build')} of ${printable(from.name)}; ${numbers}`;
}

function notesOf(
  { from, into, builds, openRequests, tags }: FoundBuilders,
  renumbered: readonly RenumberedBuild[],
): string[] {
  const changed = runsOf(renumbered.filter((build) => isMoved(build) && build.number !== build.to));
  const names: Record<Side, string> = { from: printable(from.name), into: printable(into.name) };
  const sides: Side[] = builds.from.length > 0 ? ['from', 'into'] : [];
  const added = tags.from.filter((tag) => !tags.into.includes(tag));
  return [
    ...sides.flatMap((side) => numbersNote(names[side], changed.filter((run) => run.side === side), builds[side].length)),
    ...(openRequests.length > 0 ? [`Open requests that ${names.into} will build: ${list(openRequests)}.`] : []),
    ...(added.length > 0 ? [`Tags that ${names.into} gets: ${list(added.map(printable))}; until a master that configures it starts, which sets its own.`] : []),
  ]; // prettier-ignore
}

function numbersNote(name: string, changed: readonly Run[], builds: number): string[] {
  if (builds === 0) return [];
  if (changed.length === 0) return [`Builds of ${name} keep their numbers.`];
  const some = changed.reduce((sum, run) => sum + run.count, 0);
  const ranges = changed.map(({ count: length, number, to }) => length === 1 ? `${number} becomes ${to}` : `${number} to ${number + length - 1} become ${to} to ${to + length - 1}`); // prettier-ignore
  return [
    `${count(some, 'build')} of ${name} of ${builds}: ${list(ranges, 3)}. Links to the old numbers lead elsewhere.`,
  ];
}

/** Masters go on with what they have begun, and with the id of the builder. */
function busyBlockers(cluster: Cluster, from: Builder): Blocker[] {
  const [claimed, running] = [cluster.claimed.filter((request) => request.builderId === from.id), runningOn(cluster, from)]; // prettier-ignore
  const requests = claimed.filter(({ claim }) => !isStuck(claim, masterOf(cluster, claim?.masterId ?? null)));
  const busy = [
    ...running.map(({ number, masterId }) => ({ what: `Build ${number}`, does: 'is being built by', masterId })),
    ...requests.map(({ id, claim }) => ({ what: `Request ${id}`, does: 'is claimed by', masterId: claim?.masterId ?? 0 })), // prettier-ignore
  ];
  return busy.map(({ what, does, masterId }) => ({
    message: `${what} of ${printable(from.name)} ${does} ${printable(masterName(cluster, masterId))}.`,
    try: 'Wait until it has ended.',
    override: null,
  }));
}

function runningOn(cluster: Cluster, builder: Builder): OpenBuild[] {
  return cluster.builds.filter((build) => build.builderId === builder.id && !isAbandoned(build, masterOf(cluster, build.masterId))); // prettier-ignore
}

/** Its number was given out, and nobody who follows it hears of another one. */
function runningBlockers(cluster: Cluster, into: Builder, builds: readonly RenumberedBuild[]): Blocker[] {
  const running = new Set(runningOn(cluster, into).map((build) => build.id));
  return builds
    .filter((build) => build.number !== build.to && running.has(build.id))
    .map(({ number, to }) => ({
      message: `Build ${number} of ${printable(into.name)} is running and would become ${to}: links to it were given out already.`,
      try: 'Wait until it has ended; or use --force.',
      override: '--force',
    }));
}
