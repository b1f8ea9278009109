import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import { Failure } from '../errors.js';

/** Where a database is and how to get in, as far as its URL says. */
export type Location = SqliteLocation | ServerLocation;

export interface SqliteLocation {
  readonly engine: 'sqlite';
  readonly file: string;
  readonly label: string;
}

export interface ServerLocation {
  readonly engine: 'postgres' | 'mysql';
  readonly host: string;
  readonly port: number;
  readonly socket: string | null;
  readonly user: string;
  readonly password: string | null;
  readonly database: string;
  readonly tls: Tls | null;
  /** Which one new tables have, on MySQL; `null`: it does not say. */
  readonly storageEngine: string | null;
  /** The URL without its password. */
  readonly label: string;
}

/** `prefer` falls back to plain text where the server has no TLS; the others do not. */
export interface Tls {
  readonly mode: 'prefer' | 'require' | 'verify-ca' | 'verify-full';
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const engines: Record<string, Location['engine']> = {
  sqlite: 'sqlite',
  postgresql: 'postgres',
  postgres: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
};

const examples = 'sqlite:////srv/bb/state.sqlite, postgresql://user@host/buildbot or mysql://user@host/buildbot';

/**
 * A database URL as Buildbot's (SQLAlchemy's) configuration spells it. `basedir` is where a relative SQLite path and
 * `%(basedir)s` start.
 */
export function parseDatabaseUrl(text: string, basedir = process.cwd()): Location {
  const scheme = /^([a-z]+)(?:\+[a-z0-9_]+)?:\/\//i.exec(text);
  const engine = engines[scheme?.[1]?.toLowerCase() ?? ''];
  if (!scheme || !engine) {
    throw new Failure('usage', `${redact(text)} is not a database URL that bbctl knows.`, {
      try: `Write it like ${examples}.`,
    });
  }
  const rest = text.slice(scheme[0].length);
  return engine === 'sqlite' ? sqliteLocation(rest, basedir) : serverLocation(engine, rest, text);
}

/** For messages about text that may hold a password, which may be anywhere in what was mistyped. */
function redact(text: string): string {
  return `"${text.replace(/[:@=?].*$/s, '…')}"`;
}

function sqliteLocation(rest: string, basedir: string): SqliteLocation {
  const [address = ''] = rest.split('?');
  const file = address.replace(/^\//, '').replaceAll('%(basedir)s', basedir);
  if (file === '' || file === ':memory:') {
    throw new Failure('usage', 'That SQLite URL names no file.', {
      try: 'Write it like sqlite:////srv/bb/state.sqlite.',
    });
  }
  const absolute = path.resolve(basedir, file);
  return { engine: 'sqlite', file: absolute, label: `sqlite:///${absolute}` };
}

/** `user:password@host:port/database?options`: split by hand, for SQLAlchemy takes what `URL` refuses. */
const serverAddress =
  /^(?:(?<user>[^:@/]*)(?::(?<password>[^@]*))?@)?(?<host>\[[^\]]*\]|[^:@/?]*)(?::(?<port>\d*))?(?:\/(?<database>[^?/:@]*))?(?:\?(?<query>.*))?$/s;

function decode(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '');
  } catch (error) {
    throw new Failure('usage', 'The database URL has a "%" that is not followed by two hexadecimal digits.', {
      try: 'Percent-encode it: a "%" in a password is written %25.',
      cause: error,
    });
  }
}

function serverLocation(engine: ServerLocation['engine'], rest: string, text: string): ServerLocation {
  const parts = serverAddress.exec(rest)?.groups;
  if (!parts) {
    throw new Failure('usage', `${redact(text)} is not a database URL that bbctl understands.`, {
      try: `Write it like ${examples}; what is special in a user, password or database is percent-encoded.`,
    });
  }
  const database = decode(parts['database']);
  if (database === '') {
    throw new Failure('usage', `The database URL ${redact(text)} names no database.`, {
      try: `Write it like ${examples}.`,
    });
  }
  const query = new URLSearchParams(parts['query']);
  const host = decode(parts['host']).replace(/^\[|\]$/g, '') || query.get('host') || defaultHost(engine);
  const socket = query.get('unix_socket') ?? (host.startsWith('/') ? host : null);
  const port = Number(
    parts['port'] || query.get('port') || (engine === 'postgres' ? (process.env['PGPORT'] ?? 5432) : 3306),
  );
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw new Failure('usage', 'The port of the database URL is not a number from 1 to 65535.', {
      try: 'Leave it out for the usual one.',
    });
  }
  const user = decode(parts['user']) || query.get('user') || defaultUser(engine);
  const password =
    parts['password'] === undefined ? (query.get('password') ?? query.get('passwd')) : decode(parts['password']);
  const scheme = engine === 'postgres' ? 'postgresql' : 'mysql';
  const place = socket ?? `${host.includes(':') ? `[${host}]` : host}${parts['port'] ? `:${port}` : ''}`;
  const label = `${scheme}://${user}@${place}/${database}`;
  const storageEngine = storageEngineOf(query);
  return { engine, host, port, socket, user, password, database, tls: tlsOf(engine, query), storageEngine, label };
}

/** As Buildbot means it. It becomes a word of a statement. */
function storageEngineOf(query: URLSearchParams): string | null {
  const name = query.get('storage_engine');
  if (name === null || /^\w{1,20}$/.test(name)) return name;
  throw new Failure('usage', 'The storage_engine of the database URL is no name of one.', {
    try: 'Write it like storage_engine=InnoDB.',
  });
}

function defaultHost(engine: ServerLocation['engine']): string {
  return (engine === 'postgres' ? process.env['PGHOST'] : process.env['MYSQL_HOST']) ?? 'localhost';
}

function defaultUser(engine: ServerLocation['engine']): string {
  return (engine === 'postgres' ? process.env['PGUSER'] : undefined) ?? userInfo().username;
}

const tlsModes: Record<string, Tls['mode'] | null> = {
  disable: null,
  disabled: null,
  allow: 'prefer',
  prefer: 'prefer',
  preferred: 'prefer',
  require: 'require',
  required: 'require',
  'verify-ca': 'verify-ca',
  verify_ca: 'verify-ca',
  'verify-full': 'verify-full',
  verify_identity: 'verify-full',
};

/** libpq's names on PostgreSQL; the MySQL client's, with `-` or `_`, on MySQL. */
function tlsOf(engine: ServerLocation['engine'], query: URLSearchParams): Tls | null {
  const option = (...names: string[]): string | undefined =>
    names.map((name) => query.get(name)).find((value) => value !== null && value !== '') ?? undefined;
  const ca =
    option('sslrootcert', 'ssl-ca', 'ssl_ca') ?? (engine === 'postgres' ? process.env['PGSSLROOTCERT'] : undefined);
  const asked =
    option('sslmode', 'ssl-mode', 'ssl_mode') ?? (engine === 'postgres' ? process.env['PGSSLMODE'] : undefined);
  const mode = tlsModes[(asked ?? (ca ? 'verify-ca' : 'disable')).toLowerCase()];
  if (mode === undefined) {
    throw new Failure('usage', `"${asked}" is not a TLS mode.`, {
      try:
        engine === 'postgres'
          ? 'Use sslmode=disable, prefer, require, verify-ca or verify-full.'
          : 'Use ssl-mode=DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY.',
    });
  }
  if (mode === null) return null;
  const cert = option('sslcert', 'ssl-cert', 'ssl_cert');
  const key = option('sslkey', 'ssl-key', 'ssl_key');
  return {
    mode,
    ...(ca ? { ca: readPem(ca) } : {}),
    ...(cert ? { cert: readPem(cert) } : {}),
    ...(key ? { key: readPem(key) } : {}),
  };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure('usage', `The certificate file ${file} of the database URL cannot be read.`, {
      try: 'Check its path: a relative one begins where bbctl is run.',
      cause: error,
    });
  }
}
