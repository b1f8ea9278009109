// Several programs at one database: two bbctl, bbctl beside a master, bbctl interrupted, bbctl without its connection.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import type { Transaction } from '../../src/lib/db/connect.js';
import { takeLock } from '../../src/lib/db/lock.js';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { exitStatusOf } from '../../src/lib/change.js';
import { until } from '../_helpers/buildbot/until.js';
import { bbctl, startBbctl, temporaryHome, type RunningCli } from '../_helpers/cli.js';
import { deadMaster, diffButForTimes, epochSeconds, restore } from '../_helpers/clusters.js';
import { diffDumps, engines, type Dump, type TestDatabase } from '../_helpers/database.js';
import { entriesOf, expireDead, temporaryFolder, throughGate, undo } from '../_helpers/gate-hooks.js';
import { untilOneWaits, secondConnection } from '../_helpers/second-connection.js';

const servers = engines.filter((engine) => engine !== 'sqlite');
const withTransactions = engines.filter((engine) => engine !== 'myisam');

/** The database before and after a repair that nobody disturbed; left as before. */
async function beforeAndAfter(t: ExecutionContext, db: TestDatabase): Promise<{ before: Dump; repaired: Dump }> {
  const before = await db.dump();
  await throughGate(db.url, expireDead(), { journal: await temporaryFolder(t) });
  const repaired = await db.dump();
  await restore(db, before);
  return { before, repaired };
}

for (const engine of engines) {
  test(`${engine}: two "masters expire" at once end as one would, and each row is written once`, async (t) => {
    const db = await deadMaster(t, engine);
    const { before, repaired } = await beforeAndAfter(t, db);
    const journal = await temporaryFolder(t);
    const run = () => bbctl(['masters', 'expire', '--yes', '--json'], { db: db.url, env: { BBCTL_JOURNAL_DIR: journal } }); // prettier-ignore
    const results = await Promise.all([run(), run()]);
    const statuses = results.map(({ status }) => status).sort();
    t.true(statuses.includes(0));
    t.deepEqual(statuses.filter((status) => ![0, 5, 7].includes(status)), []); // prettier-ignore
    for (const result of results) t.notThrows(result.json);
    t.deepEqual(diffButForTimes(repaired, await db.dump()), []);
    const written = entriesOf(journal).filter(({ steps }) => steps.some(({ state }) => state !== 'rolled back'));
    t.is(written.length, 1);
    await undo(db.url, journal, written[0]?.id ?? 0);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a second bbctl waits a while, then says what the first does and whose it is; status 7`, async (t) => {
    const db = await deadMaster(t, engine);
    const before = await db.dump();
    const lock = await takeLock(parseDatabaseUrl(db.url), 'requests release', 0);
    t.teardown(() => lock.release());
    const result = await bbctl(['masters', 'expire', '--yes', '--json'], { db: db.url });
    t.is(result.status, 7);
    const { error } = result.json() as { error: { code: string; message: string } };
    t.is(error.code, 'timedOut');
    t.regex(error.message, /^Another bbctl is changing /);
    t.regex(error.message, holderOn(db));
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a second bbctl that waits takes its turn when the first ends`, async (t) => {
    const db = await deadMaster(t, engine);
    const location = parseDatabaseUrl(db.url);
    const first = await takeLock(location, 'requests release', 0);
    const second = takeLock(location, 'masters expire', 30_000);
    await first.release();
    await (await second).release();
    t.pass();
  });

  test(`${engine}: an upgrade has a lock of its own: changes go on beside it, a second upgrade is refused with whose it is`, async (t) => {
    const db = await deadMaster(t, engine);
    const location = parseDatabaseUrl(db.url);
    const upgrade = await takeLock(location, 'upgrade', 0, 'upgrade');
    t.teardown(() => upgrade.release());
    await (await takeLock(location, 'requests release', 0)).release();
    const error = await t.throwsAsync(takeLock(location, 'upgrade', 0, 'upgrade'), { name: 'Failure' });
    t.like(error, { code: 'refused' });
    t.regex(error.message, /^Another bbctl is upgrading .*since \d{4}-\d\d-\d\d/);
    t.true(await upgrade.keep());
  });

  test(`${engine}: the lock of an upgrade that is lost is taken anew, unless another one has it by then`, async (t) => {
    const db = await deadMaster(t, engine);
    const location = parseDatabaseUrl(db.url);
    const first = await takeLock(location, 'upgrade', 0, 'upgrade');
    t.teardown(() => first.release());
    await loseLocks(db);
    t.true(await first.keep());
    await t.throwsAsync(takeLock(location, 'upgrade', 0, 'upgrade'), { code: 'refused' });
    await loseLocks(db);
    const second = await takeLock(location, 'upgrade', 0, 'upgrade');
    t.false(await first.keep());
    await second.release();
    t.true(await first.keep());
  });

  test(`${engine}: the lock is free after a refusal in the middle`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    writeFileSync(`${journal}/file`, '');
    // Where the journal cannot be written nothing is.
    const blocked = { journal: `${journal}/file/below` };
    await t.throwsAsync(throughGate(db.url, expireDead(), blocked), { name: 'Failure', message: /journal/ });
    const lock = await takeLock(parseDatabaseUrl(db.url), 'test', 0);
    await lock.release();
    t.pass();
  });
}

/** As a restart of the server, or somebody who removes the file, does. */
async function loseLocks(db: TestDatabase): Promise<void> {
  if (db.engine === 'sqlite') rmSync(`${parseDatabaseUrl(db.url).label.replace(/^sqlite:\/+/, '/')}.bbctl-upgrade-lock`);
  else if (db.engine === 'postgres') await db.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'bbctl upgrade%' AND datname = current_database()"); // prettier-ignore
  else await db.query(`KILL ${String((await db.query("SELECT is_used_lock(concat('bbctl.u.', md5(database()))) AS id"))[0]?.['id'])}`); // prettier-ignore
}

/** MySQL tells other sessions nothing of what one is for. */
function holderOn({ engine }: TestDatabase): RegExp {
  if (engine === 'postgres') return /bbctl requests release \(\w+@[\w.-]+ \d+\), connected since \d{4}-/;
  if (engine === 'sqlite') return /: requests release by \w+@[\w.-]+, process \d+, since \d{4}-/;
  return /: \w+@\S+, connection \d+/;
}

test('sqlite: the lock file of a process that is gone is taken over', async (t) => {
  const { url, file } = await sqliteFile(t);
  const { pid } = spawnSync('true');
  writeLockFile(file, { pid });
  const lock = await takeLock(parseDatabaseUrl(url), 'test', 0);
  t.true(existsSync(file));
  await lock.release();
  t.false(existsSync(file));
});

test('sqlite: the lock file of before the machine was started again is taken over, whoever has the process id by now', async (t) => {
  const { url, file } = await sqliteFile(t);
  writeLockFile(file, { pid: process.pid, boot: 'of another start' });
  const lock = await takeLock(parseDatabaseUrl(url), 'test', 0);
  await lock.release();
  t.false(existsSync(file));
});

test('sqlite: the lock file of a living process, or of another machine, is not taken over', async (t) => {
  const { url, file } = await sqliteFile(t);
  for (const holder of [{ pid: process.pid }, { pid: spawnSync('true').pid, host: `not-${hostname()}` }]) {
    writeLockFile(file, holder);
    await t.throwsAsync(takeLock(parseDatabaseUrl(url), 'test', 0), {
      code: 'timedOut',
      message: /masters expire by /,
    });
    t.true(existsSync(file));
  }
});

test('sqlite: of many that find a stale lock file one takes it', async (t) => {
  const { url, file } = await sqliteFile(t);
  writeLockFile(file, { pid: spawnSync('true').pid });
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(parseDatabaseUrl(url), 'test', 0)));
  t.is(tries.filter(({ status }) => status === 'fulfilled').length, 1);
});

async function sqliteFile(t: ExecutionContext): Promise<{ url: string; file: string }> {
  const folder = await temporaryFolder(t);
  return { url: `sqlite:///${folder}/state.sqlite`, file: `${folder}/state.sqlite.bbctl-lock` };
}

function writeLockFile(
  file: string,
  { pid, host = hostname(), boot }: { pid: number; host?: string; boot?: string },
): void {
  writeFileSync(
    file,
    JSON.stringify({ pid, host, boot, user: 'somebody', purpose: 'masters expire', since: new Date() }),
  );
}

interface Held {
  running: RunningCli;
  journal: string;
  release: () => Promise<void>;
}

/** `masters expire` of the command line, in its first step, waiting for the row of the master that another one has. */
async function heldInFirstStep(t: ExecutionContext, db: TestDatabase, finish = 'ROLLBACK'): Promise<Held> {
  const journal = await temporaryFolder(t);
  const start = () => startBbctl(['masters', 'expire', '--yes', '--json', '--timeout', '5m'], { db: db.url, env: { BBCTL_JOURNAL_DIR: journal } }); // prettier-ignore
  const beat = `UPDATE masters SET last_active = ${epochSeconds()} WHERE id = 1`;
  if (db.engine === 'sqlite') {
    const other = new Sqlite(db.url.replace('sqlite:///', ''));
    t.teardown(() => other.close());
    other.exec(`BEGIN IMMEDIATE; ${beat}`);
    const running = start();
    // Made after the last look at the plan and before the first step.
    await until('the journal is there', () => entriesOf(journal).length > 0, { everyMs: 20 });
    return { running, journal, release: () => Promise.resolve(void other.exec(finish)) };
  }
  const other = await secondConnection(t, db);
  await other.exec(`BEGIN; ${beat}`);
  const running = start();
  await untilOneWaits(db, 'it waits');
  return { running, journal, release: () => other.exec(finish) };
}

for (const engine of withTransactions) {
  test(`${engine}: Ctrl-C lets the step that is being written end, and says that the rest was not done; status 8`, async (t) => {
    const db = await deadMaster(t, engine);
    const before = await db.dump();
    const { running, journal, release } = await heldInFirstStep(t, db);
    running.kill('SIGINT');
    await release();
    const result = await running.finished;
    const { status, stderr } = result;
    const report = result.json() as { status: string; results: { outcome: string; detail?: string }[] };
    t.is(stderr, '');
    t.deepEqual(report.results.slice(1).map(({ outcome, detail }) => [outcome, detail]), [['skipped', 'interrupted'], ['skipped', 'interrupted']]); // prettier-ignore
    // On SQLite the signal may be heard before the step has begun: then nothing is done.
    if (engine !== 'sqlite') t.is(report.results[0]?.outcome, 'done');
    const isBegun = report.results[0]?.outcome === 'done';
    t.is(report.status, isBegun ? 'partly done' : 'failed');
    t.is(status, isBegun ? 8 : 6);
    t.is(entriesOf(journal)[0]?.state, 'failed');
    await undo(db.url, journal, 1);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a heartbeat that is being written when bbctl comes wins: nothing is done, status 5`, async (t) => {
    const db = await deadMaster(t, engine);
    const before = await db.dump();
    const { running, release } = await heldInFirstStep(t, db, 'COMMIT');
    await release();
    const result = await running.finished;
    t.is(result.status, 5);
    t.like(result.json(), { status: 'changed meanwhile', results: [{ outcome: 'unchanged' }] });
    t.deepEqual(diffDumps(before, await db.dump()).map(({ table }) => table), ['masters']); // prettier-ignore
  });
}

for (const engine of servers) {
  const kill = engine === 'postgres' ? 'SELECT pg_terminate_backend(?)' : 'KILL ?';
  const own = engine === 'postgres' ? 'SELECT pg_backend_pid() AS id' : 'SELECT connection_id() AS id';

  for (const step of [0, 1]) {
    test(`${engine}: the connection is lost in step ${step}: it says so, the journal too, and running it again mends it`, async (t) => {
      const db = await deadMaster(t, engine);
      const { before, repaired } = await beforeAndAfter(t, db);
      const journal = await temporaryFolder(t);
      const kinds = ['finish builds', 'release requests'];
      const lose = async (tx: Transaction): Promise<void> => {
        const result: unknown = await tx.sql.raw(own);
        const [row] = engine === 'postgres' ? (result as { rows: { id: number }[] }).rows : ((result as unknown[])[0] as { id: number }[]); // prettier-ignore
        await db.query(kill, [row?.id]);
      };
      const expire = expireDead();
      const operation: typeof expire = {
        ...expire,
        work: async (tx, one) => {
          const rows = await expire.work(tx, one);
          if (one.kind === kinds[step]) await lose(tx);
          return rows;
        },
      };
      const report = await throughGate(db.url, operation, { journal });
      t.is(exitStatusOf(report), step === 0 ? 9 : 8);
      t.deepEqual(report.results.map(({ outcome }) => outcome), [...Array<string>(step).fill('done'), 'failed', ...Array<string>(2 - step).fill('skipped')]); // prettier-ignore
      t.regex(report.results[step]?.detail ?? '', /^The database \S+ does not answer: .+\.$/);
      const [entry] = entriesOf(journal);
      t.is(entry?.state, 'failed');
      t.deepEqual(entry?.steps.map(({ state }) => state), [...Array<string>(step).fill('committed'), 'unknown']); // prettier-ignore
      t.is((await throughGate(db.url, expireDead(), { journal })).status, 'done');
      t.deepEqual(diffButForTimes(repaired, await db.dump()), []);
      await undo(db.url, journal, 2);
      await undo(db.url, journal, 1);
      t.deepEqual(diffDumps(before, await db.dump()), []);
    });
  }
}

for (const engine of servers.filter((one) => one !== 'myisam')) {
  test(`${engine}: all connections of the command are cut while it writes: a sentence, no stack`, async (t) => {
    const db = await deadMaster(t, engine);
    const before = await db.dump();
    const { running, journal, release } = await heldInFirstStep(t, db);
    await cutWaiting(db);
    const result = await running.finished;
    const { status, stdout, stderr } = result;
    t.is(status, 9);
    t.is(stderr, '');
    t.notRegex(stdout, /\n\s+at /);
    t.like(result.json(), {
      status: 'failed',
      results: [{ outcome: 'failed' }, { outcome: 'skipped' }, { outcome: 'skipped' }],
    });
    await release();
    t.is(entriesOf(journal)[0]?.state, 'failed');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

async function cutWaiting(db: TestDatabase): Promise<void> {
  if (db.engine === 'postgres') {
    await db.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'bbctl %'`); // prettier-ignore
    return;
  }
  // InnoDB may still tell of a moment ago.
  const waiting = () => db.query(`SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx t JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id WHERE p.db = DATABASE() AND trx_state = 'LOCK WAIT'`); // prettier-ignore
  const rows = await until(
    'the server knows who waits',
    async () => {
      const found = await waiting();
      return found.length > 0 && found;
    },
    { everyMs: 250 },
  );
  for (const row of rows) await db.query('KILL ?', [row.id]);
}

test('a journal that several write at once has one entry for each, and no number twice', async (t) => {
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const databases = await Promise.all(Array.from({ length: 4 }, () => deadMaster(t, 'sqlite')));
  const results = await Promise.all(databases.map((db) => bbctl(['masters', 'expire', '--yes', '--json'], { db: db.url, home }))); // prettier-ignore
  t.deepEqual(results.map((result) => (result.json() as { journal: number }).journal).sort(), [1, 2, 3, 4]); // prettier-ignore
  const { changes } = (await bbctl(['journal', '--json'], { home })).json() as { changes: { state: string }[] };
  t.deepEqual(changes.map(({ state }) => state), ['done', 'done', 'done', 'done']); // prettier-ignore
});
