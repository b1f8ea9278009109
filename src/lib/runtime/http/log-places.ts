import type { Context } from 'hono';
import { readOne } from '../../db/data/collection.js';
import { locate, oneAt } from '../../db/data/locate.js';
import type { DataPath } from '../../model/data-path.js';
import { parseDataQuery } from '../../model/data-query.js';
import { notFound } from './data-errors.js';
import { asJsonText, logText, streamed, withoutMarks } from './log-text.js';
import type { Site } from './site.js';

export type Parameters = readonly (readonly [string, string])[];
/** Answers what is asked of a place. */
export type Handler = (site: Site, context: Context, path: DataPath, parameters: Parameters) => Promise<Response>;

/** The text of logs. */
export const logPlaces: Readonly<Record<string, Handler>> = {
  logchunks: (site, context, path, parameters) => {
    const [[, logid] = []] = parameters.filter(([name]) => name === 'logid');
    if (logid === undefined || path.isOne) throw notFound('logchunks without logid=ID');
    const rest = parameters.filter(([name]) => name !== 'logid');
    return contents(site, context, { isOne: false, place: 'logs/contents', keys: [logid] }, rest);
  },
  ...Object.fromEntries(
    ['logs', 'steps/logs', 'builds/steps/logs', 'builders/builds/steps/logs'].flatMap((place) => [
      [`${place}/contents`, contents],
      [`${place}/raw`, raw],
    ]),
  ),
};

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
