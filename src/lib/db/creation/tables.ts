import { buildTables } from './build-tables.js';
import { serviceTables } from './service-tables.js';
import { sourceTables } from './source-tables.js';
import { primary, table, varchar } from './table.js';
import type { Table } from './table.js';
import { testResultTables } from './test-result-tables.js';

/** The revisions that can be created. */
export const revisions = ['067', '059'] as const;
export type Revision = (typeof revisions)[number];
export const newestRevision: Revision = '067';

/** What tells the revision. It is alembic's, not Buildbot's own. */
export const revisionTable = table('alembic_version', { version_num: primary(varchar(32)) }, []);

const allTables = [...serviceTables, ...sourceTables, ...buildTables, ...testResultTables];

/** Those that Buildbot has had for it earlier: it takes a database with one of them for an old one of its own. */
const formerRevisionTables = ['version', 'migrate_version'];

/** Whatever has one of these names is in Buildbot's way, now or when it upgrades. */
export const reservedNames: ReadonlySet<string> = new Set([
  revisionTable.name,
  ...formerRevisionTables,
  ...allTables.map(({ name }) => name),
]);

/** Buildbot's tables as they are in a revision, but for the one that tells the revision. */
export function tablesOf(revision: Revision): Table[] {
  const isThere = ({ since = 0 }: { readonly since?: number }): boolean => since <= Number(revision);
  return allTables.filter(isThere).map(({ name, columns, indexes }) => ({
    name,
    columns: Object.fromEntries(Object.entries(columns).filter(([, column]) => isThere(column))),
    indexes: indexes.filter(isThere),
  }));
}
