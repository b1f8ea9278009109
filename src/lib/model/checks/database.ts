import { indexStatement } from '../missing-index.js';
import { count, list } from '../names.js';
import { severityOf } from './check.js';
import type { Check, Found } from './check.js';

export const schemaUnknown: Check = {
  id: 'schema-unknown',
  severity: 'warning',
  title: 'The schema is newer than this bbctl knows',
  meaning: 'bbctl reads it, but writes only with --allow-unknown-schema. Update bbctl.',
  find({ cluster: { database } }) {
    if (!database.unknownRevision) return [];
    return [
      {
        message: `The schema revision ${database.revision} is newer than this bbctl knows: it reads, but writes only with --allow-unknown-schema.`,
        evidence: { revision: database.revision },
      },
    ];
  },
};

export const schemaDrift: Check = {
  id: 'schema-drift',
  severity: 'warning',
  title: 'The schema is between two versions',
  meaning:
    'Tables or columns do not fit the revision that the database names: an upgrade was interrupted, or somebody has altered it. Finish it with "buildbot upgrade-master" while no master runs.',
  find({ cluster: { database }, details }) {
    const drift = details?.schemaDrift ?? [];
    if (drift.length === 0) return [];
    return [
      {
        message: `The schema is not that of its revision ${database.revision}: ${list(drift, 5)}.`,
        evidence: { revision: database.revision, drift },
      },
    ];
  },
};

export const withoutTransactions: Check = {
  id: 'engine-without-transactions',
  severity: 'note',
  title: 'Tables without transactions',
  meaning:
    'Buildbot makes MyISAM tables on MySQL and MariaDB unless it is told otherwise: no transactions, no row locks, and a crash of the server can damage them. With every master stopped: ALTER TABLE … ENGINE=InnoDB for each table.',
  find({ cluster: { database } }) {
    const tables = database.withoutTransactions;
    if (tables.length === 0) return [];
    return [
      {
        message: `${count(tables.length, 'table')} without transactions (MyISAM): neither Buildbot nor bbctl can change several rows at once there. InnoDB is safer.`,
        evidence: { tables },
      },
    ];
  },
};

export const danglingRows: Check = {
  id: 'rows-dangling',
  severity: 'note',
  title: 'Rows that refer to a row that is gone',
  meaning:
    'Where foreign keys are off (SQLite as Buildbot uses it, MyISAM) nothing cascades: rows stay behind those that were deleted. Buildbot mostly does not see them.',
  find({ details }) {
    return (details?.dangling ?? []).map(({ table, column, rows }): Found => ({
      message: `${count(rows, 'row')} of ${table} ${rows === 1 ? 'refers' : 'refer'} by ${column} to a row that is gone.`,
      evidence: { table, column, rows },
    }));
  },
};

export const chunksWithoutLog: Check = {
  id: 'log-chunks-dangling',
  severity: 'note',
  title: 'Log chunks whose log is gone',
  meaning:
    'Logs were deleted where foreign keys are off (SQLite as Buildbot uses it, MyISAM), and their text stayed: space that nothing frees. Looked at are the chunks that are older than every log, and those of the newest 1000 logs; to look at all would read the whole index of the largest table. Once, when the masters are stopped: DELETE FROM logchunks WHERE logid NOT IN (SELECT id FROM logs).',
  find({ details }) {
    const { older, logs } = details?.chunksWithoutLog ?? { older: null, logs: [] };
    const found: Found[] = [];
    if (older) found.push({ message: `Log chunks are left of logs ${older.from} to ${older.to}, which are older than every log that is there.`, evidence: { older } }); // prettier-ignore
    if (logs.length > 0) found.push({ message: `Log chunks are left of ${count(logs.length, 'log')} that ${logs.length === 1 ? 'is' : 'are'} gone: ${list(logs)}.`, evidence: { logs } }); // prettier-ignore
    return found;
  },
};

const manyRows = 100_000;

export const indexMissing: Check = {
  id: 'index-missing',
  severity: 'note',
  title: 'PostgreSQL has no index for a foreign key of a large table',
  meaning:
    'Buildbot makes none on buildsets.parent_buildid, though it refers to builds: for each build that is deleted, by a janitor or by "builders forget", PostgreSQL goes through all buildsets. An index makes it quick, and Buildbot does not mind it. Masters can go on while it is made.',
  find({ details }) {
    return (details?.missingIndexes ?? [])
      .filter(({ rows }) => rows > manyRows)
      .map((index): Found => ({
        message: `There is no index on ${index.table}.${index.column}: whoever deletes ${index.parent} goes through about ${count(index.rows, 'row')} for each. ${indexStatement(index)}; makes one.`,
        evidence: { table: index.table, column: index.column, rows: index.rows },
      }));
  },
};

const gibi = 1024 ** 3;

/** `1.4 GiB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

export const databaseLarge: Check = {
  id: 'database-large',
  severity: 'warning',
  title: 'The database is large',
  meaning:
    'Mostly logs: Buildbot keeps every build for ever unless janitors are configured. Backups, upgrades and page loads grow with it.',
  threshold: { warning: 50 * gibi, critical: null, unit: 'bytes', of: 'size of the database' },
  find({ details }, limit) {
    const size = details?.size ?? null;
    const severity = size === null ? null : severityOf(size, limit);
    if (size === null || severity === null) return [];
    const tables = details?.tables.slice(0, 5) ?? [];
    const largest = tables.map((table) => `${table.name} ${formatBytes(table.bytes)}`);
    return [
      {
        severity,
        message: `The database has ${formatBytes(size)}; the largest tables are ${list(largest, 5)}.`,
        evidence: { size, tables },
      },
    ];
  },
};
