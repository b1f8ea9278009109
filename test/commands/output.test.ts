// What is printed where: colours and widths on a terminal, neither in a pipe.
import test from 'ava';
import { bbctl } from '../_helpers/cli.js';
import { addLivingMaster, deadMaster } from '../_helpers/clusters.js';
import { inTerminal, plainText } from '../_helpers/terminal.js';

const screens = ['status', 'masters', 'masters show 1', 'services', 'services show 1', 'builders', 'workers', 'requests', 'builds', 'doctor', 'why 1', 'masters expire --dry-run']; // prettier-ignore
const escape = '\u001b';

test('in a pipe nothing is coloured or cut', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  await addLivingMaster(db);
  for (const line of screens) {
    const { status, stdout, stderr } = await bbctl(line.split(' '), { db: db.url, env: { COLUMNS: '40' } });
    t.is(status, 0, stderr);
    t.false((stdout + stderr).includes(escape), line);
  }
  t.false((await bbctl(['health'], { db: db.url })).stdout.includes(escape));
  const name = `host:/${'long/'.repeat(60)}`;
  await db.query('UPDATE masters SET name = ? WHERE id = 1', [name]);
  t.true((await bbctl(['masters'], { db: db.url })).stdout.includes(name));
});

for (const columns of [40, 60, 80, 200]) {
  test(`on a terminal of ${columns} columns tables fit`, async (t) => {
    const db = await deadMaster(t, 'sqlite');
    await addLivingMaster(db);
    for (const line of ['masters', 'services', 'builders', 'workers', 'requests', 'builds']) {
      const { output, status } = await inTerminal(line.split(' '), { db: db.url, columns });
      t.is(status, 0);
      // A sentence after the table is for the terminal to wrap.
      const [table = ''] = plainText(output).split('\nToo narrow for');
      const widths = table.split('\n').map((text) => [...text].length); // prettier-ignore
      t.true(Math.max(...widths) <= columns, `${line}: ${Math.max(...widths)}\n${plainText(output)}`);
    }
  });
}

test('NO_COLOR and TERM=dumb leave the colours out, and nothing but them', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const coloured = await inTerminal(['masters'], { db: db.url });
  t.true(coloured.output.includes(`${escape}[`));
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }] as Record<string, string>[]) {
    const { output } = await inTerminal(['masters'], { db: db.url, env });
    t.false(output.includes(escape));
    t.deepEqual(withoutTimes(output), withoutTimes(plainText(coloured.output)));
  }
});

/** Two calls are a second or so apart. */
function withoutTimes(text: string): string {
  return plainText(text)
    .replace(/\d+s ago/g, 's ago')
    .replace(/ +/g, ' ');
}

test('errors go to stderr, and what was asked for to stdout', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  t.like(await bbctl(['masters', 'show', 'nobody'], { db: db.url }), { status: 3, stdout: '' });
  t.like(await bbctl(['masters'], { db: db.url }), { status: 0, stderr: '' });
  const { stdout, stderr } = await bbctl(['masters', 'show', 'nobody', '--json'], { db: db.url });
  t.is(stderr, '');
  t.like(JSON.parse(stdout), { error: { code: 'notFound' } });
});
