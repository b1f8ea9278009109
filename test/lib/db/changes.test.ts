// Changes as rows: what Buildbot writes, column by column, and what does not fit.
import test, { type ExecutionContext } from 'ava';
import { addChange, changeTables, type NewChange } from '../../../src/lib/db/changes.js';
import { databaseFrom, engines, type EngineName, type TestDatabase } from '../../_helpers/database.js';
import { openFor, write } from '../../_helpers/service-context.js';

const change: NewChange = {
  ...{
    branch: 'main',
    revision: 'a'.repeat(40),
    repository: 'https://github.com/o/r.git',
    project: 'p',
    codebase: 'c',
  },
  ...{ author: 'Å <a@b.invalid>', committer: 'C <c@b.invalid>', comments: 'one\n\ntwo', files: ['a', 'b/c'] },
  ...{ when: 1_700_000_000, category: 'cat', properties: { p: ['ä', 1] }, vcs: 'git' },
};

interface Site {
  readonly db: TestDatabase;
  readonly add: (...changes: readonly NewChange[]) => Promise<number[]>;
}

async function site(t: ExecutionContext, engine: EngineName, version = '3.7.0'): Promise<Site> {
  const db = await databaseFrom(engine, `${version}/killed`);
  t.teardown(() => db.close());
  const database = await openFor(t, db);
  const add: Site['add'] = (...changes) =>
    write(database, changeTables, async (tx) => {
      const ids = [];
      for (const one of changes) ids.push(await addChange(tx, one, 1_795_278_517.9));
      return ids;
    });
  return { db, add };
}

for (const engine of engines) {
  for (const version of ['2.10.5', '3.7.0', '4.3.0']) {
    test(`${engine} ${version}: a change is written as Buildbot writes it`, async (t) => {
      const { db, add } = await site(t, engine, version);
      const [first = 0, second = 0] = await add(change, { ...change, revision: 'b'.repeat(40), files: [] });
      const rows = await db.query('SELECT * FROM changes WHERE changeid >= ? ORDER BY changeid', [first]);
      const { files, when, properties, vcs, ...same } = change;
      const common = { when_timestamp: when, ...same };
      const revlink = `https://github.com/o/r/commit/${change.revision}`;
      const stamps = rows.map(({ sourcestampid }) => Number(sourcestampid));
      t.deepEqual(rows[0], { ...common, changeid: first, revlink, sourcestampid: stamps[0], parent_changeids: null }); // prettier-ignore
      t.deepEqual([rows[1]?.['parent_changeids'], rows[1]?.['changeid']], [first, second]);
      t.not(stamps[0], stamps[1]);
      const of = (table: string) => db.query(`SELECT * FROM ${table} WHERE changeid >= ? ORDER BY 1, 2`, [first]);
      t.deepEqual(await of('change_files'), files.map((filename) => ({ changeid: first, filename }))); // prettier-ignore
      t.deepEqual(
        await of('change_properties'),
        [first, second].map((changeid) => ({
          changeid,
          property_name: 'p',
          property_value: '[["\\u00e4", 1], "Change"]',
        })),
      );
      t.deepEqual([properties, vcs], [change.properties, 'git']);
      const users = await db.query(
        `SELECT c.changeid, u.identifier, u.bb_username, u.bb_password, i.attr_type, i.attr_data
         FROM change_users c JOIN users u ON u.uid = c.uid JOIN users_info i ON i.uid = u.uid WHERE c.changeid >= ? ORDER BY 1`,
        [first],
      );
      const user = { identifier: change.author, bb_username: null, bb_password: null, attr_type: 'git', attr_data: change.author }; // prettier-ignore
      t.deepEqual(users, [first, second].map((changeid) => ({ changeid, ...user }))); // prettier-ignore
    });
  }

  test(`${engine}: what is too long, too late or unknown to the tables is written as far as it can be`, async (t) => {
    const { db, add } = await site(t, engine);
    const long = `${'ä'.repeat(300)} <a@b.invalid>`;
    const odd = { author: long, committer: long, comments: `😀${'ü'.repeat(70_000)}`, files: ['f'.repeat(2000), '😀'] };
    const [id] = await add({ ...change, ...odd, when: 2 ** 33, branch: '😀' }, { ...change, author: `${long}.other` });
    const [row = {}] = await db.query('SELECT * FROM changes WHERE changeid = ?', [id]);
    t.is(row['author'], 'ä'.repeat(255));
    t.is(row['committer'], 'ä'.repeat(255));
    t.is(row['when_timestamp'], 2 ** 31 - 1);
    const isMysql = engine === 'myisam' || engine === 'innodb';
    const [sign, bytes] = isMysql ? ['\ufffd', 65_535] : ['😀', 4 + 140_000];
    t.true(String(row['comments']).startsWith(`${sign}ü`));
    t.is(Buffer.byteLength(String(row['comments'])), bytes);
    t.is(row['branch'], sign);
    const files = await db.query('SELECT filename FROM change_files WHERE changeid = ? ORDER BY 1', [id]);
    t.deepEqual(files.map(({ filename }) => filename), ['f'.repeat(1024), sign]); // prettier-ignore
    const uids = await db.query('SELECT DISTINCT uid FROM change_users WHERE changeid >= ?', [id]);
    t.is(uids.length, 2);
  });

  test(`${engine}: an identifier that somebody else has gets a number`, async (t) => {
    const { db, add } = await site(t, engine);
    await db.query(`INSERT INTO users (identifier) VALUES ('N'), ('N_2')`);
    const [first, second] = await add({ ...change, author: 'N' }, { ...change, author: 'N' });
    const users = await db.query(
      'SELECT identifier FROM change_users c JOIN users u ON u.uid = c.uid WHERE c.changeid IN (?, ?)',
      [first, second],
    );
    t.deepEqual(users, [{ identifier: 'N_3' }, { identifier: 'N_3' }]);
  });

  test(`${engine}: the parent is the newest change of the same branch and repository`, async (t) => {
    const { db, add } = await site(t, engine);
    const others = [{ branch: 'b' }, { repository: 'r' }, { project: 'q' }, { codebase: 'd' }];
    const ids = await add(change, ...others.map((other) => ({ ...change, ...other })), { ...change, category: null });
    const rows = await db.query('SELECT parent_changeids AS p FROM changes WHERE changeid >= ? ORDER BY changeid', [ids[0]]); // prettier-ignore
    t.deepEqual(rows.map(({ p }) => p), [null, null, null, null, null, ids[0]]); // prettier-ignore
  });
}
