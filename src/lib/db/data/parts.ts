import type { Knex } from 'knex';
import { groupBy } from '../../model/group-by.js';
import type { Transaction } from '../connect.js';
import type { Members, Raw, ReadPart, Wanted } from './resource.js';

/** What Buildbot shows of a property: its value, and where it came from. */
export type SourcedProperties = Readonly<Record<string, readonly [value: unknown, source: string]>>;

/** The key of each row, as it is selected for parts. */
export const idAlias = '_id';

export function idsOf(rows: readonly Raw[], alias = idAlias): number[] {
  return [...new Set(rows.filter((row) => row[alias] !== null).map((row) => Number(row[alias])))];
}

/** The members of each row, the smallest first. */
export function membersPart({ from, parent, value }: Members): ReadPart {
  return async (tx, rows) => {
    const query = from(tx.sql).select({ parent, value }).whereNotNull(value).orderBy(value);
    const found = (await tx.dialect.among(query, parent, idsOf(rows))) as Raw[];
    const members = groupBy(found, (row) => Number(row['parent']));
    return (row) => (members.get(Number(row[idAlias])) ?? []).map((member) => member['value']);
  };
}

/** By their builds. */
export const buildProperties: ReadPart = async (tx, rows, wanted) => {
  if (wanted.properties.length === 0) return () => ({});
  const query = tx.sql('build_properties').select('buildid', 'name', 'value', 'source').orderBy('name');
  const found = (await named(tx.dialect.among(query, 'buildid', idsOf(rows)), 'name', wanted)) as Raw[];
  const properties = groupBy(found, (row) => Number(row['buildid']));
  return (row) => sourced(properties.get(Number(row[idAlias])) ?? [], propertyOfBuild);
};

/** By the buildsets of requests; `null` where there are none of those that are asked for. */
export const requestProperties: ReadPart = async (tx, rows, wanted) => {
  if (wanted.properties.length === 0) return () => null;
  const query = tx.sql('buildset_properties').select('buildsetid', 'property_name', 'property_value');
  const some = named(tx.dialect.among(query, 'buildsetid', idsOf(rows, '_buildset')), 'property_name', wanted);
  const found = (await some) as Raw[];
  const properties = groupBy(found, (row) => Number(row['buildsetid']));
  return (row) => {
    const own = properties.get(Number(row['_buildset']));
    return own ? sourced(own, propertyOfBuildset) : null;
  };
};

export const changeProperties: ReadPart = async (tx, rows) => {
  const query = tx.sql('change_properties').select<Raw[]>('changeid', 'property_name', 'property_value');
  const properties = groupBy(await tx.dialect.among(query, 'changeid', idsOf(rows)), (row) => Number(row['changeid']));
  return (row) => sourced(properties.get(Number(row[idAlias])) ?? [], propertyOfChange);
};

function named(query: Knex.QueryBuilder, column: string, { properties }: Wanted): Knex.QueryBuilder {
  return properties.includes('*') ? query : query.whereIn(column, [...properties]);
}

/** All properties of one build or buildset. */
export async function readProperties(
  tx: Transaction,
  of: 'build' | 'buildset',
  id: number,
): Promise<SourcedProperties> {
  if (of === 'build')
    return sourced(await tx.sql('build_properties').where('buildid', id).orderBy('name').select<Raw[]>(), propertyOfBuild); // prettier-ignore
  return sourced(await tx.sql('buildset_properties').where('buildsetid', id).orderBy('property_name').select<Raw[]>(), propertyOfBuildset); // prettier-ignore
}

/** All properties of one change. */
export async function readChangeProperties(tx: Transaction, id: number): Promise<SourcedProperties> {
  return sourced(await tx.sql('change_properties').where('changeid', id).orderBy('property_name').select<Raw[]>(), propertyOfChange); // prettier-ignore
}

type Property = readonly [name: string, value: unknown, source: unknown];

/** What is not as Buildbot writes it is left out, as there. */
function sourced(rows: readonly Raw[], propertyOf: (row: Raw) => Property | null): SourcedProperties {
  const properties = rows.map(propertyOf).filter((property) => property !== null);
  return Object.fromEntries(properties.map(([name, value, source]) => [name, [value, String(source)]]));
}

function propertyOfBuild(row: Raw): Property | null {
  const value = parsed(row['value']);
  return value === undefined ? null : [String(row['name']), value, row['source']];
}

function propertyOfBuildset(row: Raw): Property | null {
  const pair = parsed(row['property_value']);
  return Array.isArray(pair) && pair.length === 2 ? [String(row['property_name']), pair[0], pair[1]] : null;
}

/** Development versions of Buildbot kept the value alone. */
function propertyOfChange(row: Raw): Property | null {
  const value = parsed(row['property_value']);
  if (value === undefined) return null;
  const isPair = Array.isArray(value) && value.length === 2 && value[1] === 'Change';
  return [String(row['property_name']), isPair ? (value as unknown[])[0] : value, 'Change'];
}

/** `undefined`: it is no JSON. */
export function parsed(json: unknown): unknown {
  if (json === null) return null;
  try {
    return JSON.parse(json as string) as unknown;
  } catch {
    return undefined;
  }
}
