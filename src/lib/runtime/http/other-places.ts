/* What the data API has that is no table: properties, changes of a build, and what the configuration says. */
import type { Context } from 'hono';
import { readChangesOfBuild, someChanges } from '../../db/data/build-changes.js';
import { readOne, readPage } from '../../db/data/collection.js';
import { fieldsIn, typesOf } from '../../db/data/resource.js';
import { locate, oneAt } from '../../db/data/locate.js';
import { readChangeProperties, readProperties } from '../../db/data/parts.js';
import type { SourcedProperties } from '../../db/data/parts.js';
import type { Transaction } from '../../db/connect.js';
import { applyQuery } from '../../model/apply-query.js';
import type { Entity } from '../../model/apply-query.js';
import type { DataPath } from '../../model/data-path.js';
import { parseDataQuery } from '../../model/data-query.js';
import type { FieldTypes } from '../../model/data-query.js';
import type { ForceConfig } from '../force-builds.js';
import { answer } from './data-api.js';
import { notFound } from './data-errors.js';
import { logPlaces } from './log-places.js';
import type { Handler, Parameters } from './log-places.js';
import type { Site } from './site.js';

export const otherPlaces: Readonly<Record<string, Handler>> = {
  forceschedulers: forceSchedulers,
  'builders/forceschedulers': forceSchedulers,
  'builds/properties': properties('builds', (tx, id) => readProperties(tx, 'build', id)),
  'builders/builds/properties': properties('builds', (tx, id) => readProperties(tx, 'build', id)),
  'buildsets/properties': properties('buildsets', (tx, id) => readProperties(tx, 'buildset', id)),
  'builds/property_list': propertyList('builds', (tx, id) => readProperties(tx, 'build', id)),
  'buildsets/properties_list': propertyList('buildsets', (tx, id) => readProperties(tx, 'buildset', id)),
  'changes/properties_list': propertyList('changes', readChangeProperties),
  'builds/changes': changesOfBuild,
  'builders/builds/changes': changesOfBuild,
  ...logPlaces,
};

const forceTypes: FieldTypes = {
  ...{ name: 'string', button_name: 'string', label: 'string', enabled: 'boolean' },
  ...{ builder_names: 'strings', all_fields: 'object' },
};

/** Those of this master; in memory, as its configuration has them. */
async function forceSchedulers(
  site: Site,
  context: Context,
  path: DataPath,
  parameters: Parameters,
): Promise<Response> {
  const query = parseDataQuery(parameters, forceTypes, path);
  const all = site.controls.forceSchedulers().map(forceScheduler);
  const key = path.keys.at(-1) ?? '';
  if (path.place === 'forceschedulers') {
    if (!path.isOne) return answer(context, 'forceschedulers', applyQuery(all, query));
    const one = all.find(({ name }) => name === key);
    if (!one) throw notFound(key);
    return answer(context, 'forceschedulers', { rows: applyQuery([one], query).rows });
  }
  if (path.isOne) throw notFound(path.place);
  const builder = await site.reading.glance(async (tx) => {
    const scope = await locate(tx, { place: 'builders', keys: path.keys });
    const one = scope && oneAt('builders', scope);
    return one ? readOne(tx, one, { fields: ['name'], properties: [] }) : null;
  });
  const some = all.filter(({ builder_names }) => (builder_names as readonly unknown[]).includes(builder?.['name']));
  return answer(context, 'forceschedulers', applyQuery(some, query));
}

/** Buildbot's form has fields of many kinds; here it has none. */
function forceScheduler({ name, label, builders }: ForceConfig): Entity {
  return { name, button_name: name, label: label ?? name, builder_names: builders, enabled: true, all_fields: [] };
}

type ReadProperties = (tx: Transaction, id: number) => Promise<SourcedProperties>;

function properties(parent: string, read: ReadProperties): Handler {
  return async (site, context, path, parameters) => {
    if (path.isOne) throw notFound(path.place);
    parseDataQuery(parameters, {}, { isOne: true });
    const found = await readOf(site, path, parent, read);
    return answer(context, 'properties', { rows: [found] });
  };
}

const propertyTypes: FieldTypes = { name: 'string', source: 'string', value: 'string' };

function propertyList(parent: string, read: ReadProperties): Handler {
  return async (site, context, path, parameters) => {
    if (path.isOne) throw notFound(path.place);
    const query = parseDataQuery(parameters, propertyTypes, path);
    const found = Object.entries(await readOf(site, path, parent, read));
    const rows = found.map(([name, [value, source]]) => ({ name, source, value: JSON.stringify(value) }));
    return answer(context, '_properties', applyQuery(rows, query));
  };
}

/** None of what is not there, as in Buildbot. */
function readOf({ reading }: Site, path: DataPath, parent: string, read: ReadProperties): Promise<SourcedProperties> {
  return reading.glance(async (tx) => {
    const scope = await locate(tx, path);
    return scope ? read(tx, scope[parent] ?? 0) : {};
  });
}

function changesOfBuild(
  { reading }: Site,
  context: Context,
  path: DataPath,
  parameters: Parameters,
): Promise<Response> {
  if (path.isOne) throw notFound(path.place);
  return reading.glance(async (tx) => {
    const scope = await locate(tx, path);
    const changes = someChanges(scope ? await readChangesOfBuild(tx, scope['builds'] ?? 0) : []);
    const query = parseDataQuery(parameters, typesOf(fieldsIn(changes.resource, tx.schema)));
    return answer(context, 'changes', await readPage(tx, changes, query));
  });
}
