import {
  hash,
  idOf,
  index,
  integer,
  nullable,
  primary,
  serial,
  since,
  smallint,
  table,
  text,
  unique,
  varchar,
  withDefault,
} from './table.js';
import type { Table } from './table.js';

/** Masters, workers, and what runs in a cluster once. */
export const serviceTables: readonly Table[] = [
  table(
    'masters',
    {
      id: serial,
      name: text,
      name_hash: hash,
      active: integer,
      last_active: integer,
    },
    [unique('master_name_hashes', 'name_hash')],
  ),
  table(
    'workers',
    {
      id: serial,
      name: varchar(50),
      info: text,
      paused: withDefault('0', smallint),
      pause_reason: since(64, nullable(text)),
      graceful: withDefault('0', smallint),
    },
    [unique('workers_name', 'name')],
  ),
  table(
    'connected_workers',
    {
      id: serial,
      masterid: idOf('masters'),
      workerid: idOf('workers'),
    },
    [
      unique('connected_workers_identity', 'masterid', 'workerid'),
      index('connected_workers_masterid', 'masterid'),
      index('connected_workers_workers', 'workerid'),
    ],
  ),
  table(
    'configured_workers',
    {
      id: serial,
      buildermasterid: idOf('builder_masters'),
      workerid: idOf('workers'),
    },
    [
      index('configured_workers_buildmasterid', 'buildermasterid'),
      unique('configured_workers_identity', 'buildermasterid', 'workerid'),
      index('configured_workers_workers', 'workerid'),
    ],
  ),
  table(
    'builder_masters',
    {
      id: serial,
      builderid: idOf('builders'),
      masterid: idOf('masters'),
    },
    [
      index('builder_masters_builderid', 'builderid'),
      unique('builder_masters_identity', 'builderid', 'masterid'),
      index('builder_masters_masterid', 'masterid'),
    ],
  ),
  table(
    'schedulers',
    {
      id: serial,
      name: text,
      name_hash: hash,
      enabled: withDefault('1', nullable(smallint)),
    },
    [unique('scheduler_name_hash', 'name_hash')],
  ),
  table(
    'scheduler_masters',
    {
      schedulerid: primary(idOf('schedulers')),
      masterid: idOf('masters'),
    },
    [],
  ),
  table(
    'scheduler_changes',
    {
      schedulerid: idOf('schedulers'),
      changeid: idOf('changes', 'changeid'),
      important: nullable(integer),
    },
    [
      index('scheduler_changes_changeid', 'changeid'),
      index('scheduler_changes_schedulerid', 'schedulerid'),
      unique('scheduler_changes_unique', 'schedulerid', 'changeid'),
    ],
  ),
  table(
    'changesources',
    {
      id: serial,
      name: text,
      name_hash: hash,
    },
    [unique('changesource_name_hash', 'name_hash')],
  ),
  table(
    'changesource_masters',
    {
      changesourceid: primary(idOf('changesources')),
      masterid: idOf('masters'),
    },
    [],
  ),
  table(
    'objects',
    {
      id: serial,
      name: varchar(128),
      class_name: varchar(128),
    },
    [unique('object_identity', 'name', 'class_name')],
  ),
  table(
    'object_state',
    {
      objectid: idOf('objects'),
      name: varchar(255),
      value_json: text,
    },
    [unique('name_per_object', 'objectid', 'name')],
  ),
];
