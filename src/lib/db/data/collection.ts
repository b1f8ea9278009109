import type { Knex } from 'knex';
import type { Entity, Page } from '../../model/apply-query.js';
import type { DataQuery } from '../../model/data-query.js';
import type { Transaction } from '../connect.js';
import { applyFilter, applyOrder } from './conditions.js';
import { idAlias, membersPart, parsed } from './parts.js';
import { fieldsIn, keyColumnOf } from './resource.js';
import type { Field, Raw, Resource, Scope } from './resource.js';

/** Rows of a resource, as far as a path narrows them. */
export interface Collection {
  readonly resource: Resource;
  readonly scope: Scope;
  /** Leaves those that the path means. */
  readonly narrow: (query: Knex.QueryBuilder, sql: Knex) => void;
  /** Columns that have one value in all of them. */
  readonly fixed: ReadonlySet<string>;
}

/** Rows that are answered where no limit is asked for, and where a larger one is. */
export const usualLimit = 1000;
export const largestLimit = 10_000;
/** Counting further takes too long: the total of more is not known. */
export const countedAtMost = 10_000;

/** Collections, as they are filtered, that are known to have more rows than are counted. */
export interface KnownLarge {
  has(what: string): boolean;
  add(what: string): void;
}

const noneKnown: KnownLarge = { has: () => false, add: () => {} };

/** One page. In the worst case three statements and one for each part, none of which reads more than the page needs. */
export async function readPage(
  tx: Transaction,
  collection: Collection,
  query: DataQuery,
  large: KnownLarge = noneKnown,
): Promise<Page> {
  const limit = Math.min(query.limit ?? usualLimit, largestLimit);
  const found = filtered(tx, collection, query);
  const fields = chosenFields(tx, collection.resource, query);
  const page = selecting(found.clone(), collection.resource, fields).limit(limit + 1).offset(query.offset); // prettier-ignore
  applyOrder(tx, page, collection.resource, query.order, collection.fixed);
  const raw = (await page) as Raw[];
  const isLast = raw.length <= limit && (raw.length > 0 || query.offset === 0);
  const total = isLast
    ? query.offset + raw.length
    : await countSome(tx, found, large, JSON.stringify([collection.resource.name, collection.scope, query.filters]));
  const rows = await entitiesOf(tx, collection, fields, query, raw.slice(0, limit));
  return { rows, total };
}

/** `null`: there is none. */
export async function readOne(
  tx: Transaction,
  collection: Collection,
  query: Pick<DataQuery, 'fields' | 'properties'>,
): Promise<Entity | null> {
  const { resource } = collection;
  const fields = chosenFields(tx, resource, query);
  const rows = (await selecting(filtered(tx, collection), resource, fields).limit(1)) as Raw[];
  const [entity = null] = await entitiesOf(tx, collection, fields, query, rows);
  return entity;
}

function filtered(tx: Transaction, { resource, narrow }: Collection, query?: DataQuery): Knex.QueryBuilder {
  const found = tx.sql(resource.table);
  for (const { table, column, on } of resource.joins ?? []) void found.leftJoin(table, column, on);
  narrow(found, tx.sql);
  for (const filter of query?.filters ?? []) {
    const field = resource.fields[filter.field];
    if (field) applyFilter(tx, found, resource, field, filter);
  }
  return found;
}

function chosenFields(tx: Transaction, resource: Resource, { fields }: Pick<DataQuery, 'fields'>): [string, Field][] {
  return [...fieldsIn(resource, tx.schema)].filter(([name]) => !fields || fields.includes(name));
}

function selecting(
  query: Knex.QueryBuilder,
  resource: Resource,
  fields: readonly (readonly [string, Field])[],
): Knex.QueryBuilder {
  const columns = fields.flatMap(([name, { column }]) => (column === undefined ? [] : [[name, column] as const]));
  const hasParts = fields.some(([, { part }]) => part !== undefined);
  const more = hasParts ? resource.more : {};
  return query.select({ [idAlias]: keyColumnOf(resource), ...Object.fromEntries(columns), ...more });
}

async function countSome(
  tx: Transaction,
  found: Knex.QueryBuilder,
  large: KnownLarge,
  what: string,
): Promise<number | null> {
  if (large.has(what)) return null;
  const some = found.select(tx.sql.raw('1')).limit(countedAtMost + 1);
  const row = await tx.sql.from(some.as('some')).count({ count: '*' }).first<{ count: number | string }>();
  const count = Number(row.count);
  if (count > countedAtMost) large.add(what);
  return count > countedAtMost ? null : count;
}

async function entitiesOf(
  tx: Transaction,
  { scope }: Collection,
  fields: readonly (readonly [string, Field])[],
  { properties }: Pick<DataQuery, 'properties'>,
  rows: readonly Raw[],
): Promise<Entity[]> {
  if (rows.length === 0) return [];
  const readers: [string, (row: Raw) => unknown][] = [];
  for (const [name, field] of fields) {
    const part = field.part ?? (field.members && membersPart(field.members));
    const value = part ? await part(tx, rows, { scope, properties }) : (row: Raw) => valueOf(field, row[name]);
    readers.push([name, value]);
  }
  return rows.map((row) => {
    const entity: Record<string, unknown> = {};
    for (const [name, value] of readers) entity[name] = value(row);
    return entity;
  });
}

function valueOf({ type, isSet, isJson }: Field, value: unknown): unknown {
  if (isSet) return value !== null;
  if (isJson) return parsed(value) ?? null;
  if (value === null) return null;
  return type === 'boolean' ? Number(value) !== 0 : type === 'integer' ? Number(value) : value;
}
