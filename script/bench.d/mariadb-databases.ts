import type mysql from 'mysql2/promise';
import { clusterRows, type Tables } from './cluster-rows.js';
import { historyStatements, sizesAt, type Dialect } from './history.js';
import { ensureFolder } from './mariadb.js';
import { leftoverRows, leftoverStatements } from './leftover.js';
import { readInnodbSchema } from './schema-file.js';
import { fingerprint, secondsNow } from './stamp.js';

const dialect: Dialect = {
  series: (count) => `(SELECT seq AS i FROM seq_1_to_${count}) AS s`,
  bytes: (text) => `'${text}'`,
};

/** The folder of a server with 200,000 builds at full scale, of which the first `own` are of a builder that nobody configures. */
export function ensureLeftover(dir: string, scale: number, own: number): Promise<string> {
  const statements = (now: number): string[] => [
    ...historyStatements(sizesAt(scale / 5), dialect, now).map(inIntegers),
    // Row by row no number may be there twice.
    'UPDATE builds SET number = -id',
    ...leftoverStatements(own),
  ];
  return ensure(dir, 'mariadb', statements, leftoverRows);
}

/** The folder of a server with a million builds at full scale, of three steps each. */
export function ensureBig(dir: string, scale: number): Promise<string> {
  const sizes = { ...sizesAt(scale), stepsPerBuild: 3 };
  const statements = (now: number): string[] => historyStatements(sizes, dialect, now).map(inIntegers);
  return ensure(dir, 'mariadb_big', statements, clusterRows);
}

function ensure(
  dir: string,
  kind: string,
  statements: (now: number) => string[],
  small: (now: number) => Tables,
): Promise<string> {
  const { tables, foreignKeys } = readInnodbSchema();
  const name = `${kind}_${fingerprint(tables, foreignKeys, clusterRows(0), statements(0))}`;
  return ensureFolder(dir, name, async (server) => {
    const now = secondsNow();
    const connection = await server.connect();
    await connection.query(tables);
    await connection.query(`SET sql_mode = 'PIPES_AS_CONCAT', foreign_key_checks = 0, unique_checks = 0`);
    for (const statement of statements(now)) await connection.query(statement);
    await insertRows(connection, small(now));
    for (const statement of foreignKeys) await connection.query(statement);
    await connection.query(
      'ANALYZE TABLE builds, steps, logs, logchunks, buildrequests, buildrequest_claims, buildsets',
    );
    await connection.end();
  });
}

/** A quotient of integers is one elsewhere. */
const inIntegers = (sql: string): string => sql.replaceAll(' / ', ' DIV ');

async function insertRows(connection: mysql.Connection, tables: Tables): Promise<void> {
  for (const [table, rows] of Object.entries(tables)) {
    const columns = Object.keys(rows[0] ?? {});
    await connection.query(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ?`, [rows.map((row) => columns.map((column) => row[column]))]);
  }
} // prettier-ignore
