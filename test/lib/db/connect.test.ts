// Ways not to get into a database: each ends with a sentence, in time, and shows no password.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { account, type Account } from '../../_helpers/accounts.js';
import { bbctl, temporaryHome, type CliOptions, type CliResult } from '../../_helpers/cli.js';
import { deadMaster } from '../../_helpers/clusters.js';
import { diffDumps, engines } from '../../_helpers/database.js';
import { temporaryFolder } from '../../_helpers/gate-hooks.js';
import { closedPort, freezingAfter, listening } from '../../_helpers/network.js';

const servers = engines.filter((engine) => engine === 'postgres' || engine === 'innodb');
const schemes = servers.map((engine) => (engine === 'postgres' ? 'postgresql' : 'mysql'));

interface Said {
  code: string;
  message: string;
  try?: string;
}

/** Too late, or given up: what comes first when neither side says anything. */
const inTime = [7, 9];

/** With and without `--json`: the same status, one sentence with a way out, and neither a stack nor the secret. */
async function refused(t: ExecutionContext, args: string[], options: CliOptions, secret?: string, isSame = true): Promise<{ status: number; error: Said }> {
  const [plain, json] = await Promise.all([bbctl(args, options), bbctl([...args, '--json'], options)]);
  t.is(json.stderr, '');
  const { error } = json.json() as { error: Said };
  t.regex(plain.stderr, /^Error: [A-Z"].*[.]\n./s);
  if (isSame) {
    t.is(plain.status, json.status);
    t.true(plain.stderr.startsWith(`Error: ${error.message}`), plain.stderr);
  } else t.true([plain.status, json.status].every((status) => inTime.includes(status)));
  t.regex(error.message, /^[A-Z"].*[.]$/s);
  t.truthy(error.try);
  for (const text of [plain.stdout, plain.stderr, json.stdout]) {
    t.notRegex(text, /^\s+at .*:\d+:\d+/m);
    t.notRegex(text, /bug in bbctl/);
    if (secret !== undefined) verifyHidden(t, text, secret);
  }
  return { status: json.status, error };
} // prettier-ignore

function verifyHidden(t: ExecutionContext, text: string, secret: string): void {
  t.false(text.includes(secret), text);
  t.false(text.includes(encodeURIComponent(secret)), text);
}

async function works(t: ExecutionContext, url: string, options: CliOptions): Promise<CliResult> {
  const result = await bbctl(['masters'], { db: url, ...options });
  t.is(result.status, 0, result.stderr);
  return result;
}

function otherPassword({ url, password }: Account): string {
  return url.replace(encodeURIComponent(password), encodeURIComponent(`not-${password}`));
}

for (const engine of servers) {
  test(`${engine}: a wrong password is said and not shown`, async (t) => {
    const db = await deadMaster(t, engine);
    const who = await account(t, db, 'all');
    const { status, error } = await refused(t, ['status'], { db: otherPassword(who) }, who.password);
    t.is(status, 9);
    t.is(error.code, 'unreachable');
    t.regex(error.message, /does not let us in/);
    const none = await refused(t, ['status'], { db: who.withoutPassword });
    t.is(none.status, 9);
    t.regex(none.error.message, /does not let us in/);
    t.regex(none.error.try ?? '', engine === 'postgres' ? /PGPASSWORD/ : /MYSQL_PWD/);
  });

  test(`${engine}: the password is found in the environment and in files`, async (t) => {
    const db = await deadMaster(t, engine);
    const who = await account(t, db, 'all');
    const home = temporaryHome();
    if (engine === 'postgres') {
      const { hostname, port, pathname } = new URL(who.url);
      const line = [hostname, port, pathname.slice(1), who.user, who.password.replaceAll(':', '\\:')].join(':');
      writeFileSync(`${home}/pass`, `${line}\n`, { mode: 0o600 });
      await works(t, who.withoutPassword, { env: { PGPASSWORD: who.password } });
      await works(t, who.withoutPassword, { env: { PGPASSFILE: `${home}/pass` } });
      writeFileSync(`${home}/.pgpass`, `${line}\n`, { mode: 0o600 });
      await works(t, who.withoutPassword, { home });
    } else await works(t, who.withoutPassword, { env: { MYSQL_PWD: who.password } });
    writeFileSync(`${home}/bb-password`, `${who.password}\n`);
    const add = [
      'contexts',
      'add',
      'production',
      '--db',
      who.withoutPassword,
      '--password-file',
      `${home}/bb-password`,
    ];
    t.is((await bbctl(add, { home })).status, 0);
    const result = await bbctl(['masters'], { home });
    t.is(result.status, 0, result.stderr);
  });

  test(`${engine}: no output and no journal has the password`, async (t) => {
    const db = await deadMaster(t, engine);
    const { url, password } = await account(t, db, 'all');
    const journal = await temporaryFolder(t);
    const options = { db: url, env: { BBCTL_JOURNAL_DIR: journal } };
    for (const args of [['status'], ['status', '--json'], ['masters', 'expire', '--yes'], ['journal'], ['journal', 'show', '1', '--json'], ['undo', '1', '--yes', '--json'], ['contexts', 'add', 'x', '--db', url], ['journal', '--json']]) {
      const { status, stdout, stderr } = await bbctl(args, options);
      t.is(status, 0, stderr);
      verifyHidden(t, stdout + stderr, password);
    }
    const files = readdirSync(journal).map((file) => readFileSync(`${journal}/${file}`, 'utf8'));
    t.true(files.length >= 2);
    for (const text of files) verifyHidden(t, text, password);
  }); // prettier-ignore

  test(`${engine}: an account that may only read sees all and changes nothing`, async (t) => {
    const db = await deadMaster(t, engine);
    const { url, password } = await account(t, db, 'select');
    const before = await db.dump();
    t.regex((await works(t, url, {})).stdout, /dead/);
    t.is((await bbctl(['masters', 'expire', '--dry-run'], { db: url })).status, 0);
    const { status, stdout, stderr } = await bbctl(['masters', 'expire', '--yes'], { db: url });
    t.is(status, 9);
    t.regex(stdout + stderr, /may not do that|cannot be written/);
    t.notRegex(stdout + stderr, /bug in bbctl/);
    verifyHidden(t, stdout + stderr, password);
    const json = await bbctl(['masters', 'expire', '--yes', '--json'], { db: url });
    t.is(json.status, 9);
    t.notThrows(json.json);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: no such database`, async (t) => {
    const db = await deadMaster(t, engine);
    const { status, error } = await refused(t, ['status'], { db: db.url.replace(/[^/]+$/, 'no_such_database') });
    t.is(status, 9);
    t.regex(error.message, /no_such_database/);
  });

  for (const bytes of [0, 300, 1500]) {
    test(`${engine}: a connection that freezes after ${bytes} bytes ends in time`, async (t) => {
      const db = await deadMaster(t, engine);
      const url = await freezingAfter(t, db.url, bytes);
      const options = { db: url, timeoutMs: 20_000 };
      const { status } = await refused(t, ['status', '--timeout', '1s'], options, undefined, false);
      t.true(inTime.includes(status), String(status));
    });
  }

  test(`${engine}: a connection that freezes while it writes ends in time`, async (t) => {
    const db = await deadMaster(t, engine);
    const home = temporaryHome();
    const statuses = new Set<number>();
    for (const bytes of [8000, 12_000, 20_000]) {
      const url = await freezingAfter(t, db.url, bytes);
      const args = ['masters', 'expire', '--yes', '--timeout', '1s', '--json'];
      const result = await bbctl(args, { db: url, home, timeoutMs: 30_000 });
      statuses.add(result.status);
      t.notThrows(result.json);
      t.notRegex(result.stdout, /bug/);
    }
    t.deepEqual([...statuses].filter((status) => ![0, 5, 7, 8, 9].includes(status)), []);
  }); // prettier-ignore
}

for (const scheme of schemes) {
  const secret = 'Secr3t-Passw0rd';
  const at = (port: number): string => `${scheme}://u:${secret}@127.0.0.1:${port}/buildbot`;

  test(`${scheme}: nobody listens there`, async (t) => {
    const { status, error } = await refused(t, ['status'], { db: at(await closedPort()) }, secret);
    t.is(status, 9);
    t.regex(error.message, /does not answer/);
  });

  test(`${scheme}: the host is not known`, async (t) => {
    const { status } = await refused(t, ['status'], { db: `${scheme}://u:${secret}@no-such-host.invalid/b` }, secret); // prettier-ignore
    t.is(status, 9);
  });

  test(`${scheme}: a server that accepts and never answers`, async (t) => {
    const port = await listening(t, () => {});
    const { status } = await refused(
      t,
      ['status', '--timeout', '1s'],
      { db: at(port), timeoutMs: 20_000 },
      secret,
      false,
    );
    t.true(inTime.includes(status), String(status));
  });

  test(`${scheme}: a server that hangs up`, async (t) => {
    const port = await listening(t, (socket) => socket.destroy());
    // Reset or ended: the driver hears the one or the other.
    const { status } = await refused(t, ['status'], { db: at(port) }, secret, false);
    t.is(status, 9);
  });

  test(`${scheme}: a server of something else`, async (t) => {
    const port = await listening(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
    const { status } = await refused(
      t,
      ['status', '--timeout', '1s'],
      { db: at(port), timeoutMs: 20_000 },
      secret,
      false,
    );
    t.true(inTime.includes(status), String(status));
  });
}

test('a passwordFile that cannot be read is said', async (t) => {
  const home = temporaryHome();
  const add = ['contexts', 'add', 'production', '--db', 'postgresql://u@127.0.0.1/b', '--password-file', `${home}/none`];
  t.is((await bbctl(add, { home })).status, 0);
  const { status, error } = await refused(t, ['status'], { home });
  t.is(status, 2);
  t.regex(error.message, /passwordFile .*\/none .*cannot be read/);
}); // prettier-ignore
