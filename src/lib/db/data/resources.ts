/* What the data API shows: field by field as Buildbot names it, and where it is kept. */
import { buildProperties, changeProperties, requestProperties } from './parts.js';
import { flag, integer, nullable, text } from './resource.js';
import type { Field, Raw, ReadPart, Resource } from './resource.js';
import { patchOfStamp, stampOfChange, stampsOfBuildset } from './source-stamps.js';
import { configuredOn, connectedTo } from './worker-parts.js';

const part = (read: ReadPart): Field => ({ type: 'object', part: read });
const json = (column: string): Field => ({ type: 'object', column, isJson: true });

export const masters: Resource = {
  name: 'masters',
  table: 'masters',
  key: 'masterid',
  fields: {
    masterid: integer('masters.id'),
    name: text('masters.name'),
    active: flag('masters.active'),
    last_active: integer('masters.last_active'),
  },
};

export const builders: Resource = {
  name: 'builders',
  table: 'builders',
  key: 'builderid',
  fields: {
    builderid: integer('builders.id'),
    name: text('builders.name'),
    masterids: {
      type: 'integers',
      members: {
        from: (sql) => sql('builder_masters'),
        parent: 'builder_masters.builderid',
        value: 'builder_masters.masterid',
      },
    },
    description: text('builders.description', nullable),
    description_format: text('builders.description_format', nullable),
    description_html: text('builders.description_html', nullable),
    projectid: integer('builders.projectid', nullable),
    tags: {
      type: 'strings',
      members: {
        from: (sql) => sql('builders_tags').join('tags', 'tags.id', 'builders_tags.tagid'),
        parent: 'builders_tags.builderid',
        value: 'tags.name',
      },
    },
  },
};

/** Who holds a service. */
const holder: Field = part(() =>
  Promise.resolve((row: Raw) =>
    row['_master'] === null
      ? null
      : {
          masterid: row['_master'],
          name: row['_mastername'],
          active: Boolean(row['_masteractive']),
          last_active: row['_masterlast'],
        },
  ),
);

/** With the row of its claim, and of the master that has made it. */
function heldBy(kind: 'scheduler' | 'changesource'): Pick<Resource, 'joins' | 'more'> {
  const claims = `${kind}_masters`;
  return {
    joins: [
      { table: claims, column: `${claims}.${kind}id`, on: `${kind}s.id` },
      { table: 'masters', column: 'masters.id', on: `${claims}.masterid` },
    ],
    more: {
      _master: 'masters.id',
      _mastername: 'masters.name',
      _masteractive: 'masters.active',
      _masterlast: 'masters.last_active',
    },
  };
}

export const schedulers: Resource = {
  name: 'schedulers',
  table: 'schedulers',
  key: 'schedulerid',
  fields: {
    schedulerid: integer('schedulers.id'),
    name: text('schedulers.name'),
    enabled: flag('schedulers.enabled'),
    master: holder,
  },
  ...heldBy('scheduler'),
};

export const changesources: Resource = {
  name: 'changesources',
  table: 'changesources',
  key: 'changesourceid',
  fields: {
    changesourceid: integer('changesources.id'),
    name: text('changesources.name'),
    master: holder,
  },
  ...heldBy('changesource'),
};

export const workers: Resource = {
  name: 'workers',
  table: 'workers',
  key: 'workerid',
  fields: {
    workerid: integer('workers.id'),
    name: text('workers.name'),
    connected_to: part(connectedTo),
    configured_on: part(configuredOn),
    workerinfo: json('workers.info'),
    paused: flag('workers.paused'),
    pause_reason: text('workers.pause_reason', nullable),
    graceful: flag('workers.graceful'),
  },
};

export const buildsets: Resource = {
  name: 'buildsets',
  table: 'buildsets',
  key: 'bsid',
  fields: {
    bsid: integer('buildsets.id'),
    external_idstring: text('buildsets.external_idstring', nullable),
    reason: text('buildsets.reason', nullable),
    submitted_at: integer('buildsets.submitted_at'),
    complete: flag('buildsets.complete'),
    complete_at: integer('buildsets.complete_at', nullable),
    results: integer('buildsets.results', nullable),
    sourcestamps: part(stampsOfBuildset),
    parent_buildid: integer('buildsets.parent_buildid', nullable),
    parent_relationship: text('buildsets.parent_relationship', nullable),
    rebuilt_buildid: integer('buildsets.rebuilt_buildid', nullable),
  },
  nullMatchesNothing: true,
};

export const buildrequests: Resource = {
  name: 'buildrequests',
  table: 'buildrequests',
  key: 'buildrequestid',
  fields: {
    buildrequestid: integer('buildrequests.id'),
    buildsetid: integer('buildrequests.buildsetid'),
    builderid: integer('buildrequests.builderid'),
    priority: integer('buildrequests.priority'),
    claimed: flag('buildrequest_claims.claimed_at', { isSet: true, falseImplies: 'buildrequests.complete' }),
    claimed_at: integer('buildrequest_claims.claimed_at', nullable),
    claimed_by_masterid: integer('buildrequest_claims.masterid', nullable),
    complete: flag('buildrequests.complete'),
    results: integer('buildrequests.results', nullable),
    submitted_at: integer('buildrequests.submitted_at'),
    complete_at: integer('buildrequests.complete_at', nullable),
    waited_for: flag('buildrequests.waited_for'),
    properties: part(requestProperties),
  },
  joins: [{ table: 'buildrequest_claims', column: 'buildrequest_claims.brid', on: 'buildrequests.id' }],
  more: { _buildset: 'buildrequests.buildsetid' },
  nullMatchesNothing: true,
};

export const builds: Resource = {
  name: 'builds',
  table: 'builds',
  key: 'buildid',
  fields: {
    buildid: integer('builds.id'),
    number: integer('builds.number', { uniqueWithin: 'builds.builderid' }),
    builderid: integer('builds.builderid'),
    buildrequestid: integer('builds.buildrequestid'),
    workerid: integer('builds.workerid', nullable),
    masterid: integer('builds.masterid'),
    started_at: integer('builds.started_at'),
    complete: flag('builds.complete_at', { isSet: true }),
    complete_at: integer('builds.complete_at', nullable),
    locks_duration_s: integer('builds.locks_duration_s'),
    results: integer('builds.results', nullable),
    state_string: text('builds.state_string'),
    properties: part(buildProperties),
  },
  nullMatchesNothing: true,
};

export const steps: Resource = {
  name: 'steps',
  table: 'steps',
  key: 'stepid',
  fields: {
    stepid: integer('steps.id'),
    number: integer('steps.number', { uniqueWithin: 'steps.buildid' }),
    name: text('steps.name'),
    buildid: integer('steps.buildid'),
    started_at: integer('steps.started_at', nullable),
    locks_acquired_at: integer('steps.locks_acquired_at', nullable),
    complete: flag('steps.complete_at', { isSet: true }),
    complete_at: integer('steps.complete_at', nullable),
    results: integer('steps.results', nullable),
    state_string: text('steps.state_string'),
    urls: json('steps.urls_json'),
    hidden: flag('steps.hidden'),
  },
};

export const logs: Resource = {
  name: 'logs',
  table: 'logs',
  key: 'logid',
  fields: {
    logid: integer('logs.id'),
    name: text('logs.name'),
    slug: text('logs.slug'),
    stepid: integer('logs.stepid'),
    complete: flag('logs.complete'),
    num_lines: integer('logs.num_lines'),
    type: text('logs.type'),
  },
};

export const changes: Resource = {
  name: 'changes',
  table: 'changes',
  key: 'changeid',
  fields: {
    changeid: integer('changes.changeid'),
    parent_changeids: {
      type: 'integers',
      members: { from: (sql) => sql('changes'), parent: 'changes.changeid', value: 'changes.parent_changeids' },
    },
    author: text('changes.author'),
    committer: text('changes.committer', nullable),
    files: {
      type: 'strings',
      members: { from: (sql) => sql('change_files'), parent: 'change_files.changeid', value: 'change_files.filename' },
    },
    comments: text('changes.comments'),
    revision: text('changes.revision', nullable),
    when_timestamp: integer('changes.when_timestamp'),
    branch: text('changes.branch', nullable),
    category: text('changes.category', nullable),
    revlink: text('changes.revlink', nullable),
    properties: part(changeProperties),
    repository: text('changes.repository'),
    project: text('changes.project'),
    codebase: text('changes.codebase'),
    sourcestamp: part(stampOfChange),
  },
  more: { _stamp: 'changes.sourcestampid' },
};

export const sourcestamps: Resource = {
  name: 'sourcestamps',
  table: 'sourcestamps',
  key: 'ssid',
  fields: {
    ssid: integer('sourcestamps.id'),
    branch: text('sourcestamps.branch', nullable),
    revision: text('sourcestamps.revision', nullable),
    repository: text('sourcestamps.repository'),
    project: text('sourcestamps.project'),
    codebase: text('sourcestamps.codebase'),
    created_at: integer('sourcestamps.created_at'),
    patch: part(patchOfStamp),
  },
  more: { _patch: 'sourcestamps.patchid' },
};
