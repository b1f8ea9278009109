import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { freePort } from './postgres.js';

/** Durability is off, as for PostgreSQL: what is compared is work, not this disk. */
const serverOptions = [
  '--innodb-flush-log-at-trx-commit=0',
  '--loose-innodb-doublewrite=0',
  '--innodb-buffer-pool-size=512M',
  '--innodb-log-file-size=512M',
  '--innodb-use-native-aio=0',
  '--innodb-fast-shutdown=0',
  '--bind-address=127.0.0.1',
  '--skip-name-resolve',
];

const program = promisify(execFile);
const user = process.getuid?.() === 0 ? ['--user=mysql'] : [];
const path = `${process.env.PATH}:/usr/sbin`;

/** A MariaDB on a folder, with one database. */
export interface MariadbServer {
  readonly url: string;
  connect(): Promise<mysql.Connection>;
  stop(): Promise<void>;
}

/** A folder of a MariaDB, filled once; it has its name only when it is whole. */
export async function ensureFolder(dir: string, name: string, fill: (server: MariadbServer) => Promise<void>): Promise<string> {
  const folder = join(dir, name);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}-unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  await program('mariadb-install-db', ['--no-defaults', ...user, `--datadir=${unfinished}`, '--skip-test-db', '--auth-root-authentication-method=normal'], { env: { ...process.env, PATH: path } });
  const server = await startMariadb(unfinished);
  const connection = await mysql.createConnection(server.url.replace(/bench$/, ''));
  await connection.query('CREATE DATABASE bench CHARACTER SET utf8mb4');
  await connection.end();
  await fill(server);
  await server.stop();
  renameSync(unfinished, folder);
  return folder;
} // prettier-ignore

/** On a copy of the folder, which is gone afterwards. */
export async function onCopy<T>(folder: string, work: (server: MariadbServer) => Promise<T>): Promise<T> {
  const copy = `${folder}-copy`;
  rmSync(copy, { recursive: true, force: true });
  await program('cp', ['-a', folder, copy]);
  try {
    return await onFolder(copy, work);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** For what only reads. */
export async function onFolder<T>(folder: string, work: (server: MariadbServer) => Promise<T>): Promise<T> {
  const server = await startMariadb(folder);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

async function startMariadb(dataDir: string): Promise<MariadbServer> {
  const port = await freePort();
  const options = ['--no-defaults', ...user, `--datadir=${dataDir}`, `--port=${port}`, `--socket=${dataDir}/socket`, ...serverOptions]; // prettier-ignore
  const log = openSync(`${dataDir}.log`, 'a');
  const child = spawn('mariadbd', options, { stdio: ['ignore', log, log], env: { ...process.env, PATH: path } });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // Interrupted, nobody comes to stop it.
  process.once('exit', () => child.kill('SIGKILL'));
  const url = `mysql://root@127.0.0.1:${port}/bench`;
  const connect = (): Promise<mysql.Connection> => mysql.createConnection({ uri: url, multipleStatements: true });
  const server = { url, connect, stop: () => (child.kill('SIGTERM'), exited) };
  await waitUntilReady(server, () => child.exitCode !== null);
  return server;
}

async function waitUntilReady({ url }: MariadbServer, hasExited: () => boolean): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await (await mysql.createConnection(url.replace(/bench$/, ''))).end();
    } catch (error) {
      if (hasExited() || attempt > 600) throw new Error('MariaDB did not start', { cause: error });
      await sleep(100);
    }
  }
}
