// `builders forget` and `builders restore` as people and scripts run them.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Database } from '../../src/lib/db/connect.js';
import { dropIndexes, makeIndexes } from '../../src/lib/db/make-indexes.js';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { bbctl, temporaryHome } from '../_helpers/cli.js';
import { idOf } from '../_helpers/clusters.js';
import { diffDumps, engines, type TestDatabase } from '../_helpers/database.js';
import { stoppedCluster } from '../_helpers/left-over-builders.js';

const name = '-\u001b[2Jit\'s "`id`" \u202e';

async function rename(db: TestDatabase): Promise<void> {
  await db.query('UPDATE builders SET name = ? WHERE id = ?', [name, await idOf(db, 'builders', 'quick')]);
}

test('a builder with a hostile name is forgotten by what is typed for it, and comes back', async (t) => {
  const db = await stoppedCluster(t, 'sqlite', '3.7.0');
  await rename(db);
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const before = await db.dump();
  const run = (...args: string[]) => bbctl(['builders', ...args], { db: db.url, home });
  const forget = ['forget', '--force', '--archive', join(home, 'a.gz')];
  const dry = await run(...forget, '--dry-run', '--', name);
  t.is(dry.status, 0, dry.stderr);
  t.regex(dry.stdout, /Nothing was changed: this was a dry run/);
  t.regex(dry.stdout, /go \d+ steps and \d+ logs of/);
  t.notRegex(dry.stdout + dry.stderr, /[\u001b\u202e]/);
  const unasked = await run(...forget, '--yes', '--', name);
  t.is(unasked.status, 6);
  t.regex(unasked.stderr, /cannot be taken back.*\n.*--confirm=/);
  t.is((await run(...forget, '--confirm=quick', '--', name)).status, 6);
  t.deepEqual(diffDumps(before, await db.dump()), []);
  const done = await run(...forget, '--json', `--confirm=${name}`, '--', name);
  t.is(done.status, 0, done.stdout);
  t.like(done.json(), { status: 'done', plan: { isFinal: true } });
  t.is((await run(...forget, `--confirm=${name}`, '--', name)).status, 3);
  const back = await run('restore', join(home, 'a.gz'), '--yes');
  t.is(back.status, 0, back.stderr);
  t.regex(back.stdout, /Done, and checked in the database/);
  t.notRegex(back.stdout + back.stderr, /[\u001b\u202e]/);
  t.is((await db.query('SELECT id FROM builds')).length, before.builds?.length ?? 0);
});

test('several builders go at once, but not into one archive', async (t) => {
  const db = await stoppedCluster(t, 'sqlite', '3.7.0');
  const run = (...args: string[]) => bbctl(['builders', 'forget', 'slow', 'quick', '--force', ...args], { db: db.url });
  t.is((await run('--archive=/nowhere/a.gz', '--dry-run')).status, 2);
  const { status, stderr } = await run('--confirm=slow quick', '--pause-between=1ms');
  t.is(status, 0, stderr);
  t.deepEqual(await db.query('SELECT name FROM builders'), [{ name: 'starved' }]);
});

if (engines.includes('postgres')) {
  test('postgres: indexes are found missing, made while others write, and dropped; a broken one is made anew', async (t) => {
    const db = await stoppedCluster(t, 'postgres', '4.3.0');
    const location = parseDatabaseUrl(db.url);
    const reading = await Database.open(location, { access: 'read', timeoutMs: 30_000, purpose: 'test' });
    t.teardown(() => reading.close());
    const missing = async () => (await reading.read((tx) => tx.dialect.missingIndexes(tx.sql))).map(({ table, column }) => `${table}.${column}`); // prettier-ignore
    const found = await reading.read((tx) => tx.dialect.missingIndexes(tx.sql));
    t.true((await missing()).includes('buildsets.parent_buildid'));
    t.true((await missing()).includes('buildsets.rebuilt_buildid'));
    t.false((await missing()).includes('steps.buildid'));
    await db.exec('CREATE INDEX bbctl_buildsets_parent_buildid ON buildsets (parent_buildid)');
    await db.exec(
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'bbctl_buildsets_parent_buildid'::regclass",
    );
    t.true((await missing()).includes('buildsets.parent_buildid'));
    await makeIndexes(location, found.filter(({ table }) => table === 'buildsets'), () => {}); // prettier-ignore
    t.false((await missing()).some((one) => one.startsWith('buildsets.')));
    await dropIndexes(location);
    t.deepEqual(await db.query("SELECT relname FROM pg_class WHERE relname LIKE 'bbctl\\_%'"), []);
    const options = ['--force', '--confirm=quick', '--with-index'];
    t.is((await bbctl(['builders', 'forget', 'quick', ...options], { db: db.url })).status, 0);
  });
}
