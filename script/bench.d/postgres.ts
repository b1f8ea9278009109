import { execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

/** Without fsync, which favours a program of many small transactions: what is compared is work, not this disk. */
const serverSettings = {
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '8GB',
  shared_buffers: '512MB',
  maintenance_work_mem: '512MB',
  max_parallel_maintenance_workers: '1',
  autovacuum: 'off',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
};

export class PostgresServer {
  readonly port: number;
  private readonly stopServer: () => Promise<void>;

  constructor(port: number, stopServer: () => Promise<void>) {
    this.port = port;
    this.stopServer = stopServer;
  }

  url(database: string): string {
    return `postgresql://postgres@127.0.0.1:${this.port}/${database}`;
  }

  async with<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client(this.url(database));
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  async run(database: string, sql: string): Promise<void> {
    await this.with(database, (client) => client.query(sql));
  }

  async has(database: string): Promise<boolean> {
    const found = await this.with('postgres', (client) =>
      client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]),
    );
    return found.rows.length > 0;
  }

  async drop(database: string): Promise<void> {
    await this.run('postgres', `DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
  }

  async copy(from: string, to: string): Promise<void> {
    await this.drop(to);
    await this.run('postgres', `CREATE DATABASE "${to}" TEMPLATE "${from}" STRATEGY file_copy`);
  }

  /** A database has its name only once it is whole, so an interrupted run leaves nothing half made to be used. */
  async ensure(database: string, fill: (unfinished: string) => Promise<void>): Promise<void> {
    if (await this.has(database)) return;
    const unfinished = `${database}_unfinished`;
    await this.drop(unfinished);
    await this.run('postgres', `CREATE DATABASE "${unfinished}" TEMPLATE template0 ENCODING 'UTF8'`);
    await fill(unfinished);
    await this.run('postgres', `ALTER DATABASE "${unfinished}" RENAME TO "${database}"`);
  }

  stop(): Promise<void> {
    return this.stopServer();
  }
}

export async function startPostgres(dir: string): Promise<PostgresServer> {
  const dataDir = join(dir, 'postgres');
  if (!existsSync(join(dataDir, 'PG_VERSION'))) await initialise(dataDir);
  const port = await freePort();
  const options = Object.entries({ ...serverSettings, port: String(port) }).flatMap(([k, v]) => ['-c', `${k}=${v}`]);
  const [program, args] = asPostgres('postgres', ['-D', dataDir, ...options]);
  const log = openSync(join(dir, 'postgres.log'), 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log], cwd: '/' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const server = new PostgresServer(port, () => (child.kill('SIGINT'), exited));
  await waitUntilReady(server, () => child.exitCode !== null);
  return server;
}

async function initialise(dataDir: string): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  if (isRoot()) chownSync(dataDir, idOf('-u'), idOf('-g'));
  const [program, args] = asPostgres('initdb', ['-D', dataDir, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '-N']);
  await promisify(execFile)(program, args, { cwd: '/' });
}

async function waitUntilReady(server: PostgresServer, hasExited: () => boolean): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await server.run('postgres', 'SELECT 1');
    } catch (error) {
      if (hasExited() || attempt > 300) throw new Error('PostgreSQL did not start', { cause: error });
      await sleep(100);
    }
  }
}

/** PostgreSQL refuses to run as root. */
function asPostgres(tool: string, args: string[]): [string, string[]] {
  const program = join(binDir(), tool);
  if (!isRoot()) return [program, args];
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--init-groups', program, ...args]];
}

const isRoot = (): boolean => process.getuid?.() === 0;

const idOf = (flag: '-u' | '-g'): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));

/** Debian keeps the server's programs off PATH, one folder for each version. */
function binDir(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  if (versions[0]) return join(root, versions[0], 'bin');
  return execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim();
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
