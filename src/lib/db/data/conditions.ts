import type { Knex } from 'knex';
import type { Filter, Order, Scalar } from '../../model/data-query.js';
import type { Transaction } from '../connect.js';
import { keyColumnOf } from './resource.js';
import type { Field, Members, Resource } from './resource.js';

type Query = Knex.QueryBuilder;

/** Narrows a query to the rows that match. */
export function applyFilter(tx: Transaction, query: Query, resource: Resource, field: Field, filter: Filter): void {
  if (field.members) return within(tx, query, keyColumnOf(resource), field.members, filter.values);
  if (field.type === 'boolean') return applyBoolean(query, field, filter);
  if (field.type === 'string') return applyText(tx, query, resource, field, filter);
  const { column = '' } = field;
  const values = filter.values as number[];
  const sign = signs[filter.operator];
  if (sign) void query.where(column, sign, values[0] ?? 0);
  else if (isNegative(filter)) orNull(query, resource, field, (some) => some.whereNotIn(column, values));
  else void query.whereIn(column, values);
}

const signs: Readonly<Partial<Record<Filter['operator'], string>>> = { lt: '<', le: '<=', gt: '>', ge: '>=' };

function isNegative({ operator }: Filter): boolean {
  return operator === 'ne' || operator === 'notin';
}

function within(tx: Transaction, query: Query, key: string, members: Members, values: readonly Scalar[]): void {
  const { from, parent, value } = members;
  const some = from(tx.sql).select(parent);
  if (typeof values[0] === 'string') equal(tx, some, value, values as string[]);
  else void some.whereIn(value, values as number[]);
  void query.whereIn(key, some);
}

/**
 * Exactly these texts. By the index, which may find more than was asked for; but where the column has another alphabet, it
 * cannot even be asked for what is not ASCII.
 */
export function equal({ dialect }: Transaction, query: Query, column: string, values: readonly string[]): void {
  if (!dialect.foldsText || values.every(isAscii)) void query.whereIn(column, values);
  if (dialect.foldsText) void query.whereRaw(`${dialect.exactText} in (${marksFor(values)})`, [column, ...values]);
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

function marksFor(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

/** NULL is unlike every value in Python, and in SQL like nothing. */
function orNull(query: Query, resource: Resource, { column = '', isNullable }: Field, narrow: (some: Query) => unknown): void {
  if (!isNullable || resource.nullMatchesNothing) return void narrow(query);
  void query.where((either) => void either.where((some) => void narrow(some)).orWhereNull(column));
} // prettier-ignore

function applyBoolean(query: Query, { column = '', isSet, falseImplies }: Field, filter: Filter): void {
  const wanted = [true, false].filter((value) => filter.values.includes(value) !== isNegative(filter));
  const [only] = wanted;
  if (wanted.length === 2) return;
  if (only === undefined) return void query.whereRaw('1 = 0');
  if (!only && falseImplies) void query.where(falseImplies, 0);
  if (isSet) void (only ? query.whereNotNull(column) : query.whereNull(column));
  else void (only ? query.whereNot(column, 0) : query.where(column, 0));
}

function applyText(tx: Transaction, query: Query, resource: Resource, field: Field, filter: Filter): void {
  const { column = '' } = field;
  const { exactText, positionIn } = tx.dialect;
  const values = filter.values as string[];
  const sign = signs[filter.operator];
  if (sign) return void query.whereRaw(`${exactText} ${sign} ?`, [column, ...values]);
  if (filter.operator === 'contains') {
    const any = values.map(() => `${positionIn}(${exactText}, ?) > 0`).join(' or ');
    return void query.whereRaw(`(${any})`, values.flatMap((value) => [column, value])); // prettier-ignore
  }
  if (isNegative(filter))
    return orNull(query, resource, field, (some) => some.whereRaw(`${exactText} not in (${marksFor(values)})`, [column, ...values])); // prettier-ignore
  equal(tx, query, column, values);
}

/** Orders a query, in the end by the key: pages must not overlap. `fixed`: columns that have one value in all rows. */
export function applyOrder(
  tx: Transaction,
  query: Query,
  resource: Resource,
  order: readonly Order[],
  fixed: ReadonlySet<string>,
): void {
  for (const { field, descending } of order) {
    const one = resource.fields[field];
    if (!one) continue;
    void query.orderByRaw(orderSql(tx, one, descending), [one.column ?? '']);
    if (field === resource.key || (one.uniqueWithin !== undefined && fixed.has(one.uniqueWithin))) return;
  }
  void query.orderBy(keyColumnOf(resource));
}

/** NULL before everything else. */
function orderSql({ dialect }: Transaction, { type, isSet, isNullable }: Field, descending: boolean): string {
  const value = isSet ? '(?? is not null)' : type === 'string' ? dialect.exactText : '??';
  const nulls = isNullable && !dialect.nullsFirst ? ` nulls ${descending ? 'last' : 'first'}` : '';
  return `${value} ${descending ? 'desc' : 'asc'}${nulls}`;
}
