import { builderTables } from './builder-history.js';
import { historyTables } from './history.js';

/** The tables that repairs write. */
export const writtenTables: readonly string[] = [
  'masters',
  'schedulers',
  'scheduler_masters',
  'changesource_masters',
  'builder_masters',
  'configured_workers',
  'connected_workers',
  'buildrequests',
  'buildrequest_claims',
  'buildsets',
  'builds',
  'steps',
  'logs',
];

/** Every table that bbctl may write: also those of what it forgets, renames and restores. */
export const allWrittenTables: readonly string[] = [
  ...new Set([
    ...writtenTables,
    ...historyTables,
    'builders',
    ...builderTables,
    'tags',
    'patches',
    'sourcestamps',
    'workers',
    'changesources',
    'scheduler_changes',
    'objects',
    'object_state',
  ]),
];
