/** Every table that bbctl may write. */
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
