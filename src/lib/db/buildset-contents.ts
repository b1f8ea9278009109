import type { SourcedProperties } from '../model/buildset.js';
import { groupBy } from '../model/group-by.js';
import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';

/** What is to be built of one codebase. */
export interface Stamp {
  /** `sourcestamps.id` */
  readonly id: number;
  readonly codebase: string;
  readonly repository: string;
  readonly branch: string | null;
  readonly revision: string | null;
  readonly project: string;
  readonly patch: { readonly level: number; readonly body: Buffer; readonly subdir: string } | null;
  readonly changes: readonly StampChange[];
}

export interface StampChange {
  readonly author: string;
  readonly properties: SourcedProperties;
}

/** What a buildset says of what is to be built. */
export interface BuildsetContents {
  readonly properties: SourcedProperties;
  readonly stamps: readonly Stamp[];
}

type Raw = Readonly<Record<string, string | number | null>>;

/** By `buildsets.id`. */
export async function readContents(tx: Transaction, ids: readonly number[]): Promise<Map<number, BuildsetContents>> {
  const properties = groupBy(await rowsOf(tx, 'buildset_properties', 'buildsetid', ids), (row) => Number(row['buildsetid'])); // prettier-ignore
  const links = await rowsOf(tx, 'buildset_sourcestamps', 'buildsetid', ids);
  const stamps = await readStamps(tx, [...new Set(links.map((row) => Number(row['sourcestampid'])))]);
  const linked = groupBy(links, (row) => Number(row['buildsetid']));
  return new Map(
    ids.map((id) => [
      id,
      {
        properties: propertiesOf(properties.get(id) ?? []),
        stamps: (linked.get(id) ?? []).flatMap((row) => stamps.get(Number(row['sourcestampid'])) ?? []),
      },
    ]),
  );
}

async function readStamps(tx: Transaction, ids: readonly number[]): Promise<Map<number, Stamp>> {
  const rows: Raw[] = [];
  for (const some of chunks(ids)) {
    const query = tx.sql('sourcestamps').leftJoin('patches', 'patches.id', 'sourcestamps.patchid');
    rows.push(...(await tx.dialect.among(query, 'sourcestamps.id', some).select<Raw[]>(stampColumns)));
  }
  const changes = await readChanges(tx, ids);
  return new Map(rows.map((row) => [Number(row['id']), stampOf(row, changes.get(Number(row['id'])) ?? [])]));
}

const stampColumns = [
  ...['id', 'codebase', 'repository', 'branch', 'revision', 'project', 'patchid'].map((one) => `sourcestamps.${one}`),
  ...['patchlevel', 'patch_base64', 'subdir'].map((one) => `patches.${one}`),
];

function stampOf(row: Raw, changes: readonly StampChange[]): Stamp {
  const text = (column: string): string => String(row[column] ?? '');
  const orNull = (column: string): string | null => (row[column] === null ? null : text(column));
  return {
    id: Number(row['id']),
    codebase: text('codebase'),
    repository: text('repository'),
    branch: orNull('branch'),
    revision: orNull('revision'),
    project: text('project'),
    patch: row['patch_base64'] === null ? null : patchOf(row),
    changes,
  };
}

function patchOf(row: Raw): NonNullable<Stamp['patch']> {
  const body = Buffer.from(String(row['patch_base64']), 'base64');
  return { level: Number(row['patchlevel']), body, subdir: String(row['subdir'] ?? '') };
}

/** By the stamp that they belong to, oldest first. */
async function readChanges(tx: Transaction, stampIds: readonly number[]): Promise<Map<number, StampChange[]>> {
  const rows = (await rowsOf(tx, 'changes', 'sourcestampid', stampIds, ['changeid', 'sourcestampid', 'author'])).sort(
    (a, b) => Number(a['changeid']) - Number(b['changeid']),
  );
  const ids = rows.map((row) => Number(row['changeid']));
  const properties = groupBy(await rowsOf(tx, 'change_properties', 'changeid', ids), (row) => Number(row['changeid'])); // prettier-ignore
  const changeOf = (row: Raw): StampChange => ({
    author: String(row['author']),
    properties: propertiesOf(properties.get(Number(row['changeid'])) ?? []),
  });
  return new Map([...groupBy(rows, (row) => Number(row['sourcestampid']))].map(([id, of]) => [id, of.map(changeOf)]));
}

function propertiesOf(rows: readonly Raw[]): SourcedProperties {
  return Object.fromEntries(
    rows.flatMap((row) => {
      const pair = parsed(String(row['property_value']));
      if (!Array.isArray(pair)) return [];
      return [[String(row['property_name']), [pair[0] as unknown, String(pair[1])] as const]];
    }),
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

async function rowsOf(
  tx: Transaction,
  table: string,
  column: string,
  ids: readonly number[],
  columns: readonly string[] | '*' = '*',
): Promise<Raw[]> {
  const rows: Raw[] = [];
  for (const some of chunks(ids)) rows.push(...(await tx.dialect.among(tx.sql(table), column, some).select<Raw[]>(columns as string[]))); // prettier-ignore
  return rows;
}
