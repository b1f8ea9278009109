/*
 * One builder's history becomes another's, and its row goes. The one that stays keeps its id, which living masters have
 * in mind. The builds come first, the highest number before all: from then on a build that a master adds has a number
 * above them. The row goes last, when nothing refers to it; ended anywhere before, the rest is planned like the whole.
 */
import { builderTables } from '../db/builder-history.js';
import type { BuilderTable, IdRange } from '../db/builder-history.js';
import { dropBuilder, moveBuilds, moveRequest, moveRows, moveTags } from '../db/merge-builders.js';
import type { MergedBuilders, Newest } from '../db/merge-builders.js';
import type { Transaction } from '../db/connect.js';
import type { Run } from '../model/build-numbers.js';
import type { Inventory } from '../model/inventory.js';
import { count, printable } from '../model/names.js';
import type { RowSet } from '../model/rows.js';
import { wakeUps } from '../model/wake.js';
import type { Operation, Step } from '../operation.js';
import { adviseBuilders } from './advice.js';
import { planMerge } from './plan-merge.js';
import { readMerge } from './read-merge.js';
import type { MergeWorld } from './read-merge.js';

export interface MergeBuildersInput {
  /** The name or id of the builder that goes. */
  readonly from: string;
  /** Of the one that stays. */
  readonly into: string;
  readonly expireAfter: number;
  readonly inventory: Inventory | null;
  readonly force: boolean;
}

interface Piece extends Step, MergedBuilders {}

export type MergeStep =
  | (Piece & { readonly kind: 'move builds'; readonly runs: readonly Run[]; readonly newest: Newest | null })
  | (Piece & { readonly kind: 'move rows'; readonly table: BuilderTable; readonly ids: IdRange })
  | (Piece & { readonly kind: 'move tags' })
  | (Piece & { readonly kind: 'move request'; readonly request: number })
  | (Piece & { readonly kind: 'drop builder' });

export function mergeBuilders(input: MergeBuildersInput): Operation<MergeWorld, MergeStep> {
  // When all is done there is no builder of that name any more.
  let found: MergeWorld['ids'] | undefined;
  return {
    name: 'builders merge',
    tables: ['builders', 'builder_masters', 'masters', ...builderTables],
    read: async (database) => {
      const world = await readMerge(database, found ?? input, input.expireAfter);
      found = world.ids;
      return world;
    },
    plan: (world) => planMerge(world, input),
    describe,
    work,
    wakes: ({ cluster, ids }, done) => (movedRequests(done).length === 0 ? [] : wakeUps(cluster, new Set([ids.into]))),
    advise: ({ cluster, ids }, done, woken) => {
      const requests = movedRequests(done);
      return requests.length === 0 ? [] : adviseBuilders(cluster, requests, new Set([ids.into]), woken);
    },
  };
}

/** Open requests that wait at another builder now. */
function movedRequests(done: readonly MergeStep[]): number[] {
  return done.flatMap((step) => (step.kind === 'move request' ? [step.request] : []));
}

function work(tx: Transaction, step: MergeStep): Promise<RowSet[]> {
  const { from, into } = step;
  const merged = { from, into };
  if (step.kind === 'move builds') return moveBuilds(tx, merged, step.runs, step.newest);
  if (step.kind === 'move rows') return moveRows(tx, merged, step.table, step.ids);
  if (step.kind === 'move request') return moveRequest(tx, merged, step.request);
  return step.kind === 'move tags' ? moveTags(tx, merged) : dropBuilder(tx, merged);
}

const rowNames: Partial<Record<BuilderTable, string>> = { buildrequests: 'complete request' };

export function rowName(table: BuilderTable): string {
  return rowNames[table] ?? `row of ${table}`;
}

function describe(step: MergeStep): string {
  const [from, into] = [printable(step.from.name), printable(step.into.name)];
  if (step.kind === 'move builds') {
    const builds = step.runs.reduce((sum, run) => sum + run.count, 0);
    return `number ${count(builds, 'build')} of ${into}, from ${Math.min(...step.runs.map((run) => run.to))} up`;
  }
  if (step.kind === 'move rows') return `give ${into} ${count(step.ids.count, rowName(step.table), `${rowName(step.table)}s`)}`; // prettier-ignore
  if (step.kind === 'move request') return `give ${into} open request ${step.request}`;
  return step.kind === 'move tags' ? `give ${into} the tags of ${from}` : `remove builder ${from}`;
}
