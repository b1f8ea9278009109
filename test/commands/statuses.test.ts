// Every command and the exit statuses that it can have, as text and as --json. The table is src/lib/errors.ts.
// But for `health`, which answers monitoring with statuses of its own: see health.test.ts.
import { rmSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { exitStatuses } from '../../src/lib/errors.js';
import { bbctl, temporaryHome, type CliOptions } from '../_helpers/cli.js';
import { addLivingMaster, deadMaster, heartbeat, stuckRequest } from '../_helpers/clusters.js';
import { diffDumps, type TestDatabase } from '../_helpers/database.js';
import { closedPort } from '../_helpers/network.js';
import { inTerminal, plainText } from '../_helpers/terminal.js';

const reads = ['status', 'masters', 'masters show 1', 'services', 'services show 1', 'builders', 'workers', 'requests', 'builds', 'doctor', 'why 1']; // prettier-ignore
const changes = ['masters expire', 'services release', 'services disable any', 'services enable any', 'requests release', 'requests cancel 2', 'builds finish']; // prettier-ignore
const journals = ['undo 1', 'journal complete 1'];
const others = ['journal', 'journal show 1', 'contexts', 'contexts add x --db sqlite:////x', 'contexts use x', 'contexts remove x']; // prettier-ignore
const lists = ['masters', 'services', 'builders', 'workers', 'requests', 'builds', 'journal'];

type Failing = keyof typeof exitStatuses;

/** The same status with and without --json; one JSON document with a code, a sentence and mostly a way out. */
async function fails(
  t: ExecutionContext,
  line: string | string[],
  code: Failing,
  options: CliOptions = {},
): Promise<string> {
  const args = typeof line === 'string' ? line.split(' ') : line;
  const plain = await bbctl(args, options);
  t.is(plain.status, exitStatuses[code], `${args.join(' ')}: ${plain.stderr}`);
  t.regex(plain.stderr, /^(Error: |Usage)/);
  t.notRegex(plain.stderr, /^\s+at .*:\d+/m);
  const json = await bbctl([...args, '--json'], options);
  t.is(json.status, exitStatuses[code], json.stdout);
  t.is(json.stderr, '');
  const { error } = json.json() as { error: { code: string; message: string; try?: string } };
  t.is(error.code, code);
  t.is(typeof error.message, 'string');
  t.notRegex(error.message, /^\s+at .*:\d+/m);
  return error.message;
}

async function usable(t: ExecutionContext): Promise<{ db: TestDatabase; options: CliOptions }> {
  const db = await deadMaster(t, 'sqlite');
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  return { db, options: { db: db.url, home } };
}

test('0: every command that reads', async (t) => {
  const { options } = await usable(t);
  for (const line of [...reads, 'journal', 'contexts']) {
    const plain = await bbctl(line.split(' '), options);
    t.like(plain, { status: 0, stderr: '' }, line);
    t.true(plain.stdout.length > 0);
    const json = await bbctl([...line.split(' '), '--json'], options);
    t.like(json, { status: 0, stderr: '' }, line);
    t.notThrows(json.json);
  }
});

test('0: every command that changes, its dry run, and when there is nothing to do', async (t) => {
  const { db, options } = await usable(t);
  for (const line of changes) {
    const before = await db.dump();
    const dry = await bbctl([...line.split(' '), '--dry-run', '--json'], options);
    t.is(dry.status, 0, `${line}: ${dry.stdout}`);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  }
  for (const line of changes) {
    const done = await bbctl([...line.split(' '), '--yes', '--json'], options);
    t.is(done.status, 0, `${line}: ${done.stdout}`);
    const again = await bbctl([...line.split(' '), '--yes'], options);
    t.is(again.status, 0, `${line}: ${again.stderr}`);
    t.regex(again.stdout, /Nothing to do\.$/m);
  }
});

test('2: an unknown flag, of every command', async (t) => {
  const { options } = await usable(t);
  for (const line of [...reads, ...changes, ...journals, ...others]) {
    t.regex(await fails(t, `${line} --no-such-flag`, 'usage', options), /--no-such-flag/, line);
  }
});

test('2: an argument too many, of every command that takes so many', async (t) => {
  const { options } = await usable(t);
  const many = [...reads, ...journals, ...others];
  // After a word that is a topic another one is looked for as a command.
  for (const line of many.filter((one) => one.includes(' '))) await fails(t, `${line} toomuch`, 'usage', options);
  for (const line of many.filter((one) => !one.includes(' '))) {
    const { status, stdout, stderr } = await bbctl([line, 'toomuch'], options);
    t.like({ status, stdout }, { status: 2, stdout: '' });
    t.regex(stderr, /not found/);
  }
});

test('2: an argument that is missing', async (t) => {
  const { options } = await usable(t);
  for (const line of ['masters show', 'why', 'services show', 'services enable', 'services disable', 'requests cancel', 'undo', 'journal show', 'journal complete', 'contexts add', 'contexts use', 'contexts remove']) {
    await fails(t, line, 'usage', options);
  } // prettier-ignore
});

test('2: ids that are no ids', async (t) => {
  const { options } = await usable(t);
  for (const id of ['x', '1.5', '-1', '1e3', '0x10', '', ' 1', '99999999999999999999', '1;DROP TABLE masters', '１']) {
    for (const command of [['requests', 'release'], ['requests', 'cancel'], ['builds', 'finish'], ['undo'], ['journal', 'show'], ['journal', 'complete']]) {
      await fails(t, [...command, id], 'usage', options);
    }
  } // prettier-ignore
});

test('2: columns, filters, sorts, durations and limits that are wrong', async (t) => {
  const { options } = await usable(t);
  for (const topic of lists) {
    t.regex(await fails(t, `${topic} --filter nonsense`, 'usage', options), /is not a filter/);
    t.regex(await fails(t, `${topic} --filter nonsense=1`, 'usage', options), /no column "nonsense"/);
    t.regex(await fails(t, `${topic} --sort nonsense`, 'usage', options), /no column "nonsense"/);
    t.is((await bbctl([topic, '--columns', 'nonsense'], options)).status, 2);
  }
  for (const duration of ['soon', '10x', '-1s', '1.5m', '']) {
    await fails(t, ['masters', '--expire-after', duration], 'usage', options);
    await fails(t, ['masters', '--timeout', duration], 'usage', options);
  }
  t.regex(await fails(t, 'masters --expire-after 149s', 'usage', options), /150s/);
  await fails(t, 'masters --timeout 0s', 'usage', options);
  for (const limit of ['0', '-1', 'x']) await fails(t, ['requests', '--limit', limit], 'usage', options);
  await fails(t, 'requests --pending --stuck', 'usage', options);
  for (const flag of ['--only', '--skip', '--warning', '--critical'])
    await fails(t, `doctor ${flag} nonsense`, 'usage', options);
  await fails(t, 'why 1 --buildset 1', 'usage', options);
  await fails(t, 'masters --db nonsense', 'usage', options);
  await fails(t, 'masters', 'usage', { home: options.home ?? '' });
});

test('3: names and ids that are not there', async (t) => {
  const { options } = await usable(t);
  for (const line of ['masters show nobody', 'masters show 99', 'why 999999', 'why nobody', 'why --buildset 999999', 'masters expire nobody', 'services show none', 'services release none', 'services enable none', 'services disable none', 'requests release 999', 'requests cancel 999999999999999', 'builds finish 999', 'undo 99', 'journal show 99', 'journal complete 99', 'contexts use none', 'contexts remove none', 'masters --context none']) {
    const home = line.includes('--context') ? { home: options.home ?? '' } : options;
    t.regex(await fails(t, line, 'notFound', home), /^There is no /, line);
  } // prettier-ignore
});

test('4: what a living master has', async (t) => {
  const { db, options } = await usable(t);
  await heartbeat(db);
  const request = await stuckRequest(db);
  const before = await db.dump();
  for (const line of ['masters expire 1', 'services release any', `requests release ${request}`, `requests cancel ${request}`, 'builds finish 1']) {
    for (const flags of ['--yes', '--dry-run']) await fails(t, `${line} ${flags}`, 'refused', options);
  } // prettier-ignore
  await fails(t, 'masters expire 1 --force --yes', 'refused', options);
  t.deepEqual(diffDumps(before, await db.dump()), []);
});

test('4: an undo of what somebody has gone on from', async (t) => {
  const { db, options } = await usable(t);
  t.is((await bbctl(['requests', 'release', '--yes'], options)).status, 0);
  await addLivingMaster(db);
  const stuck = await db.query(`SELECT r.id FROM buildrequests r LEFT JOIN buildrequest_claims c ON c.brid = r.id WHERE r.complete = 0 AND c.brid IS NULL`); // prettier-ignore
  for (const { id } of stuck) await db.query('INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES (?, 2, 5)', [id]); // prettier-ignore
  t.regex(await fails(t, 'undo 1 --yes', 'refused', options), /buildrequest_claims \d/);
});

test('6: no terminal and no --yes', async (t) => {
  const { db, options } = await usable(t);
  const before = await db.dump();
  const unconfirmed = changes.filter((line) => line !== 'services enable any');
  for (const line of unconfirmed) await fails(t, line, 'notConfirmed', { ...options, input: 'y\n' });
  t.deepEqual(diffDumps(before, await db.dump()), []);
  await fails(t, 'doctor --fix', 'notConfirmed', { ...options, input: 'y\n' });
  t.is((await bbctl(['masters', 'expire', '--yes'], options)).status, 0);
  await fails(t, 'undo 1', 'notConfirmed', options);
});

for (const [answer, status] of [['n\n', 6], ['\n', 6], ['\u0003', 6], ['y\n', 0]] as const) {
  test(`on a terminal ${JSON.stringify(answer)} ends with status ${status}`, async (t) => {
    const { db } = await usable(t);
    const before = await db.dump();
    const { output, status: got } = await inTerminal(['masters', 'expire'], { db: db.url, answers: [[/\(y\/N\)/i, answer]] });
    t.is(got, status, output);
    t.is(diffDumps(before, await db.dump()).length > 0, status === 0);
    t.regex(plainText(output), status === 0 ? /Done, and checked in the database\./ : /Nothing was changed/);
  });
} // prettier-ignore

test('9: a database that is not there, of every command that looks at one', async (t) => {
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  for (const line of [...reads, ...changes.map((change) => `${change} --yes`), 'undo 1 --yes', 'journal complete 1 --yes']) {
    await fails(t, line, 'unreachable', { home, db: 'sqlite:////no/such/file.sqlite' });
  } // prettier-ignore
  const refusing = `postgresql://u:p@127.0.0.1:${await closedPort()}/b`;
  for (const line of ['status', 'masters expire --yes']) await fails(t, line, 'unreachable', { home, db: refusing });
});

test('10: a schema that is not supported, of every command that looks at one', async (t) => {
  const { db, options } = await usable(t);
  await db.exec('DROP TABLE alembic_version');
  for (const line of [...reads, ...changes.map((change) => `${change} --yes`)]) await fails(t, line, 'schema', options);
});

test('a command that is not there, and a topic alone', async (t) => {
  for (const line of ['nonsense', 'masters nonsense', 'forget everything']) {
    const result = await bbctl(line.split(' '));
    t.true([2, 127].includes(result.status), `${line}: ${result.status}`);
    t.notRegex(result.stderr, /^\s+at .*:\d+/m);
  }
  t.is((await bbctl([])).status, 0);
  t.is((await bbctl(['--help'])).status, 0);
  t.is((await bbctl(['masters', 'expire', '--help'])).status, 0);
});

test('what is on stdin is nobody’s name', async (t) => {
  const { db, options } = await usable(t);
  await db.exec(`UPDATE masters SET name = 'blue'`);
  const { status, stdout } = await bbctl(['masters', 'show', '--json'], { ...options, input: 'blue\n' });
  t.is(status, 2, stdout);
  const dry = await bbctl(['masters', 'expire', '--dry-run'], { ...options, input: 'nobody\n' });
  t.is(dry.status, 0, dry.stderr);
});
