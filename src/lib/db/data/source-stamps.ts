import { groupBy } from '../../model/group-by.js';
import type { Transaction } from '../connect.js';
import { chunks } from '../chunks.js';
import { idAlias, idsOf } from './parts.js';
import type { Raw, ReadPart } from './resource.js';

const stampColumns = ['id', 'branch', 'revision', 'project', 'repository', 'codebase', 'created_at', 'patchid'];
const patchColumns = ['id', 'patchlevel', 'subdir', 'patch_author', 'patch_comment'];

/** Of a buildset. */
export const stampsOfBuildset: ReadPart = async (tx, rows) => {
  const query = tx.sql('buildset_sourcestamps').select<Raw[]>('buildsetid', 'sourcestampid').orderBy('id');
  const uses = await tx.dialect.among(query, 'buildsetid', idsOf(rows));
  const stamps = await readStamps(tx, idsOf(uses, 'sourcestampid'));
  const byBuildset = groupBy(uses, (use) => Number(use['buildsetid']));
  return (row) =>
    (byBuildset.get(Number(row[idAlias])) ?? []).flatMap((use) => stamps.get(Number(use['sourcestampid'])) ?? []);
};

/** Of a change. */
export const stampOfChange: ReadPart = async (tx, rows) => {
  const stamps = await readStamps(tx, idsOf(rows, '_stamp'));
  return (row) => stamps.get(Number(row['_stamp'])) ?? null;
};

/** Of a source stamp. Its body may be large, and Buildbot shows none either. */
export const patchOfStamp: ReadPart = async (tx, rows) => {
  const patches = await readPatches(tx, idsOf(rows, '_patch'));
  return (row) => patches.get(Number(row['_patch'])) ?? null;
};

async function readStamps(tx: Transaction, ids: readonly number[]): Promise<Map<number, Raw>> {
  const rows = await readAll(tx, 'sourcestamps', stampColumns, ids);
  const patches = await readPatches(tx, idsOf(rows, 'patchid'));
  return new Map(rows.map((row) => [Number(row['id']), stampOf(row, patches)]));
}

function stampOf({ id, patchid, ...stamp }: Raw, patches: ReadonlyMap<number, Raw>): Raw {
  return { ssid: id, ...stamp, patch: patches.get(Number(patchid)) ?? null };
}

async function readPatches(tx: Transaction, ids: readonly number[]): Promise<Map<number, Raw>> {
  const rows = await readAll(tx, 'patches', patchColumns, ids);
  return new Map(rows.map((row) => [Number(row['id']), patchOf(row)]));
}

function patchOf(row: Raw): Raw {
  return {
    patchid: row['id'],
    level: row['patchlevel'],
    subdir: row['subdir'],
    author: row['patch_author'],
    comment: row['patch_comment'],
    body: null,
  };
}

async function readAll(tx: Transaction, table: string, columns: string[], ids: readonly number[]): Promise<Raw[]> {
  const found: Raw[] = [];
  for (const some of chunks(ids)) found.push(...(await tx.sql(table).whereIn('id', some).select<Raw[]>(columns)));
  return found;
}
