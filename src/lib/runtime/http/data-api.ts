import type { Context } from 'hono';
import { readOne, readPage } from '../../db/data/collection.js';
import type { KnownLarge } from '../../db/data/collection.js';
import { collectionAt, locate, oneAt } from '../../db/data/locate.js';
import { places } from '../../db/data/places.js';
import { fieldsIn, typesOf } from '../../db/data/resource.js';
import type { Transaction } from '../../db/connect.js';
import type { Entity } from '../../model/apply-query.js';
import { parseDataPath } from '../../model/data-path.js';
import type { DataPath } from '../../model/data-path.js';
import { parseDataQuery } from '../../model/data-query.js';
import { systemClock } from '../clock.js';
import { notFound } from './data-errors.js';
import { rememberLarge } from './known-large.js';
import { otherPlaces } from './other-places.js';
import type { Site } from './site.js';

type Parameters = readonly (readonly [string, string])[];

/** `GET` of the data API, in the shape of Buildbot's. */
export function dataApi(site: Site) {
  const large = rememberLarge(systemClock);
  return async (context: Context, rest: string): Promise<Response> => {
    const parameters = [...new URL(context.req.url).searchParams];
    if (rest === '') return answer(context, 'rootlinks', { rows: rootLinks(), total: rootLinks().length });
    const path = parseDataPath(rest);
    const other = path && Object.hasOwn(otherPlaces, path.place) ? otherPlaces[path.place] : undefined;
    if (path && other) return other(site, context, path, parameters);
    if (!path || !Object.hasOwn(places, path.place)) throw notFound(rest);
    const plural = places[path.place]?.resource.name ?? '';
    return answer(context, plural, await site.reading.glance((tx) => readData(tx, path, parameters, large)));
  };
}

function rootLinks(): { name: string }[] {
  const all = [...Object.keys(places), ...Object.keys(otherPlaces)];
  return all.filter((place) => !place.includes('/')).map((name) => ({ name }));
}

/** `total` is `undefined` for one entity alone. */
export interface Answer {
  readonly rows: readonly Entity[];
  readonly total?: number | null;
}

/** Buildbot's shape; a total that is not known is left out, as there. */
export function answer(context: Context, plural: string, { rows, total }: Answer): Response {
  return context.json({ [plural]: rows, meta: total === undefined || total === null ? {} : { total } });
}

async function readData(tx: Transaction, path: DataPath, parameters: Parameters, large: KnownLarge): Promise<Answer> {
  const resource = places[path.place]?.resource;
  if (!resource) throw notFound(path.place);
  const query = parseDataQuery(parameters, typesOf(fieldsIn(resource, tx.schema)), { isOne: path.isOne });
  const scope = await locate(tx, path);
  const collection = scope && (path.isOne ? oneAt(path.place, scope) : collectionAt(path.place, scope));
  if (!collection && path.isOne) throw notFound(path.place);
  // As in Buildbot, what is not there has nothing.
  if (!collection) return { rows: [], total: 0 };
  if (!path.isOne) return readPage(tx, collection, query, large);
  const entity = await readOne(tx, collection, query);
  if (!entity) throw notFound(path.place);
  return { rows: [entity] };
}
