import { asId } from '../../model/data-path.js';
import type { DataPath } from '../../model/data-path.js';
import type { Transaction } from '../connect.js';
import type { Collection } from './collection.js';
import { equal } from './conditions.js';
import { places } from './places.js';
import type { Place } from './places.js';
import { keyColumnOf } from './resource.js';
import type { Raw, Scope } from './resource.js';

/** The ids of what a path names, looked up one after the other; `null`: something of it is not there. */
export async function locate(
  tx: Transaction,
  { place, keys }: Pick<DataPath, 'place' | 'keys'>,
): Promise<Scope | null> {
  const names = place.split('/');
  let scope: Scope = {};
  for (const [index, key] of keys.entries()) {
    const at = places[names.slice(0, index + 1).join('/')];
    const id = at && (await idOf(tx, at, key, scope));
    if (id === null || id === undefined) return null;
    scope = { ...scope, [names[index] ?? '']: id };
  }
  return scope;
}

/** What a place has, below what was located. */
export function collectionAt(place: string, scope: Scope): Collection | null {
  const at = Object.hasOwn(places, place) ? places[place] : undefined;
  return at ? collectionOf(at, scope) : null;
}

/** The one of a place that was located as its last. */
export function oneAt(place: string, scope: Scope): Collection | null {
  const at = Object.hasOwn(places, place) ? places[place] : undefined;
  if (!at || at.isListOnly) return null;
  const { narrow, ...rest } = collectionOf(at, scope);
  const id = scope[place.split('/').at(-1) ?? ''] ?? 0;
  return { ...rest, narrow: (query, sql) => void (narrow(query, sql), query.where(keyColumnOf(at.resource), id)) };
}

function collectionOf({ resource, narrow, fixed = [] }: Place, scope: Scope): Collection {
  return { resource, scope, narrow: (query, sql) => narrow?.(query, scope, sql), fixed: new Set(fixed) };
}

async function idOf(tx: Transaction, place: Place, key: string, scope: Scope): Promise<number | null> {
  const { resource, name, number = keyColumnOf(resource) } = place;
  const id = asId(key);
  if (id !== null && number === keyColumnOf(resource)) return id;
  const column = id === null ? name : number;
  if (column === undefined) return null;
  const query = tx.sql<Raw>(resource.table);
  if (column === name) equal(tx, query, column, [key]);
  else void query.where(column, id ?? 0);
  place.narrow?.(query, scope, tx.sql);
  const [row] = await query.limit(1).select<Raw[]>({ id: keyColumnOf(resource) });
  return row ? Number(row['id']) : null;
}
