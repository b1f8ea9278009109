import { createHash } from 'node:crypto';
import pg from 'pg';
import { names, randomName, siblingUrl, storable, type Connection } from './connection.js';

/** Any number will do that nobody else takes on a server of the tests' own. */
const TEMPLATE_LOCK = 4711;

export async function openPostgres(server: string, script?: string): Promise<Connection> {
  const name = randomName();
  await onServer(server, (client) => createDatabase(server, client, name, script));
  const url = siblingUrl(server, name);
  const client = await connect(url);
  const query: Connection['query'] = async (sql, params = []) =>
    (await client.query<Record<string, unknown>>(numbered(sql), storable(params))).rows;
  return {
    url,
    query,
    exec: async (sql) => void (await client.query(sql)),
    tables: async () => names(await query("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")),
    columns: async (table) =>
      names(
        await query(
          "SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ?",
          [table],
        ),
      ),
    quote: (identifier) => `"${identifier}"`,
    close: async () => {
      await client.end();
      await onServer(server, (maintenance) => maintenance.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

async function createDatabase(server: string, client: pg.Client, name: string, script?: string): Promise<void> {
  if (script === undefined) {
    await client.query(`CREATE DATABASE ${name}`);
    return;
  }
  const template = await templateOf(server, client, script);
  await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}${await copyStrategy(client)}`);
}

/**
 * One template per script and server: copying it is several times faster than running the script again.
 * It gets its name only when it is complete, so that a test run killed half-way leaves no half template.
 */
async function templateOf(server: string, client: pg.Client, script: string): Promise<string> {
  const template = `bbctl_template_${createHash('sha1').update(script).digest('hex').slice(0, 16)}`;
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (found.rowCount === 0) await createTemplate(server, client, template, script);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
  return template;
}

async function createTemplate(server: string, client: pg.Client, template: string, script: string): Promise<void> {
  const unfinished = `${template}_unfinished`;
  await client.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${unfinished}`);
  await onServer(siblingUrl(server, unfinished), (loader) => loader.query(withoutPsqlCommands(script)));
  await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
}

/** Since 15 the default strategy writes the whole copy to the log first. */
async function copyStrategy(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  return (rows[0]?.version ?? 0) >= 150000 ? ' STRATEGY file_copy' : '';
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, types: { getTypeParser } });
  // A test may take the server or the database away; the next query reports that.
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function onServer<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(url);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Counts and sums are strings by default; here they never leave what a number holds. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  const isWideNumber = oid === (pg.types.builtins.INT8 as number) || oid === (pg.types.builtins.NUMERIC as number);
  return isWideNumber ? Number : (pg.types.getTypeParser(oid, format) as (value: string) => unknown);
};

function numbered(sql: string): string {
  let count = 0;
  return sql.replace(/'[^']*'|\?/g, (token) => (token === '?' ? `$${++count}` : token));
}

function withoutPsqlCommands(script: string): string {
  return script.replace(/^\\(un)?restrict .*$/gm, '');
}
