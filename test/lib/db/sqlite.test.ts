// SQLite files that are locked, read-only, missing or something else.
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import test from 'ava';
import Sqlite from 'better-sqlite3';
import { bbctl, startBbctl, type CliOptions } from '../../_helpers/cli.js';
import { until } from '../../_helpers/buildbot/until.js';
import { deadMaster } from '../../_helpers/clusters.js';
import { diffDumps, type TestDatabase } from '../../_helpers/database.js';
import { temporaryFolder } from '../../_helpers/gate-hooks.js';
import { asSomeoneElse, someoneElse } from '../../_helpers/someone-else.js';

const fileOf = (db: TestDatabase): string => db.url.replace('sqlite:///', '');

async function failureOf(args: string[], options: CliOptions): Promise<{ status: number; code: string; message: string; try: string }> {
  const result = await bbctl([...args, '--json'], options);
  const { error } = result.json() as { error?: { code: string; message: string; try: string } };
  if (!error) throw new Error(`it did not fail: ${result.stdout}`);
  return { status: result.status, ...error };
} // prettier-ignore

for (const lock of ['IMMEDIATE', 'EXCLUSIVE']) {
  test(`while another connection holds BEGIN ${lock}, reads work and writes end in time`, async (t) => {
    const db = await deadMaster(t, 'sqlite');
    const before = await db.dump();
    const other = new Sqlite(fileOf(db));
    t.teardown(() => other.close());
    other.exec(`BEGIN ${lock}`);
    t.is((await bbctl(['status'], { db: db.url })).status, 0);
    const started = performance.now();
    const result = await bbctl(['masters', 'expire', '--yes', '--json', '--timeout', '1s'], { db: db.url });
    const seconds = (performance.now() - started) / 1000;
    t.is(result.status, 7, result.stdout);
    t.regex(result.stdout, /did not answer in time: database is locked/);
    t.true(seconds < 5, `${seconds} s`);
    t.deepEqual(diffDumps(before, await db.dump()), []);
    other.exec('ROLLBACK');
    t.is((await bbctl(['masters', 'expire', '--yes'], { db: db.url })).status, 0);
  });
}

test('a master that writes for a moment is waited for', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const other = new Sqlite(fileOf(db));
  t.teardown(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const running = startBbctl(['masters', 'expire', '--yes'], { db: db.url }).finished;
  const lockFile = `${fileOf(db)}.bbctl-lock`;
  await until('it begins', () => existsSync(lockFile), { everyMs: 10 });
  other.exec('ROLLBACK');
  t.is((await running).status, 0);
});

test('a file that is not there is not made', async (t) => {
  const folder = await temporaryFolder(t);
  for (const args of [['status'], ['masters', 'expire', '--yes']]) {
    const failure = await failureOf(args, { db: `sqlite:///${folder}/none.sqlite` });
    t.is(failure.status, 9);
    t.regex(failure.message, /no file .*none\.sqlite/);
  }
  t.deepEqual(readdirSync(folder), []);
});

test('a directory, text, an empty file and a broken database', async (t) => {
  const folder = await temporaryFolder(t);
  mkdirSync(`${folder}/directory`);
  writeFileSync(`${folder}/text`, 'This is no database, but it is long enough to look like one. '.repeat(100));
  writeFileSync(`${folder}/short`, 'x');
  writeFileSync(`${folder}/empty`, '');
  writeFileSync(`${folder}/header`, `SQLite format 3\0${'x'.repeat(4080)}`);
  const cases: [string, number, RegExp][] = [
    ['directory', 9, /directory/],
    ['text', 10, /not a healthy SQLite database|not a database/],
    ['short', 10, /is empty/],
    ['empty', 10, /is empty/],
    ['header', 10, /not a healthy SQLite database|not a database|is empty/],
  ];
  for (const [name, status, message] of cases) {
    const failure = await failureOf(['status'], { db: `sqlite:///${folder}/${name}` });
    t.is(failure.status, status, `${name}: ${failure.message}`);
    t.regex(failure.message, message);
    t.regex(failure.message, new RegExp(name));
  }
  t.deepEqual(readdirSync(folder).sort(), ['directory', 'empty', 'header', 'short', 'text']);
});

test('a directory in which this user may not write: reads work or say why, writes say why, nothing changes', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const before = await db.dump();
  const folder = dirname(fileOf(db));
  chmodSync(folder, 0o555);
  chmodSync(fileOf(db), 0o444);
  t.teardown(() => chmodSync(folder, 0o755));
  const read = asSomeoneElse(['status', '--json'], db.url);
  t.true([0, 9].includes(read.status ?? -1), read.stdout + read.stderr);
  const written = asSomeoneElse(['masters', 'expire', '--yes', '--json'], db.url);
  t.is(written.status, 9, written.stdout + written.stderr);
  t.notRegex(written.stdout, /"bug"/);
  t.deepEqual(diffDumps(before, await db.dump()), []);
});

test('a database of a master that has stopped, in a directory in which this user may not write, can be read', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  await db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
  const folder = dirname(fileOf(db));
  chmodSync(folder, 0o555);
  chmodSync(fileOf(db), 0o444);
  t.teardown(() => chmodSync(folder, 0o755));
  const read = asSomeoneElse(['masters'], db.url);
  t.is(read.status, 0, read.stderr);
  const written = asSomeoneElse(['masters', 'expire', '--yes'], db.url);
  t.is(written.status, 9, written.stderr);
  t.notRegex(written.stderr, /bug in bbctl/);
});

test('a file that this user may not read', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  chmodSync(fileOf(db), 0o600);
  chmodSync(dirname(fileOf(db)), 0o755);
  const { status, stdout } = asSomeoneElse(['status', '--json'], db.url);
  t.is(status, someoneElse.length > 0 ? 9 : 0, stdout);
  t.notRegex(stdout, /"bug"/);
});
