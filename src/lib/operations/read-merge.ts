import {
  builderTables,
  readNumbers,
  readOpenRequestIds,
  readRanges,
  readTags,
  readUsedBy,
} from '../db/builder-history.js';
import type { BuilderTable, IdRange } from '../db/builder-history.js';
import type { Database, Transaction } from '../db/connect.js';
import { snapshot } from '../db/snapshot.js';
import type { NumberedBuild } from '../model/build-numbers.js';
import type { Builder } from '../model/builder.js';
import type { Cluster } from '../model/cluster.js';
import { findBuilder } from './rename-builder.js';

/** Rows that are written in one step: what holds no lock for long, also without transactions. */
export const rowsPerStep = 5000;

export interface MergeWorld {
  readonly cluster: Cluster;
  readonly ids: { readonly from: number; readonly into: number };
  /** `null`: one of them is gone. */
  readonly found: FoundBuilders | null;
}

export interface FoundBuilders {
  readonly from: Builder;
  readonly into: Builder;
  readonly builds: { readonly from: readonly NumberedBuild[]; readonly into: readonly NumberedBuild[] };
  /** Of the one that goes; of requests the complete ones. */
  readonly rows: readonly { readonly table: BuilderTable; readonly ranges: readonly IdRange[] }[];
  readonly openRequests: readonly number[];
  readonly tags: { readonly from: readonly string[]; readonly into: readonly string[] };
  /** `masters.id` of those that built the one that goes, the last one first. */
  readonly usedBy: readonly number[];
}

/** Named at first, then by their ids. */
type Named = { readonly from: string; readonly into: string } | MergeWorld['ids'];

export function readMerge(database: Database, named: Named, expireAfter: number): Promise<MergeWorld> {
  return database.read(async (tx) => {
    const cluster = await snapshot(tx, database.location.label, { expireAfter });
    const [from, into] = [builderOf(cluster, named.from), builderOf(cluster, named.into)];
    const ids = { from: from?.id ?? Number(named.from), into: into?.id ?? Number(named.into) };
    return { cluster, ids, found: from && into ? await readBoth(tx, from, into) : null };
  });
}

function builderOf(cluster: Cluster, named: string | number): Builder | undefined {
  if (typeof named === 'string') return findBuilder(cluster, named);
  return cluster.builders.find((builder) => builder.id === named);
}

const movedRows: readonly BuilderTable[] = builderTables.filter((table) => table !== 'builds' && table !== 'builders_tags'); // prettier-ignore

async function readBoth(tx: Transaction, from: Builder, into: Builder): Promise<FoundBuilders> {
  const rows: { table: BuilderTable; ranges: IdRange[] }[] = [];
  for (const table of movedRows) rows.push({ table, ranges: await readRanges(tx, table, from.id, rowsPerStep) });
  return {
    from,
    into,
    builds: { from: await readNumbers(tx, from.id), into: await readNumbers(tx, into.id) },
    rows,
    openRequests: await readOpenRequestIds(tx, from.id),
    tags: { from: await readTags(tx, from.id), into: await readTags(tx, into.id) },
    usedBy: await readUsedBy(tx, from.id),
  };
}
