/** Who uses a database: to look, to mend it, to remove what is left over as well, or as a master of bbctl's own. */
export const userClasses = ['read', 'repair', 'forget', 'run'] as const;

export type UserClass = (typeof userClasses)[number];

/** What a class may do with a table besides reading all of it. */
export interface Rights {
  /** Only these columns are read; all of them where it is not given. */
  readonly select?: readonly string[];
  readonly insert?: true;
  readonly delete?: true;
  /** These columns, or any. */
  readonly update?: readonly string[] | 'any';
  /** Rows of it are locked: PostgreSQL asks for the right to update a column for that, and this one will do. */
  readonly lock?: string;
}

/**
 * What every class reads. Not among it: `users` with their passwords, and what the builds have printed: of `logchunks`
 * only to which log they belong.
 */
export const readTables: readonly string[] = [
  'masters',
  'schedulers',
  'scheduler_masters',
  'changesources',
  'changesource_masters',
  'builders',
  'builder_masters',
  'workers',
  'configured_workers',
  'connected_workers',
  'buildsets',
  'buildset_properties',
  'buildset_sourcestamps',
  'buildrequests',
  'buildrequest_claims',
  'builds',
  'steps',
  'logs',
  'changes',
  'objects',
  'object_state',
];

export const readColumns: Readonly<Record<string, Rights>> = { logchunks: { select: ['logid'] } };

/** The one that there is tells the revision; the first of them, where both are there. */
export const revisionTables: readonly string[] = ['alembic_version', 'migrate_version'];

/** Undo gives back with their ids the rows that were deleted: it needs no sequence. */
const registration: Rights = { insert: true, delete: true, lock: 'masterid' };
const outcome: Rights = { update: ['complete', 'complete_at', 'results'] };
const end: Rights = { update: ['complete_at', 'results'] };
const added: Rights = { insert: true };
const kept: Rights = { insert: true, update: 'any' };
/** Added once for everybody; who finds it there makes sure that it stays. */
const shared = (lock: string): Rights => ({ insert: true, lock });
/** Claimed, given to another master, given back. */
const claim: Rights = { insert: true, update: ['masterid'], delete: true };
/** Deleted, moved to another owner, and brought back. */
const whole: Rights = { insert: true, update: 'any', delete: true };
const gone: Rights = { insert: true, delete: true };

const repair: Readonly<Record<string, Rights>> = {
  masters: { update: ['active', 'last_active'] },
  schedulers: { update: ['enabled'] },
  scheduler_masters: registration,
  changesource_masters: registration,
  builder_masters: registration,
  configured_workers: { ...registration, lock: 'workerid' },
  connected_workers: registration,
  buildrequests: outcome,
  buildrequest_claims: registration,
  buildsets: outcome,
  builds: end,
  steps: end,
  logs: { update: ['complete'] },
  // Where services are kept.
  object_state: { insert: true, delete: true, lock: 'value_json' },
};

/** What is forgotten goes with its history; undo and restore bring it back. Unlike the others not proven to be minimal. */
const forget: Readonly<Record<string, Rights>> = {
  ...repair,
  masters: whole,
  schedulers: whole,
  changesources: whole,
  scheduler_changes: whole,
  builders: { ...whole, lock: 'name' },
  builders_tags: whole,
  tags: added,
  workers: whole,
  objects: whole,
  object_state: whole,
  sourcestamps: added,
  patches: added,
  buildsets: whole,
  buildset_properties: gone,
  buildset_sourcestamps: gone,
  buildrequests: whole,
  buildrequest_claims: whole,
  builds: whole,
  build_properties: gone,
  build_data: gone,
  steps: whole,
  logs: whole,
  logchunks: gone,
  test_names: whole,
  test_code_paths: whole,
  test_result_sets: whole,
  test_results: whole,
};

/**
 * The one table of who needs which right. Each of `repair` was found by taking it away: then something that bbctl
 * changes fails. Tables and columns that a schema does not have are left out of its grants.
 */
export const rightsOf: Readonly<Record<UserClass, Readonly<Record<string, Rights>>>> = {
  read: {},
  repair,
  forget,

  run: {
    masters: kept,
    schedulers: kept,
    scheduler_masters: claim,
    changesources: shared('name'),
    changesource_masters: claim,
    builders: kept,
    builder_masters: registration,
    tags: added,
    builders_tags: { insert: true, delete: true },
    workers: kept,
    configured_workers: { ...registration, lock: 'workerid' },
    connected_workers: registration,
    objects: shared('name'),
    object_state: kept,
    changes: shared('comments'),
    // Of a change that was cut off, where there are no transactions, they are written anew.
    change_files: gone,
    change_properties: gone,
    change_users: gone,
    // Not their passwords.
    users: { select: ['uid'], insert: true },
    users_info: shared('attr_data'),
    scheduler_changes: whole,
    sourcestamps: shared('project'),
    buildsets: kept,
    buildset_properties: added,
    buildset_sourcestamps: added,
    buildrequests: kept,
    buildrequest_claims: registration,
    // What builds are to patch.
    patches: {},
    builds: kept,
    // Of builds whose beginning was cut off, where there are no transactions, they are written anew.
    build_properties: whole,
    steps: kept,
    logs: kept,
    logchunks: { insert: true, delete: true },
  },
};
