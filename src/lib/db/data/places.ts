/* Where the data API's collections are: what a path may name, one after the other, as in Buildbot. */
import type { Knex } from 'knex';
import { builders, buildrequests, builds, buildsets, changes, changesources, logs, masters, schedulers, sourcestamps, steps, workers } from './resources.js'; // prettier-ignore
import type { Resource, Scope } from './resource.js';

export interface Place {
  readonly resource: Resource;
  /** The column that a whole number in the path is looked up in; by default the key. */
  readonly number?: string;
  /** The column that any other text is looked up in; by default there is nothing of that name. */
  readonly name?: string;
  /** Of all rows, those that belong to what stands before. */
  readonly narrow?: (query: Knex.QueryBuilder, scope: Scope, sql: Knex) => void;
  /** Columns of which `narrow` leaves one value. */
  readonly fixed?: readonly string[];
  /** Nothing of it can be named in a path. */
  readonly isListOnly?: true;
}

type Parent = keyof typeof parents;
const parents = { builders: 'builderid', builds: 'buildid', steps: 'stepid', workers: 'workerid', buildrequests: 'buildrequestid' } as const; // prettier-ignore

/** Rows that name what stands before in a column of their own. */
function of(parent: Parent, table: string): Pick<Place, 'narrow' | 'fixed'> {
  const column = `${table}.${parents[parent]}`;
  return { narrow: (query, scope) => void query.where(column, scope[parent] ?? 0), fixed: [column] };
}

/** The workers that are configured for the master, the builder, or both. */
function configured(query: Knex.QueryBuilder, scope: Scope, sql: Knex): void {
  const some = sql('configured_workers')
    .join('builder_masters', 'builder_masters.id', 'configured_workers.buildermasterid')
    .select('configured_workers.workerid');
  if (scope['masters'] !== undefined) void some.where('builder_masters.masterid', scope['masters']);
  if (scope['builders'] !== undefined) void some.where('builder_masters.builderid', scope['builders']);
  void query.whereIn('workers.id', some);
}

const stepsOfBuild: Place = { resource: steps, number: 'steps.number', name: 'steps.name', ...of('builds', 'steps') };
const logsOfStep: Place = { resource: logs, number: 'logs.slug', name: 'logs.slug', ...of('steps', 'logs') };
const configuredWorkers: Place = { resource: workers, name: 'workers.name', narrow: configured };

/** By the names of the collections in a path. */
export const places: Readonly<Record<string, Place>> = {
  masters: { resource: masters, name: 'masters.name' },
  'masters/builders': {
    resource: builders,
    narrow: (query, { masters: id = 0 }, sql) =>
      void query.whereIn('builders.id', sql('builder_masters').where('masterid', id).select('builderid')),
  },
  'masters/builders/workers': configuredWorkers,
  'masters/workers': configuredWorkers,
  'masters/schedulers': {
    resource: schedulers,
    narrow: (query, { masters: id = 0 }) => void query.where('scheduler_masters.masterid', id),
  },
  'masters/changesources': {
    resource: changesources,
    narrow: (query, { masters: id = 0 }) => void query.where('changesource_masters.masterid', id),
  },
  builders: { resource: builders, name: 'builders.name' },
  'builders/masters': {
    resource: masters,
    narrow: (query, { builders: id = 0 }, sql) =>
      void query.whereIn('masters.id', sql('builder_masters').where('builderid', id).select('masterid')),
  },
  'builders/workers': configuredWorkers,
  'builders/buildrequests': { resource: buildrequests, isListOnly: true, ...of('builders', 'buildrequests') },
  'builders/builds': { resource: builds, number: 'builds.number', ...of('builders', 'builds') },
  'builders/builds/steps': stepsOfBuild,
  'builders/builds/steps/logs': logsOfStep,
  schedulers: { resource: schedulers },
  changesources: { resource: changesources },
  workers: { resource: workers, name: 'workers.name' },
  'workers/builds': { resource: builds, isListOnly: true, ...of('workers', 'builds') },
  buildsets: { resource: buildsets },
  buildrequests: { resource: buildrequests },
  'buildrequests/builds': { resource: builds, isListOnly: true, ...of('buildrequests', 'builds') },
  builds: { resource: builds },
  'builds/steps': stepsOfBuild,
  'builds/steps/logs': logsOfStep,
  steps: { resource: steps },
  'steps/logs': logsOfStep,
  logs: { resource: logs },
  changes: { resource: changes },
  'changes/builds': {
    resource: builds,
    isListOnly: true,
    narrow: (query, { changes: id = 0 }, sql) => void query.whereIn('builds.buildrequestid', requestsFor(id, sql)),
  },
  sourcestamps: { resource: sourcestamps },
  // Of several changes the newest, as Buildbot.
  'sourcestamps/changes': {
    resource: changes,
    isListOnly: true,
    narrow: (query, { sourcestamps: id = 0 }, sql) =>
      void query.where('changes.changeid', sql('changes').where('sourcestampid', id).max('changeid')),
  },
};

/** Of the buildsets that build the source stamp of a change. */
function requestsFor(changeId: number, sql: Knex): Knex.QueryBuilder {
  return sql('changes')
    .join('buildset_sourcestamps', 'buildset_sourcestamps.sourcestampid', 'changes.sourcestampid')
    .join('buildrequests', 'buildrequests.buildsetid', 'buildset_sourcestamps.buildsetid')
    .where('changes.changeid', changeId)
    .select('buildrequests.id');
}
