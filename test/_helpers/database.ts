import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dumpOf, type Dump } from './dump.js';
import type { Connection } from './engines/connection.js';
import { openMysql } from './engines/mysql.js';
import { openPostgres } from './engines/postgres.js';
import { openSqlite } from './engines/sqlite.js';
import { isSkipped, type Skippable } from './skip.js';

export { diffDumps, type Difference, type Dump } from './dump.js';
export { newestTime, recordedSecondsAgo, shiftTimes } from './times.js';

export type EngineName = 'sqlite' | 'postgres' | 'myisam' | 'innodb';

export interface TestDatabase extends Connection {
  engine: EngineName;
  /** Every table with its rows in a stable order and in plain values, to compare whole databases. */
  dump(): Promise<Dump>;
}

interface Engine {
  /** The folder of its recordings in test/fixtures/VERSION. */
  folder: string;
  /** What BBCTL_TEST_SKIP calls it. */
  server?: Skippable;
  /** Where its server's address is found. */
  variable?: string;
  open(server: string, script?: string): Promise<Connection>;
}

const ENGINES: Readonly<Record<EngineName, Engine>> = {
  sqlite: { folder: 'sqlite', open: (_server, script) => openSqlite(script) },
  postgres: { folder: 'pg', server: 'postgres', variable: 'BBCTL_TEST_PG', open: openPostgres },
  myisam: {
    folder: 'mariadb',
    server: 'mariadb',
    variable: 'BBCTL_TEST_MYSQL',
    open: (server, script) => openMysql(server, 'MyISAM', script),
  },
  innodb: {
    folder: 'mariadb',
    server: 'mariadb',
    variable: 'BBCTL_TEST_MYSQL',
    open: (server, script) => openMysql(server, 'InnoDB', script),
  },
};

/** The engines of this test run: all of them, but for those that BBCTL_TEST_SKIP names. */
export const engines: readonly EngineName[] = availableEngines();

export async function emptyDatabase(engine: EngineName): Promise<TestDatabase> {
  return open(engine);
}

/** A database of its own, as a Buildbot master left it; for instance `databaseFrom('sqlite', '3.7.0/killed')`. */
export async function databaseFrom(engine: EngineName, fixture: string): Promise<TestDatabase> {
  const path = fixturePath(engine, fixture);
  if (path === undefined) throw new Error(`there is no recording ${fixture} for ${engine} in test/fixtures`);
  return open(engine, readFileSync(path, 'utf8'));
}

export function hasFixture(engine: EngineName, fixture: string): boolean {
  return fixturePath(engine, fixture) !== undefined;
}

export function fixturesOf(engine: EngineName): string[] {
  const versions = readdirSync(fixtureRoot(), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return versions.flatMap(({ name: version }) => {
    const folder = join(fixtureRoot(), version, ENGINES[engine].folder);
    const files = existsSync(folder) ? readdirSync(folder) : [];
    return files.map((file) => `${version}/${file.replace(/\.(full|schema)\.sql$/, '')}`).sort();
  });
}

async function open(engine: EngineName, script?: string): Promise<TestDatabase> {
  const connection = await ENGINES[engine].open(serverOf(engine), script);
  return { ...connection, engine, dump: () => dumpOf(connection) };
}

function serverOf(engine: EngineName): string {
  const { variable } = ENGINES[engine];
  if (variable === undefined) return '';
  const server = process.env[variable];
  if (!server) {
    throw new Error(
      `${variable} is not set, so ${engine} cannot be tested. ` +
        'Run script/test, or put script/servers -- before the command, or name the engine in BBCTL_TEST_SKIP.',
    );
  }
  return server;
}

function availableEngines(): EngineName[] {
  const wanted = (Object.keys(ENGINES) as EngineName[]).filter((engine) => {
    const { server } = ENGINES[engine];
    return server === undefined || !isSkipped(server);
  });
  wanted.forEach(serverOf);
  return wanted;
}

function fixturePath(engine: EngineName, fixture: string): string | undefined {
  const [version = '', name = ''] = fixture.split('/');
  const stem = join(fixtureRoot(), version, ENGINES[engine].folder, name);
  return [`${stem}.full.sql`, `${stem}.schema.sql`].find((path) => existsSync(path));
}

/** Tests run compiled, from build/, but the recordings are not copied there. */
function fixtureRoot(): string {
  return join(process.cwd(), 'test', 'fixtures');
}
