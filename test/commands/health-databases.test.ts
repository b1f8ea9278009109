// `health` on databases that are down, hang, cannot be written, or are not what bbctl knows: always an answer, in time.
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import { account } from '../_helpers/accounts.js';
import { addLivingMaster, deadMaster } from '../_helpers/clusters.js';
import type { CliOptions } from '../_helpers/cli.js';
import {
  diffDumps,
  emptyDatabase,
  engines,
  shiftTimes,
  type EngineName,
  type TestDatabase,
} from '../_helpers/database.js';
import { answers, fresh, health, home, told, type Status, type Told } from '../_helpers/health.js';
import { makeUnclean } from '../_helpers/killed.js';
import { closedPort, freezingAfter, listening } from '../_helpers/network.js';
import { samplesIn } from '../_helpers/prometheus.js';
import { secondConnection } from '../_helpers/second-connection.js';
import { asSomeoneElse } from '../_helpers/someone-else.js';

const servers = engines.filter((engine) => engine !== 'sqlite');
const schemes = [...new Set(servers.map((engine) => (engine === 'postgres' ? 'postgresql' : 'mysql')))];

// Without its deadline it would wait for longer than the tests do.
const hurried = '--deadline 2s --timeout 10m';
/** For what answers at once: a slow machine must not miss it. */
const patient = '--deadline 1m';

const up = (text: string) => samplesIn(text).map(({ name, value }) => [name, value]).slice(0, 1); // prettier-ignore

/** The file for the node exporter is replaced, and says that nothing is known. */
async function publishesUnknown(t: ExecutionContext, db: string): Promise<void> {
  const folder = home(t);
  const file = join(folder, 'bbctl.prom');
  writeFileSync(file, 'before\n');
  const { status, stdout } = await health(`--format prometheus --output ${file} ${hurried}`, { db });
  t.is(status, 3, stdout);
  t.deepEqual(up(readFileSync(file, 'utf8')), [['bbctl_up', 0]]);
  t.deepEqual(readdirSync(folder).filter((name) => name.startsWith('bbctl.prom')), ['bbctl.prom']); // prettier-ignore
}

async function isUnknown(t: ExecutionContext, db: string, error: RegExp, limits = patient): Promise<void> {
  const answer = await told(limits, { db });
  t.is(answer.status, 'unknown');
  t.regex(answer.error ?? '', error);
  await publishesUnknown(t, db);
}

/** In every format on one engine: they do not know where the findings are from. */
async function answersOn(
  t: ExecutionContext,
  engine: EngineName,
  ...[status, options, args]: [Status, CliOptions, string]
) {
  if (engine === 'sqlite') await answers(t, status, options, args);
  else t.is((await told(args, options)).status, status.toLowerCase());
}

test('sqlite: a file that is not there', async (t) => {
  await answers(t, 'UNKNOWN', { db: 'sqlite:////no/such/file.sqlite' }, patient);
  await isUnknown(t, 'sqlite:////no/such/file.sqlite', /no file \/no\/such\/file\.sqlite/);
});

for (const scheme of schemes) {
  const at = (port: number) => `${scheme}://u:p@127.0.0.1:${port}/b`;

  test(`${scheme}: nobody listens there`, async (t) => {
    const db = at(await closedPort());
    await answers(t, 'UNKNOWN', { db }, patient);
    await isUnknown(t, db, /does not answer/);
  });

  test(`${scheme}: a server that takes the connection and says nothing`, async (t) => {
    await isUnknown(t, at(await listening(t, () => {})), /No answer within 2 seconds|did not answer in time/, hurried);
  });
}

for (const engine of servers.filter((one) => one !== 'myisam')) {
  test(`${engine}: a network that stops at any moment`, async (t) => {
    const db = await deadMaster(t, engine);
    for (const bytes of [50, 500, 2000, 8000]) {
      const { status, stdout } = await health(hurried, { db: await freezingAfter(t, db.url, bytes) });
      t.is(status, 3, `${bytes} bytes: ${stdout}`);
    }
  });
}

/** Somebody who lets no one read; ends with what is returned. */
async function lockedAway(t: ExecutionContext, db: TestDatabase): Promise<() => Promise<void>> {
  if (db.engine === 'sqlite') {
    // In WAL mode, which Buildbot uses, nobody can keep readers out.
    await db.exec('PRAGMA journal_mode = DELETE');
    const other = new Sqlite(db.url.replace('sqlite:///', ''));
    t.teardown(() => other.close());
    other.exec('BEGIN EXCLUSIVE');
    return () => Promise.resolve(void other.exec('ROLLBACK'));
  }
  const other = await secondConnection(t, db);
  const isPostgres = db.engine === 'postgres';
  await other.exec(isPostgres ? 'BEGIN; LOCK TABLE masters IN ACCESS EXCLUSIVE MODE' : 'LOCK TABLES masters WRITE');
  return () => other.exec(isPostgres ? 'ROLLBACK' : 'UNLOCK TABLES');
}

for (const engine of engines) {
  test(`${engine}: somebody holds a lock that keeps readers out`, async (t) => {
    const db = await fresh(t, engine);
    const release = await lockedAway(t, db);
    await isUnknown(t, db.url, /No answer within 2 seconds|did not answer in time/, hurried);
    await release();
    t.is((await health('', { db: db.url })).status, 0);
  });

  test(`${engine}: an empty database, one of another program, and one of Buildbot 0.8`, async (t) => {
    const db = await emptyDatabase(engine);
    t.teardown(() => db.close());
    await isUnknown(t, db.url, / is empty\.$/);
    await db.exec('CREATE TABLE version (version INTEGER)');
    await isUnknown(t, db.url, /is not a Buildbot database/);
    await db.exec('CREATE TABLE buildrequests (id INTEGER)');
    await isUnknown(t, db.url, /before 0\.9\.0 \(0\.8\)/);
    const before = await db.dump();
    t.is((await health('--repair', { db: db.url })).status, 3);
    t.deepEqual(await db.dump(), before);
  });

  test(`${engine}: a newer revision is read with a warning, and not repaired`, async (t) => {
    const db = await uncleanBesideLiving(t, engine);
    await db.query('UPDATE alembic_version SET version_num = ?', ['099']);
    await answersOn(t, engine, 'WARNING', { db: db.url }, '--only schema-unknown');
    await isNotRepaired(t, db, /schema revision 099, which is newer than this bbctl knows/);
  });

  test(`${engine}: when every heart has stopped nothing is repaired, and that is critical`, async (t) => {
    const db = await uncleanBesideLiving(t, engine);
    await shiftTimes(db, -7200);
    const [before, options] = [await db.dump(), { db: db.url, home: home(t) }];
    await answersOn(t, engine, 'CRITICAL', options, '--repair');
    const { findings, repair } = await told('--repair --only no-master-alive', options);
    t.deepEqual([findings.map(({ id }) => id), repair], [['no-master-alive'], null]);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

async function uncleanBesideLiving(t: ExecutionContext, engine: TestDatabase['engine']): Promise<TestDatabase> {
  const db = await deadMaster(t, engine);
  await makeUnclean(db);
  await addLivingMaster(db);
  return db;
}

/** The answer is that of what was found; why it was not mended is told, and not even the journal is begun. */
async function isNotRepaired(t: ExecutionContext, db: TestDatabase, why: RegExp, url = db.url): Promise<void> {
  const [before, options] = [await db.dump(), { db: url, home: home(t) }];
  const ids = ({ status, findings }: Told) => [status, ...findings.map(({ id }) => id)];
  const found = await told('--repair', options);
  t.deepEqual(ids(found), ids(await told('', options)));
  t.is(found.status, 'critical');
  verifyTold(t, found.repair, why);
  t.false(readdirSync(options.home, { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.jsonl')));
  t.deepEqual(diffDumps(before, await db.dump()), []);
}

function verifyTold(t: ExecutionContext, repair: Told['repair'], why: RegExp): void {
  t.regex(repair?.status ?? '', why);
  t.is(repair?.journal, null);
}

for (const engine of servers) {
  test(`${engine}: a user who may only read sees all and repairs nothing`, async (t) => {
    const db = await uncleanBesideLiving(t, engine);
    const { url } = await account(t, db, 'select');
    await isNotRepaired(t, db, /may not do that/, url);
  });
}

for (const engine of servers.filter((one) => one === 'postgres')) {
  test(`${engine}: a database that is read-only is read, and not repaired`, async (t) => {
    const db = await uncleanBesideLiving(t, engine);
    await db.exec(`ALTER DATABASE ${new URL(db.url).pathname.slice(1)} SET default_transaction_read_only = on`);
    await isNotRepaired(t, db, /cannot be written/);
  });
}

for (const [what, modes, why] of [
  ['a file that this user may not write', [0o777, 0o444], /cannot be written/],
  ['a folder that this user may not write', [0o555, 0o666], /lock file .* cannot be made/],
] as const) {
  test(`sqlite: ${what} is read, and not repaired`, async (t) => {
    const db = await uncleanBesideLiving(t, 'sqlite');
    await db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
    const file = db.url.replace('sqlite:///', '');
    const before = await db.dump();
    t.teardown(() => chmodSync(dirname(file), 0o755));
    chmodSync(file, modes[1]);
    chmodSync(dirname(file), modes[0]);
    const read = asSomeoneElse(['health', '--format', 'json'], db.url);
    const repaired = asSomeoneElse(['health', '--format', 'json', '--repair'], db.url);
    t.is(repaired.status, read.status);
    const { status, repair } = JSON.parse(repaired.stdout) as Told;
    t.is(status, (JSON.parse(read.stdout) as Told).status);
    t.not(status, 'unknown');
    verifyTold(t, repair, why);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}
