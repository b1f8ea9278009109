import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import { account } from '../_helpers/accounts.js';
import { bbctl, startBbctl } from '../_helpers/cli.js';
import { emptyDatabase, engines, type EngineName, type TestDatabase } from '../_helpers/database.js';
import { temporaryFolder } from '../_helpers/gate-hooks.js';

interface Said {
  error: { code: string; message: string; try: string };
}

async function empty(t: ExecutionContext, engine: EngineName): Promise<TestDatabase> {
  const db = await emptyDatabase(engine);
  t.teardown(() => db.close());
  return engine === 'myisam' ? { ...db, url: `${db.url}?storage_engine=MyISAM` } : db;
}

for (const engine of engines) {
  test(`${engine}: the commands are content with what was made, and it is made once`, async (t) => {
    const db = await empty(t, engine);
    const made = await bbctl(['db', 'init', '--yes', '--json'], { db: db.url });
    t.is(made.status, 0, made.stdout + made.stderr);
    t.like(made.json(), { status: 'done', revision: '067', buildbot: '4.3', others: [], isResumed: false });
    const [status, doctor, again] = await Promise.all([
      bbctl(['status', '--json'], { db: db.url }),
      bbctl(['doctor', '--json'], { db: db.url }),
      bbctl(['db', 'init', '--yes', '--json'], { db: db.url }),
    ]);
    t.like(status.json(), { masters: [], services: [] });
    t.is(status.status, 0);
    t.is(doctor.status, 0, doctor.stdout);
    const { findings } = doctor.json() as { findings: { id: string }[] };
    t.deepEqual(
      findings.map(({ id }) => id),
      engine === 'myisam' ? ['engine-without-transactions'] : [],
    );
    t.is(again.status, 4);
    t.regex((again.json() as Said).error.message, /is a Buildbot database already, of revision 067\.$/);
  });
}

// The two kinds of tables of MariaDB are refused and locked alike.
for (const engine of engines.filter((one) => one !== 'myisam')) {
  test(`${engine}: of two at once one makes it, and the other says so`, async (t) => {
    const db = await empty(t, engine);
    const both = await Promise.all([0, 1].map(() => bbctl(['db', 'init', '--yes', '--json'], { db: db.url })));
    t.deepEqual(both.map(({ status }) => status).sort(), [0, 4], both.map(({ stdout }) => stdout).join('')); // prettier-ignore
    const loser = both.find(({ status }) => status === 4);
    t.regex((loser?.json() as Said).error.message, /is a Buildbot database already/);
    t.is((await db.tables()).length, 43);
  });

  test(`${engine}: what is there already is not touched`, async (t) => {
    const db = await empty(t, engine);
    const init = (...args: string[]) => bbctl(['db', 'init', '--json', ...args], { db: db.url });
    t.is((await init()).status, 6, 'nobody has confirmed it');
    const shown = await bbctl(['db', 'init', '--dry-run'], { db: db.url });
    t.is(shown.status, 0);
    t.regex(shown.stdout, /1\. Make 43 tables of revision 067.*\nNothing was made: this was a dry run\./);
    t.deepEqual(await db.tables(), []);

    await db.exec('CREATE TABLE invoices (id INTEGER)');
    const beside = await init('--yes');
    t.is(beside.status, 4);
    t.regex((beside.json() as Said).error.message, /has 1 table of another application: invoices\.$/);
    t.regex((beside.json() as Said).error.try, /--force/);
    t.deepEqual(await db.tables(), ['invoices']);

    for (const name of ['users', 'version']) {
      await db.exec(`CREATE TABLE ${name} (id INTEGER)`);
      const occupied = await init('--yes', '--force');
      t.is(occupied.status, 4);
      t.true((occupied.json() as Said).error.message.endsWith(`has tables that are called like Buildbot's: ${name}.`));
      t.deepEqual((await db.tables()).sort(), ['invoices', name]);
      await db.exec(`DROP TABLE ${name}`);
    }
    const forced = await init('--yes', '--force');
    t.is(forced.status, 0, forced.stdout);
    t.like(forced.json(), { others: ['invoices'] });
    t.is((await db.tables()).length, 44);
  });
}

for (const engine of engines.filter((one) => one === 'sqlite' || one === 'postgres')) {
  test(`${engine}: when it fails in the middle, nothing of it stays`, async (t) => {
    const db = await empty(t, engine);
    await db.exec('CREATE TABLE invoices (id INTEGER)');
    await db.exec('CREATE INDEX workers_name ON invoices (id)');
    const failed = await bbctl(['db', 'init', '--yes', '--force', '--json'], { db: db.url });
    t.is(failed.status, 5, failed.stdout);
    t.regex(
      (failed.json() as Said).error.message,
      /called like what was to be made: .*workers_name"? already exists\.$/,
    );
    t.deepEqual(await db.tables(), ['invoices']);
  });
}

for (const engine of engines.filter((one) => one === 'postgres' || one === 'innodb')) {
  test(`${engine}: a user that may not make tables is told what is missing`, async (t) => {
    const db = await empty(t, engine);
    const { url } = await account(t, db, 'select');
    const refused = await bbctl(['db', 'init', '--yes', '--json'], { db: url });
    t.is(refused.status, 9, refused.stdout);
    const { error } = refused.json() as Said;
    t.regex(error.message, /^This user may not do that on /);
    t.regex(error.try, /"bbctl db init" needs CREATE/);
    t.deepEqual(await db.tables(), []);
  });
}

for (const engine of engines.filter((one) => one === 'innodb')) {
  for (const name of ['Inno%20DB', 'NoSuchEngine', 'MEMORY']) {
    test(`${engine}: storage_engine=${name} is refused with a sentence`, async (t) => {
      const db = await empty(t, engine);
      const refused = await bbctl(['db', 'init', '--yes', '--json'], { db: `${db.url}?storage_engine=${name}` });
      t.is(refused.status, 2, refused.stdout);
      t.regex((refused.json() as Said).error.try, /storage_engine=InnoDB/);
    });
  }

  test(`${engine}: CREATE and what reads and writes rows are rights enough`, async (t) => {
    const db = await empty(t, engine);
    const { url, user } = await account(t, db, 'none');
    await db.exec(`GRANT CREATE, REFERENCES, SELECT, INSERT, UPDATE ON ${new URL(db.url).pathname.slice(1)}.* TO '${user}'@'%'`);
    const { status, stdout } = await bbctl(['db', 'init', '--yes', '--json'], { db: url });
    t.is(status, 0, stdout);
  }); // prettier-ignore
}

test('an SQLite file is made in WAL mode, with the permissions that the umask leaves', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'state.sqlite');
  const dry = await bbctl(['db', 'init', '--dry-run'], { db: `sqlite:///${file}` });
  t.is(dry.status, 0);
  t.deepEqual(readdirSync(folder), []);
  const before = process.umask(0o027);
  const making = startBbctl(['db', 'init', '--yes', '--revision', '059'], { db: `sqlite:///${file}` }).finished;
  process.umask(before);
  const made = await making;
  t.is(made.status, 0, made.stderr);
  t.regex(made.stdout, /Done: masters of Buildbot 3\.4 to 3\.8 can start on /);
  t.deepEqual(readdirSync(folder), ['state.sqlite']);
  t.is(statSync(file).mode & 0o777, 0o640);
  const db = new Sqlite(file, { readonly: true });
  t.is(db.pragma('journal_mode', { simple: true }), 'wal');
  db.close();
});

test('it is made where cluster.yaml says', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'cluster.yaml');
  writeFileSync(file, 'database: sqlite:///state.sqlite\n');
  const made = await bbctl(['db', 'init', '--yes', '--config', file]);
  t.is(made.status, 0, made.stderr);
  t.deepEqual(readdirSync(folder).sort(), ['cluster.yaml', 'state.sqlite']);
});

test('where the SQLite file cannot be made, a sentence says why', async (t) => {
  const folder = await temporaryFolder(t);
  const missing = await bbctl(['db', 'init', '--yes', '--json'], { db: `sqlite:///${folder}/none/state.sqlite` });
  t.is(missing.status, 9);
  t.regex((missing.json() as Said).error.message, /^There is no directory .*\/none for the database\.$/);
  t.false(existsSync(`${folder}/none`));
});
