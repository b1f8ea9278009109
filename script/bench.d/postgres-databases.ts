import type { Client } from 'pg';
import { clusterRows, type Tables } from './cluster-rows.js';
import { crashSizesAt, crashStatements, deadMaster } from './crash.js';
import { historyStatements, sizesAt, type Dialect } from './history.js';
import { leftoverRows, leftoverStatements } from './leftover.js';
import { readPostgresSchema } from './schema-file.js';
import { fingerprint, secondsNow } from './stamp.js';
import type { PostgresServer } from './postgres.js';

const dialect: Dialect = {
  series: (count) => `generate_series(1, ${count}) AS s(i)`,
  bytes: (text) => `convert_to('${text}', 'UTF8')`,
};

export async function ensureEmpty(server: PostgresServer): Promise<string> {
  const { tables, indexes } = readPostgresSchema();
  const name = `empty_${fingerprint(tables, indexes)}`;
  await server.ensure(name, async (unfinished) => {
    await server.run(unfinished, tables + indexes);
    await server.run(unfinished, 'VACUUM ANALYZE');
  });
  return name;
}

export async function ensureBig(server: PostgresServer, scale: number): Promise<string> {
  const { tables, indexes } = readPostgresSchema();
  const statements = (now: number): string[] => historyStatements(sizesAt(scale), dialect, now);
  const name = `big_${fingerprint(tables, indexes, clusterRows(0), statements(0))}`;
  await server.ensure(name, async (unfinished) => {
    const now = secondsNow();
    // In the transaction that made the tables, the server need not log the rows.
    await server.run(unfinished, `BEGIN; ${tables}; SET search_path = public; ${statements(now).join(';\n')}; COMMIT`);
    await server.with(unfinished, (client) => insertRows(client, clusterRows(now)));
    await server.run(unfinished, indexes);
    await server.with(unfinished, setSequences);
    await server.run(unfinished, 'VACUUM ANALYZE');
  });
  return name;
}

/** The big database after its last master died. */
export async function ensureCrashed(server: PostgresServer, big: string, scale: number): Promise<string> {
  const statements = (now: number): string[] => crashStatements(sizesAt(scale), crashSizesAt(scale), dialect, now);
  const name = `crashed_${fingerprint(big, statements(0))}`;
  if (await server.has(name)) return name;
  const unfinished = `${name}_unfinished`;
  await server.copy(big, unfinished);
  await server.run(unfinished, statements(secondsNow()).join(';\n'));
  await server.with(unfinished, setSequences);
  await server.run(unfinished, 'VACUUM ANALYZE');
  await server.run('postgres', `ALTER DATABASE "${unfinished}" RENAME TO "${name}"`);
  return name;
}

/** 200,000 builds at full scale, of which the first `own` are of a builder that nobody configures. */
export async function ensureLeftover(server: PostgresServer, scale: number, own: number): Promise<string> {
  const { tables, indexes } = readPostgresSchema();
  const sizes = sizesAt(scale / 5);
  const statements = (now: number): string[] => [...historyStatements(sizes, dialect, now), ...leftoverStatements(own)];
  const name = `leftover_${fingerprint(tables, indexes, clusterRows(0), statements(0))}`;
  await server.ensure(name, async (unfinished) => {
    const now = secondsNow();
    await server.run(unfinished, `BEGIN; ${tables}; SET search_path = public; ${statements(now).join(';\n')}; COMMIT`);
    await server.with(unfinished, (client) => insertRows(client, leftoverRows(now)));
    await server.run(unfinished, indexes);
    await server.with(unfinished, setSequences);
    await server.run(unfinished, 'VACUUM FULL');
    await server.run(unfinished, 'VACUUM ANALYZE');
  });
  return name;
}

/** Every master was heard of just now, but for one if it is to be dead. */
export async function beat(server: PostgresServer, database: string, { dead = false } = {}): Promise<void> {
  const silent = dead ? `CASE id WHEN ${deadMaster} THEN 3600 ELSE 0 END` : '0';
  await server.run(database, `UPDATE masters SET last_active = extract(epoch FROM now())::integer - ${silent}`);
}

async function insertRows(client: Client, tables: Tables): Promise<void> {
  for (const [table, rows] of Object.entries(tables)) {
    const columns = Object.keys(rows[0] ?? {}).join(', ');
    await client.query(
      `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1)`,
      [JSON.stringify(rows)],
    );
  }
}

/** Ids were given, not drawn: the next one drawn must be a new one. */
async function setSequences(client: Client): Promise<void> {
  const owned = await client.query<{ table: string; column: string }>(
    `SELECT table_name AS table, column_name AS column FROM information_schema.columns
     WHERE table_schema = 'public' AND column_default LIKE 'nextval%'`,
  );
  for (const { table, column } of owned.rows) {
    await client.query(
      `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), coalesce(max(${column}), 0) + 1, false) FROM ${table}`,
    );
  }
}
