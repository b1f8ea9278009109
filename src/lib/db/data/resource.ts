import type { Knex } from 'knex';
import type { FieldType, FieldTypes } from '../../model/data-query.js';
import type { Transaction } from '../connect.js';
import type { Schema } from '../schema.js';

export type Raw = Readonly<Record<string, unknown>>;

/** Ids of what stands before the collection in a path: `{masters: 3, builders: 7}`. */
export type Scope = Readonly<Record<string, number>>;

/** What a part of a row depends on besides the row. */
export interface Wanted {
  readonly scope: Scope;
  /** Names of properties; `*` for all. */
  readonly properties: readonly string[];
}

/** Reads a part of all rows of a page at once; what it returns finds that of one of them. */
export type ReadPart = (tx: Transaction, rows: readonly Raw[], wanted: Wanted) => Promise<(row: Raw) => unknown>;

/** The values of a list: one row of `from` for each. */
export interface Members {
  readonly from: (sql: Knex) => Knex.QueryBuilder;
  /** The column that names the row to which the value belongs. */
  readonly parent: string;
  readonly value: string;
}

/** One field of an entity: a column, members, or a part that is read afterwards. */
export interface Field {
  readonly type: FieldType;
  /** `builds.id`; where the schema has no such column, there is no such field either. */
  readonly column?: string;
  readonly isNullable?: true;
  /** A boolean: does the column have a value? */
  readonly isSet?: true;
  /** The column is JSON. */
  readonly isJson?: true;
  /** No two rows that have this other column in common have the same value. */
  readonly uniqueWithin?: string;
  /** What is false has this column 0 as well. */
  readonly falseImplies?: string;
  readonly members?: Members;
  readonly part?: ReadPart;
}

export interface Resource {
  /** `builds` */
  readonly name: string;
  readonly table: string;
  /** The field that tells rows apart. */
  readonly key: string;
  readonly fields: Readonly<Record<string, Field>>;
  readonly joins?: readonly { readonly table: string; readonly column: string; readonly on: string }[];
  /** Alias → column, for parts alone. */
  readonly more?: Readonly<Record<string, string>>;
  /** What `ne` and `notin` say of NULL: as Buildbot answers them in SQL (nothing), or in Python (it is unlike every value). */
  readonly nullMatchesNothing?: true;
}

/** The fields that the schema has. */
export function fieldsIn(resource: Resource, schema: Schema): Map<string, Field> {
  const has = ({ column, members }: Field): boolean => {
    const [table = '', name = ''] = (column ?? members?.value ?? '').split('.');
    return name === '' || schema.has(table, name);
  };
  return new Map(Object.entries(resource.fields).filter(([, field]) => has(field)));
}

export function typesOf(fields: ReadonlyMap<string, Field>): FieldTypes {
  return Object.fromEntries([...fields].map(([name, { type }]) => [name, type]));
}

/** `builds.id` */
export function keyColumnOf({ fields, key }: Resource): string {
  return fields[key]?.column ?? key;
}

export const integer = (column: string, more: Partial<Field> = {}): Field => ({ type: 'integer', column, ...more });
export const text = (column: string, more: Partial<Field> = {}): Field => ({ type: 'string', column, ...more });
export const flag = (column: string, more: Partial<Field> = {}): Field => ({ type: 'boolean', column, ...more });
export const nullable = { isNullable: true } as const;
