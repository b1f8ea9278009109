import { writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import test from 'ava';
import fc from 'fast-check';
import { parseDatabaseUrl, type Location, type ServerLocation } from '../../../src/lib/db/url.js';
import { Failure } from '../../../src/lib/errors.js';
import { temporaryFolder } from '../../_helpers/gate-hooks.js';

for (const name of ['PGHOST', 'PGPORT', 'PGUSER', 'PGSSLMODE', 'PGSSLROOTCERT', 'MYSQL_HOST']) delete process.env[name];

const files: [string, string][] = [
  ['sqlite:///state.sqlite', '/base/state.sqlite'],
  ['sqlite:////srv/bb/state.sqlite', '/srv/bb/state.sqlite'],
  ['sqlite:///%(basedir)s/state.sqlite', '/base/state.sqlite'],
  ['sqlite:///sub/../state.sqlite', '/base/state.sqlite'],
  ['sqlite:///state.sqlite?serialize_access=1&max_idle=20', '/base/state.sqlite'],
  ['sqlite+pysqlite:////srv/bb/state.sqlite', '/srv/bb/state.sqlite'],
];
for (const [url, file] of files) {
  test(`${url} is the file ${file}`, (t) => {
    t.like(parseDatabaseUrl(url, '/base'), { engine: 'sqlite', file, label: `sqlite:///${file}` });
  });
}

const user = userInfo().username;
const servers: [string, Partial<ServerLocation>][] = [
  ['postgresql://u:p@h/db', { engine: 'postgres', host: 'h', port: 5432, user: 'u', password: 'p', database: 'db', tls: null, label: 'postgresql://u@h/db' }],
  ['postgres://u@h:5433/db', { engine: 'postgres', port: 5433, password: null, label: 'postgresql://u@h:5433/db' }],
  ['postgresql+psycopg2://u:p@h/db', { engine: 'postgres', host: 'h' }],
  ['postgresql+asyncpg://u:p@h/db', { engine: 'postgres', host: 'h' }],
  ['POSTGRESQL://u:p@h/db', { engine: 'postgres' }],
  ['postgresql://h/db', { user }],
  ['postgresql:///db', { host: 'localhost', user, database: 'db' }],
  ['postgresql:///db?host=/var/run/postgresql&user=u', { host: '/var/run/postgresql', socket: '/var/run/postgresql', user: 'u' }],
  ['postgresql://u:p@[::1]:5433/db', { host: '::1', port: 5433, label: 'postgresql://u@[::1]:5433/db' }],
  ['postgresql://u:a%40b%2Fc%25%3A@h/db', { password: 'a@b/c%:', host: 'h' }],
  ['postgresql://u:@h/db', { password: '' }],
  ['postgresql://u:a:b@h/db', { password: 'a:b' }],
  ['mysql://u:p@h/db?charset=utf8mb4&max_idle=300', { engine: 'mysql', host: 'h', port: 3306, database: 'db' }],
  ['mysql+mysqldb://u:p@h/db?storage_engine=InnoDB', { engine: 'mysql' }],
  ['mysql+pymysql://u:p@h:3307/db', { engine: 'mysql', port: 3307 }],
  ['mariadb://u:p@h/db', { engine: 'mysql', label: 'mysql://u@h/db' }],
  ['mariadb+mariadbconnector://u:p@h/db', { engine: 'mysql' }],
  ['mysql://u:p@localhost/db?unix_socket=/run/mysqld/mysqld.sock', { socket: '/run/mysqld/mysqld.sock' }],
  ['mysql://h/db?user=u&passwd=p', { user: 'u', password: 'p', label: 'mysql://u@h/db' }],
  ['postgresql://h/db?user=u&password=p', { user: 'u', password: 'p', label: 'postgresql://u@h/db' }],
]; // prettier-ignore
for (const [url, location] of servers) {
  test(`${url} is understood`, (t) => {
    t.like(parseDatabaseUrl(url), location);
  });
}

test('TLS is asked for as libpq and the MySQL client name it', async (t) => {
  const ca = `${await temporaryFolder(t)}/ca.pem`;
  writeFileSync(ca, 'a certificate');
  const modes: [string, string | undefined][] = [
    ['postgresql://h/db', undefined],
    ['postgresql://h/db?sslmode=disable', undefined],
    ['postgresql://h/db?sslmode=prefer', 'prefer'],
    ['postgresql://h/db?sslmode=require', 'require'],
    [`postgresql://h/db?sslmode=verify-full&sslrootcert=${ca}`, 'verify-full'],
    [`postgresql://h/db?sslrootcert=${ca}`, 'verify-ca'],
    ['mysql://h/db?ssl-mode=REQUIRED', 'require'],
    ['mysql://h/db?ssl_mode=VERIFY_IDENTITY', 'verify-full'],
    ['mysql://h/db?ssl-mode=DISABLED', undefined],
    [`mysql://h/db?ssl-ca=${ca}`, 'verify-ca'],
    [`mysql://h/db?ssl_ca=${ca}&ssl-mode=REQUIRED`, 'require'],
  ];
  for (const [url, mode] of modes) t.is((parseDatabaseUrl(url) as ServerLocation).tls?.mode, mode as never, url);
  t.is((parseDatabaseUrl(`postgresql://h/db?sslrootcert=${ca}`) as ServerLocation).tls?.ca, 'a certificate');
});

const wrong: [string, RegExp][] = [
  ['', /is not a database URL/],
  ['/srv/bb/state.sqlite', /^"\/srv\/bb\/state\.sqlite" is not a database URL/],
  ['state.sqlite', /is not a database URL/],
  ['oracle://u:hidden@h/db', /is not a database URL/],
  ['postgresql:/u:hidden@h/db', /is not a database URL/],
  ['postgresql:u:hidden@h/db', /is not a database URL/],
  ['u:hidden@h/db', /is not a database URL/],
  ['http://u:hidden@h/db', /is not a database URL/],
  ['postgresql://u:hidden@h', /names no database/],
  ['postgresql://u:hidden@h/', /names no database/],
  ['postgresql://u:hidden@h:port/db', /is not a database URL/],
  ['postgresql:///u:hidden@h/db', /is not a database URL/],
  ['postgresql://u/hidden@h/db', /is not a database URL/],
  ['postgresql://u:hidden@h:99999/db', /port/],
  ['postgresql://u:hidden@h:0/db', /port/],
  ['postgresql://u:%zz@h/db', /hexadecimal/],
  ['postgresql://u:hidden@h/db?sslmode=sometimes', /"sometimes" is not a TLS mode/],
  ['mysql://u:hidden@h/db?ssl-mode=VERIFY', /"VERIFY" is not a TLS mode/],
  ['mysql://u:hidden@h/db?ssl-ca=/no/such/file', /\/no\/such\/file .* cannot be read/],
  ['sqlite://', /names no file/],
  ['sqlite:///', /names no file/],
  ['sqlite:///:memory:', /names no file/],
];
for (const [url, message] of wrong) {
  test(`"${url}" is refused with a sentence`, (t) => {
    const failure = t.throws<Failure>(() => parseDatabaseUrl(url), { instanceOf: Failure, message });
    t.is(failure?.code, 'usage');
    t.truthy(failure?.try);
    t.notRegex(`${failure?.message} ${failure?.try}`, /hidden/);
    t.regex(failure?.message ?? '', /\.$/);
  });
}

/** All that is ever shown of a URL. */
function shownOf(url: string): string {
  try {
    return parseDatabaseUrl(url).label;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${error.message}\n${error.try}`;
  }
}

test('whatever the password is, it arrives, and is never shown', (t) => {
  const password = fc.string({ minLength: 6, maxLength: 20, unit: 'binary' }).filter((text) => !/[\ud800-\udfff]/.test(text)); // prettier-ignore
  const scheme = fc.constantFrom('postgresql', 'mysql+pymysql', 'mariadb', 'postgres');
  fc.assert(
    fc.property(scheme, password, (name, secret) => {
      const location: Location = parseDatabaseUrl(`${name}://user:${encodeURIComponent(secret)}@host:1234/buildbot`);
      t.is((location as ServerLocation).password, secret);
      t.is(location.label, `${name.startsWith('p') ? 'postgresql' : 'mysql'}://user@host:1234/buildbot`);
    }),
  );
});

test('a slip of the key anywhere in the URL does not show the password', (t) => {
  const secret = 'Secr3tPassw0rd';
  const [head, tail] = ['postgresql://user:', '@host:1234/buildbot?sslmode=prefer&application_name=x'];
  const slip = fc.record({
    at: fc.nat({ max: head.length - 2 + tail.length }),
    remove: fc.nat({ max: 2 }),
    insert: fc.string({ maxLength: 2 }),
  });
  fc.assert(
    fc.property(slip, ({ at, remove, insert }) => {
      const change = (text: string, from: number): string => text.slice(0, from) + insert + text.slice(from + remove);
      // Without the colon before it, it is a part of the user's name.
      const url =
        at < head.length - 1
          ? `${change(head.slice(0, -1), at)}:${secret}${tail}`
          : `${head}${secret}${change(tail, at - head.length + 1)}`;
      t.notRegex(shownOf(url), new RegExp(secret), url);
    }),
    { numRuns: 2000 },
  );
});
