import { buildsetTables } from './buildsets.js';
import { membershipTables } from './fence.js';
import { changeTables } from './scheduler-changes.js';

/** All that builds ever read or write: requests are claimed, built, completed, and triggered. */
export const buildTables: readonly string[] = [
  ...new Set([
    ...membershipTables,
    ...buildsetTables,
    ...changeTables,
    'buildrequest_claims',
    'builds',
    'build_properties',
    'steps',
    'logs',
    'logchunks',
    'patches',
    'workers',
  ]),
];
