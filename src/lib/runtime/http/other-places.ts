/* What the data API has that is no table: properties, contents of logs, and what the configuration says. */
import type { Context } from 'hono';
import { readOne } from '../../db/data/collection.js';
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
import { asJsonText, logText, streamed, withoutMarks } from './log-text.js';
import type { Site } from './site.js';

type Parameters = readonly (readonly [string, string])[];
type Handler = (site: Site, context: Context, path: DataPath, parameters: Parameters) => Promise<Response>;

export const otherPlaces: Readonly<Record<string, Handler>> = {
  forceschedulers: forceSchedulers,
  'builders/forceschedulers': forceSchedulers,
  'builds/properties': properties('builds', (tx, id) => readProperties(tx, 'build', id)),
  'builders/builds/properties': properties('builds', (tx, id) => readProperties(tx, 'build', id)),
  'buildsets/properties': properties('buildsets', (tx, id) => readProperties(tx, 'buildset', id)),
  'builds/property_list': propertyList('builds', (tx, id) => readProperties(tx, 'build', id)),
  'buildsets/properties_list': propertyList('buildsets', (tx, id) => readProperties(tx, 'buildset', id)),
  'changes/properties_list': propertyList('changes', readChangeProperties),
  logchunks: (site, context, path, parameters) => {
    const [[, logid] = []] = parameters.filter(([name]) => name === 'logid');
    if (logid === undefined) throw notFound('logchunks without logid=ID');
    const rest = parameters.filter(([name]) => name !== 'logid');
    return contents(site, context, { ...path, place: 'logs/contents', keys: [logid] }, rest);
  },
  ...Object.fromEntries(
    ['logs', 'steps/logs', 'builds/steps/logs', 'builders/builds/steps/logs'].flatMap((place) => [
      [`${place}/contents`, contents],
      [`${place}/raw`, raw],
    ]),
  ),
};

const forceTypes: FieldTypes = {
  ...{ name: 'string', button_name: 'string', label: 'string', enabled: 'boolean' },
  ...{ builder_names: 'strings', all_fields: 'object' },
};

/** Those of this master; in memory, as its configuration has them. */
async function forceSchedulers(site: Site, context: Context, path: DataPath, parameters: Parameters): Promise<Response> {
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

interface FoundLog {
  readonly logid: number;
  readonly slug: string;
  readonly num_lines: number;
  readonly type: string;
}

async function findLog({ reading }: Site, { place, keys, isOne }: DataPath): Promise<FoundLog> {
  const found = await reading.glance(async (tx) => {
    const logs = place.slice(0, place.lastIndexOf('/'));
    const scope = await locate(tx, { place: logs, keys });
    const one = scope && oneAt(logs, scope);
    return one && !isOne ? readOne(tx, one, { fields: null, properties: [] }) : null;
  });
  if (!found) throw notFound(place);
  return found as unknown as FoundLog;
}

/** Lines with their marks, as one text; `offset` and `limit` are lines. */
async function contents(site: Site, context: Context, path: DataPath, parameters: Parameters): Promise<Response> {
  const { offset, limit } = parseDataQuery(parameters, {});
  const { logid, num_lines } = await findLog(site, path);
  const last = Math.min(num_lines, limit === null ? Infinity : offset + limit) - 1;
  const before = `{"logchunks":[{"logid":${logid},"firstline":${offset},"content":`;
  const text = asJsonText(before, logText(site.reading, { logId: logid, first: offset, last }), '}],"meta":{}}');
  return context.body(await streamed(text), 200, { 'content-type': 'application/json' });
}

/** All lines without marks, as a file. Never as a page: a log holds what anybody printed. */
async function raw(site: Site, context: Context, path: DataPath, parameters: Parameters): Promise<Response> {
  parseDataQuery(parameters, {}, { isOne: true });
  const { logid, num_lines, slug, type } = await findLog(site, path);
  const lines = logText(site.reading, { logId: logid, first: 0, last: num_lines - 1 });
  return context.body(await streamed(type === 's' ? withoutMarks(lines) : lines), 200, {
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': `attachment; filename="${slug.replace(/[^\w.-]/g, '_')}.txt"`,
  });
}
