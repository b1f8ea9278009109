import { Failure } from '../errors.js';
import { list, printable } from './names.js';

/** As Buildbot's data API has them; times are integers, epoch seconds. */
export type FieldType = 'integer' | 'boolean' | 'string' | 'integers' | 'strings' | 'object';
export type FieldTypes = Readonly<Record<string, FieldType>>;
export type Scalar = number | boolean | string;

export const operators = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'contains', 'in', 'notin'] as const;
export type Operator = (typeof operators)[number];

export interface Filter {
  readonly field: string;
  readonly operator: Operator;
  /** One at least; `lt`, `le`, `gt` and `ge` have one alone. */
  readonly values: readonly Scalar[];
}

export interface Order {
  readonly field: string;
  readonly descending: boolean;
}

/** What is asked of a collection, in the query of its address. */
export interface DataQuery {
  readonly filters: readonly Filter[];
  /** `null`: all of them. */
  readonly fields: readonly string[] | null;
  readonly order: readonly Order[];
  /** `null`: nothing was said. */
  readonly limit: number | null;
  readonly offset: number;
  /** Names of properties that are wanted with each row; `*` for all. */
  readonly properties: readonly string[];
}

const operatorsOf: Readonly<Record<FieldType, readonly Operator[]>> = {
  integer: ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'in', 'notin'],
  boolean: ['eq', 'ne', 'in', 'notin'],
  string: operators,
  integers: ['contains'],
  strings: ['contains'],
  object: [],
};
const comparing: readonly Operator[] = ['lt', 'le', 'gt', 'ge'];

const booleans = new Map([
  ...['on', 'true', 'yes', '1'].map((text) => [text, true] as const),
  ...['off', 'false', 'no', '0'].map((text) => [text, false] as const),
]);

/** Of what columns hold. */
const largestInteger = 2 ** 31 - 1;

/** Throws a `Failure` that names the parameter which is not right. `isOne`: not a collection is asked for. */
export function parseDataQuery(
  parameters: Iterable<readonly [string, string]>,
  types: FieldTypes,
  { isOne = false } = {},
): DataQuery {
  const given = new Map<string, string[]>();
  for (const [name, value] of parameters) given.set(name, [...(given.get(name) ?? []), value]);
  const query: DataQuery = {
    fields: fieldsOf(given.get('field'), types),
    order: (given.get('order') ?? []).map((text) => orderOf(text, types)),
    limit: given.has('limit') ? countOf('limit', given) : null,
    offset: given.has('offset') ? countOf('offset', given) : 0,
    properties: given.get('property') ?? [],
    filters: [...given].filter(([name]) => !reserved.has(name)).map(([name, values]) => filterOf(name, values, types)),
  };
  verifySelected(query);
  const [filter] = query.filters;
  if (isOne && filter) throw wrong(`"${filter.field}": this is one, there is nothing to filter.`);
  return query;
}

const reserved = new Set(['field', 'order', 'limit', 'offset', 'property']);

function wrong(message: string): Failure {
  return new Failure('usage', message);
}

function typeOf(field: string, types: FieldTypes): FieldType {
  const type = Object.hasOwn(types, field) ? types[field] : undefined;
  if (!type) throw wrong(`There is no field "${printable(field)}" here; there are ${list(Object.keys(types), 20)}.`);
  return type;
}

function fieldsOf(names: readonly string[] | undefined, types: FieldTypes): string[] | null {
  if (!names) return null;
  for (const name of names) typeOf(name, types);
  return [...new Set(names)];
}

function orderOf(text: string, types: FieldTypes): Order {
  const descending = text.startsWith('-');
  const field = descending ? text.slice(1) : text;
  if (operatorsOf[typeOf(field, types)].length < 2) throw wrong(`"order": nothing can be ordered by "${field}".`);
  return { field, descending };
}

function countOf(name: string, given: ReadonlyMap<string, readonly string[]>): number {
  const count = integerOf(given.get(name)?.[0] ?? '');
  if (count === null || count < 0) throw wrong(`"${name}" must be a whole number, 0 or more.`);
  return count;
}

function filterOf(name: string, texts: readonly string[], types: FieldTypes): Filter {
  const [, field = name, suffix] = /^(.+)__([a-z]+)$/.exec(name) ?? [];
  const operator = operators.find((one) => one === (suffix ?? 'eq'));
  if (!operator) throw wrong(`"${printable(name)}": the operators are ${list([...operators], operators.length)}.`);
  const type = typeOf(field, types);
  if (!operatorsOf[type].includes(operator)) throw wrong(`"${name}": "${field}" cannot be asked by "${operator}".`);
  if (texts.length > 1 && comparing.includes(operator)) throw wrong(`"${name}" may be given once only.`);
  return { field, operator, values: [...new Set(texts.map((text) => valueOf(name, text, type)))] };
}

function valueOf(name: string, text: string, type: FieldType): Scalar {
  const value = scalarOf(text, type);
  if (value === null) throw wrong(`"${name}": "${printable(text)}" is no ${wanted[type] ?? 'value'}.`);
  return value;
}

const wanted: Partial<Record<FieldType, string>> = {
  integer: 'whole number of 32 bits',
  integers: 'whole number of 32 bits',
  boolean: 'boolean: on, true, yes, 1, off, false, no or 0',
};

function scalarOf(text: string, type: FieldType): Scalar | null {
  if (type === 'integer' || type === 'integers') return integerOf(text);
  if (type === 'boolean') return booleans.get(text.toLowerCase()) ?? null;
  // No column can hold it.
  return text.includes('\0') ? null : text;
}

function integerOf(text: string): number | null {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) + 0 : NaN;
  return Math.abs(value) <= largestInteger ? value : null;
}

/** As in Buildbot: what is filtered or ordered by must be shown. */
function verifySelected({ fields, filters, order }: DataQuery): void {
  if (!fields) return;
  for (const { field } of order) if (!fields.includes(field)) throw wrong(`"order": "${field}" is not among the fields asked for.`); // prettier-ignore
  for (const { field } of filters) if (!fields.includes(field)) throw wrong(`"${field}" is not among the fields asked for.`); // prettier-ignore
}
