import type { DataQuery, Filter, Operator, Order, Scalar } from './data-query.js';

export type Entity = Readonly<Record<string, unknown>>;

/** A page of a collection, and how many there are without `limit` and `offset`; `null`: more than were counted. */
export interface Page {
  readonly rows: readonly Entity[];
  readonly total: number | null;
}

export interface Meaning {
  /** Does NULL match no filter at all, as in SQL, or is it unlike every value, as in Python? */
  readonly nullMatchesNothing: boolean;
}

const asPython: Meaning = { nullMatchesNothing: false };

/** A query over what is in memory: what the database does with its rows. */
export function applyQuery(entities: readonly Entity[], query: DataQuery, meaning: Meaning = asPython): Page {
  const found = entities.filter((entity) => query.filters.every((filter) => matches(entity[filter.field], filter, meaning))); // prettier-ignore
  const sorted = found.sort((a, b) => compareBy(query.order, a, b));
  const end = query.limit === null ? undefined : query.offset + query.limit;
  return { rows: sorted.slice(query.offset, end).map((entity) => selected(entity, query)), total: found.length };
}

/** Only the fields that are asked for. */
export function selected(entity: Entity, { fields }: Pick<DataQuery, 'fields'>): Entity {
  return fields ? Object.fromEntries(fields.map((field) => [field, entity[field]])) : entity;
}

const comparisons: Readonly<Partial<Record<Operator, (order: number) => boolean>>> = {
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
};

function matches(value: unknown, { operator, values }: Filter, { nullMatchesNothing }: Meaning): boolean {
  if (operator === 'ne' || operator === 'notin')
    return value === null ? !nullMatchesNothing : !values.includes(value as Scalar);
  if (value === null || value === undefined) return false;
  if (operator === 'contains') return values.some((one) => (value as readonly unknown[] | string).includes(one as never));
  const compares = comparisons[operator];
  return compares ? values.every((one) => compares(compare(value, one))) : values.includes(value as Scalar);
} // prettier-ignore

/** NULL before everything else. */
function compareBy(order: readonly Order[], a: Entity, b: Entity): number {
  for (const { field, descending } of order) {
    const compared = compare(a[field], b[field]);
    if (compared !== 0) return descending ? -compared : compared;
  }
  return 0;
}

function compare(a: unknown, b: unknown): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Number(a) - Number(b);
}
