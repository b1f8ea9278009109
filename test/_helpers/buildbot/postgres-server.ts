import type { Scope } from '../scope.js';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import type { Queryable } from './records.js';
import { exited, launch, run } from './process.js';
import { until } from './until.js';

/** A server that a test may restart, as those of the whole test run may not be. */
export interface PostgresServer extends Queryable {
  url: string;
  stop(): Promise<void>;
  /** Without any farewell: it has to recover when it is started. */
  crash(): Promise<void>;
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Nobody has asked it anything for a second, but for us. */
  isIdle(): Promise<boolean>;
  /** Every row of the database, as text. */
  contents(): Promise<string[]>;
}

// PostgreSQL refuses to run as root.
const AS_POSTGRES = { cwd: '/', ...(process.getuid?.() === 0 ? { user: 'postgres' } : {}) };

export async function startPostgres(t: Scope): Promise<PostgresServer> {
  const home = (await run('mktemp', ['--directory', '/tmp/bbctl-postgres-XXXXXX'], AS_POSTGRES)).trim();
  t.teardown(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const data = join(home, 'data');
  const initdb = ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C'];
  await run(join(postgresBin(), 'initdb'), initdb, AS_POSTGRES);
  const port = await freePort();
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const options = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const begin = () => launch(join(postgresBin(), 'postgres'), options, { ...AS_POSTGRES, stdio: 'ignore' });
  let postgres = begin();
  t.teardown(() => end(postgres, 'SIGQUIT'));
  await answers(url);
  const stop = () => end(postgres, 'SIGINT');
  const start = async () => {
    postgres = begin();
    await answers(url);
  };
  const query: PostgresServer['query'] = (sql, params = []) => queryOnce(url, sql, params);
  return {
    url,
    query,
    isIdle: () => isIdle(query),
    contents: () => contents(query),
    stop,
    crash: () => end(postgres, 'SIGQUIT'),
    start,
    async restart() {
      await stop();
      await start();
    },
  };
}

/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one. */
async function end(postgres: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  postgres.kill(signal);
  await exited(postgres);
}

/** No connection of ours outlives a restart. */
async function queryOnce(url: string, sql: string, params: readonly unknown[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let number = 0;
    const numbered = sql.replace(/\?/g, () => `$${++number}`);
    return (await client.query<Record<string, unknown>>(numbered, [...params])).rows;
  } finally {
    await client.end();
  }
}

async function isIdle(query: PostgresServer['query']): Promise<boolean> {
  const [row] = await query(
    "SELECT MAX(state_change) < now() - interval '1 second' AS idle FROM pg_stat_activity " +
      'WHERE pid <> pg_backend_pid() AND datname = current_database()',
  );
  return row?.idle !== false;
}

async function contents(query: PostgresServer['query']): Promise<string[]> {
  const tables = await query("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
  const rows = tables.map(({ name }) =>
    query(`SELECT '${String(name)} ' || t::text AS text FROM "${String(name)}" t ORDER BY 1`),
  );
  return (await Promise.all(rows)).flat().map(({ text }) => String(text));
}

async function answers(url: string): Promise<void> {
  await until('PostgreSQL answers', () =>
    queryOnce(url, 'SELECT 1', []).then(
      () => true,
      () => false,
    ),
  );
}

/** Debian keeps the server's programs off the PATH. */
function postgresBin(): string {
  const root = '/usr/lib/postgresql';
  const packaged = existsSync(root) ? readdirSync(root).map((version) => join(root, version, 'bin')) : [];
  const bin = [...(process.env.PATH ?? '').split(delimiter), ...packaged].find((dir) =>
    existsSync(join(dir, 'initdb')),
  );
  if (bin === undefined) throw new Error('PostgreSQL is not installed: no initdb found');
  return bin;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
