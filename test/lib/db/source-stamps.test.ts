// Source stamps: the rows that Buildbot has made are found again by their hash, and each is there once.
import test from 'ava';
import { findOrAddSourceStamp, type SourceStamp } from '../../../src/lib/db/source-stamps.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { openFor, write } from '../../_helpers/service-context.js';

const stamp: SourceStamp = { branch: 'main', revision: 'abc', repository: 'https://é/r', project: 'p', codebase: 'c' };

for (const engine of engines) {
  for (const version of ['2.10.5', '3.7.0', '4.3.0']) {
    // The recordings' repositories were renamed, and their hashes not: only the stamp of nothing in particular fits.
    test(`${engine} ${version}: a stamp of Buildbot is found, and a new one looks like it`, async (t) => {
      const db = await databaseFrom(engine, `${version}/killed`);
      t.teardown(() => db.close());
      const database = await openFor(t, db);
      const theirs = await db.query('SELECT * FROM sourcestamps ORDER BY id');
      const [first = {}] = theirs;
      const ids = await write(database, ['sourcestamps'], async (tx) => {
        const found = await findOrAddSourceStamp(tx, first as unknown as SourceStamp, 1e9);
        return [found, await findOrAddSourceStamp(tx, stamp, 1795278517.9)];
      });
      t.is(ids[0], Number(first['id']));
      const rows = await db.query('SELECT * FROM sourcestamps ORDER BY id');
      const added = { id: ids[1], ...stamp, ss_hash: 'a45199e06ededba256100286f6408db3bbd1de77', patchid: null };
      t.deepEqual(rows, [...theirs, { ...added, created_at: 1795278517 }]);
    });
  }

  test(`${engine}: several at once add it once, and none fails`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/killed');
    t.teardown(() => db.close());
    const databases = await Promise.all([1, 2, 3].map(() => openFor(t, db)));
    const add = (index: number) => write(databases[index]!, ['sourcestamps'], (tx) => findOrAddSourceStamp(tx, stamp, index)); // prettier-ignore
    const ids = await Promise.all([0, 1, 2].map(add));
    t.is(new Set(ids).size, 1);
    t.is((await db.query(`SELECT id FROM sourcestamps WHERE project = 'p'`)).length, 1);
  });

  test(`${engine}: what its columns cannot hold is refused, and not cut`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/killed');
    t.teardown(() => db.close());
    const database = await openFor(t, db);
    const long = { ...stamp, branch: `\u001b${'b'.repeat(256)}` };
    const add = (one: SourceStamp) => write(database, ['sourcestamps'], (tx) => findOrAddSourceStamp(tx, one, 1)); // prettier-ignore
    await t.throwsAsync(add(long), { name: 'Failure', message: /^The branch \\u001bbbb.*more than 256 characters/ });
    t.deepEqual(await db.query(`SELECT id FROM sourcestamps WHERE project = 'p'`), []);
  });
}
