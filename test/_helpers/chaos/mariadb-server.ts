import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import mysql from 'mysql2/promise';
import { exited, isRunning, launch, run } from '../buildbot/process.js';
import { until } from '../buildbot/until.js';
import { closedPort } from '../network.js';
import type { Scope } from '../scope.js';

export interface MariadbServer {
  readonly url: string;
  stop(): Promise<void>;
  crash(): Promise<void>;
  start(): Promise<void>;
}

const path = [process.env['PATH'], '/usr/sbin'].join(delimiter);
// MariaDB refuses to run as root.
const asMysql = {
  cwd: '/',
  env: { ...process.env, PATH: path },
  ...(process.getuid?.() === 0 ? { user: 'mysql' } : {}),
};

/** A MariaDB that a test may restart and kill: what it has acknowledged outlives its process, not the machine's end. */
export async function startMariadb(scope: Scope): Promise<MariadbServer> {
  const home = (await run('mktemp', ['--directory', '/tmp/bbctl-mariadb-XXXXXX'], asMysql)).trim();
  scope.teardown(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));
  const data = join(home, 'data');
  await run('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, '--skip-test-db', '--auth-root-authentication-method=normal'], asMysql); // prettier-ignore
  const port = await closedPort();
  const options = ['--no-defaults', `--datadir=${data}`, `--socket=${home}/socket`, `--port=${port}`, '--bind-address=127.0.0.1', '--skip-name-resolve', '--innodb-flush-log-at-trx-commit=2', '--innodb-buffer-pool-size=64M', '--innodb-use-native-aio=0', `--log-error=${home}/error.log`]; // prettier-ignore
  const begin = (): ChildProcess => launch('mariadbd', options, { ...asMysql, stdio: 'ignore' });
  let server = begin();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    server.kill(signal);
    await exited(server);
  };
  scope.teardown(() => end('SIGKILL'));
  const root = `mysql://root@127.0.0.1:${port}`;
  await answers(root, () => server);
  await queryOnce(root, 'CREATE DATABASE chaos CHARACTER SET utf8mb4');
  return {
    url: `${root}/chaos`,
    stop: () => end('SIGTERM'),
    crash: () => end('SIGKILL'),
    start: async () => {
      server = begin();
      await answers(root, () => server);
    },
  };
} // prettier-ignore

async function queryOnce(url: string, sql: string): Promise<void> {
  const connection = await mysql.createConnection(url);
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

async function answers(url: string, server: () => ChildProcess): Promise<void> {
  await until('MariaDB answers', async () => {
    if (!isRunning(server())) throw new Error('MariaDB has ended');
    return queryOnce(url, 'SELECT 1').then(
      () => true,
      () => false,
    );
  });
}
