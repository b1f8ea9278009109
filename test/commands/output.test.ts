// What is printed where: colours and widths on a terminal, neither in a pipe.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import stringWidth from 'string-width';
import { bbctl, temporaryHome } from '../_helpers/cli.js';
import { addLivingMaster, deadMaster } from '../_helpers/clusters.js';
import type { TestDatabase } from '../_helpers/database.js';
import { inTerminal, plainText } from '../_helpers/terminal.js';

const screens = ['status', 'masters', 'masters show 1', 'services', 'services show 1', 'builders', 'workers', 'requests', 'builds', 'doctor', 'why 1', 'masters expire --dry-run']; // prettier-ignore
const escape = '\u001b';

// One after the other: together they would be silent for longer than a test may be.
test.serial('in a pipe nothing is coloured or cut', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  await addLivingMaster(db);
  const journal = await unwieldyJournal(t);
  for (const line of reads) {
    const { status, stdout, stderr } = await bbctl(line.split(' '), { db: db.url, env: { ...journal, COLUMNS: '40' } });
    t.is(status, 0, stderr);
    t.false((stdout + stderr).includes(escape), line);
  }
  t.false((await bbctl(['health'], { db: db.url })).stdout.includes(escape));
  const name = `host:/${'long/'.repeat(60)}`;
  await db.query('UPDATE masters SET name = ? WHERE id = 1', [name]);
  t.true((await bbctl(['masters'], { db: db.url })).stdout.includes(name));
});

const longName = `host-\u001b[31m日本/${'very-long/'.repeat(12)}end`;

/** Everything has a name that is too long for any line, and that a terminal would obey. */
async function unwieldyCluster(t: ExecutionContext): Promise<TestDatabase> {
  const db = await deadMaster(t, 'sqlite');
  await addLivingMaster(db);
  for (const table of ['masters', 'builders', 'schedulers', 'changesources', 'workers'])
    await db.query(`UPDATE ${table} SET name = ? || name`, [longName]);
  await db.query('INSERT INTO builders (id, name, name_hash) VALUES (77, ?, 77)', [`${longName} orphan`]);
  return db;
}

/** A change of such a cluster, in a journal of its own. */
async function unwieldyJournal(t: ExecutionContext): Promise<Record<string, string>> {
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const env = { BBCTL_JOURNAL_DIR: join(home, 'journal') };
  const db = await unwieldyCluster(t);
  const { status, stderr } = await bbctl(['masters', 'expire', '--yes', '--reason', 'why '.repeat(50)], { db: db.url, env }); // prettier-ignore
  t.is(status, 0, stderr);
  return env;
}

const reads = [...screens, 'builders --orphaned', 'services release --dry-run', 'journal', 'journal show 1', 'contexts']; // prettier-ignore

/** What is to be pasted stays in one piece, as a command with a long name must. */
function isCommand(line: string): boolean {
  return /^ {2,4}(bbctl|ssh|buildbot) /.test(line);
}

for (const columns of [40, 80, 200]) {
  test.serial(`on a terminal of ${columns} columns everything fits, but for commands to paste`, async (t) => {
    const env = await unwieldyJournal(t);
    const db = await unwieldyCluster(t);
    for (const line of reads) {
      const { output, status } = await inTerminal(line.split(' '), { db: db.url, columns, env });
      t.is(status, 0, `${line}: ${output}`);
      const tooLong = plainText(output).split('\n').filter((text) => stringWidth(text) > columns && !isCommand(text)); // prettier-ignore
      t.deepEqual(tooLong, [], line);
    }
  });

  test.serial(`on a terminal of ${columns} columns a change fits`, async (t) => {
    const db = await unwieldyCluster(t);
    const { output, status } = await inTerminal(['masters', 'expire', '--yes'], { db: db.url, columns });
    t.is(status, 0);
    const tooLong = plainText(output).split('\n').filter((text) => stringWidth(text) > columns && !isCommand(text)); // prettier-ignore
    t.deepEqual(tooLong, []);
  });
}

test.serial('NO_COLOR and TERM=dumb leave the colours out, and nothing but them', async (t) => {
  const journal = await unwieldyJournal(t);
  const db = await unwieldyCluster(t);
  const shown = async (line: string, env: Record<string, string> = {}): Promise<string> =>
    (await inTerminal(line.split(' '), { db: db.url, env: { ...journal, ...env } })).output;
  for (const line of reads) {
    const plain = await shown(line, { NO_COLOR: '1' });
    t.false(plain.includes(escape), line);
    t.is(withoutTimes(plain), withoutTimes(await shown(line)), line);
  }
  t.true((await shown('masters')).includes(`${escape}[`));
  t.is(withoutTimes(await shown('masters', { TERM: 'dumb' })), withoutTimes(await shown('masters')));
  t.false((await shown('masters', { TERM: 'dumb' })).includes(escape));
});

/** Two calls are a second or so apart. */
function withoutTimes(text: string): string {
  return plainText(text)
    .replace(/\s+/g, '')
    .replace(/(\d+[smhd]?)+/g, '~');
}

test('errors go to stderr, and what was asked for to stdout', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  t.like(await bbctl(['masters', 'show', 'nobody'], { db: db.url }), { status: 3, stdout: '' });
  t.like(await bbctl(['masters'], { db: db.url }), { status: 0, stderr: '' });
  const { stdout, stderr } = await bbctl(['masters', 'show', 'nobody', '--json'], { db: db.url });
  t.is(stderr, '');
  t.like(JSON.parse(stdout), { error: { code: 'notFound' } });
});
