// Users with exactly the rights that `bbctl grants` prints: each class of command works with them, and the others say
// that rights are missing. That none is superfluous is shown in test/lib/db/grants.test.ts.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { takeLock } from '../../src/lib/db/lock.js';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import type { GrantsAnswer } from '../../src/lib/grants.js';
import { account } from '../_helpers/accounts.js';
import { bbctl, temporaryHome } from '../_helpers/cli.js';
import { addLivingMaster, heartbeat, otherMaster, restore } from '../_helpers/clusters.js';
import { diffDumps, engines, fixturesOf, type EngineName, type TestDatabase } from '../_helpers/database.js';
import { granted } from '../_helpers/granted.js';
import { leftoverBuilders } from '../_helpers/left-over-builders.js';
import { killedMaster, type Killed } from '../_helpers/killed.js';
import { databaseAged } from '../_helpers/recordings.js';

const servers = engines.filter((engine) => engine !== 'sqlite');
/** To read takes the same rights on every MySQL engine; to write more where there are no transactions. */
const readOn = servers.filter((engine) => engine !== 'myisam');
const writtenOn = servers.filter((engine) => engine !== 'innodb');

/** A dead master, and a living one, so that everything may be repaired. */
async function deadAndLiving(t: ExecutionContext, engine: EngineName): Promise<Killed> {
  const killed = await killedMaster(t, engine, 5000);
  await addLivingMaster(killed.db);
  return killed;
}

function folder(t: ExecutionContext): string {
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

function killedFixtures(engine: EngineName): string[] {
  const all = fixturesOf(engine).filter((name) => name.endsWith('/killed'));
  if (engine === 'postgres') return all;
  return all.filter((_, index) => (index % 2 === 0) === (engine === 'innodb'));
}

/** What differs between two looks at the same rows: the time, and who looks. */
function butForTimes(text: string, user: string): string {
  return text
    .replaceAll(`//${user}@`, '//USER@')
    .replaceAll(/\b\d+[smhd]( \d+[smhd])?\b/g, 'DURATION')
    .replaceAll(/"(\w*(?:now|oldest|silent|age|since|seconds|waiting|For)\w*)": [\d.]+/gi, '"$1": TIME')
    .replaceAll(/\b1[789]\d{8}\b/g, 'EPOCH')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*/g, 'CLOCK');
}

async function same(t: ExecutionContext, db: TestDatabase, who: { url: string; user: string }, args: string[]) {
  await heartbeat(db, otherMaster);
  const [admin, own] = [await bbctl(args, { db: db.url }), await bbctl(args, { db: who.url })];
  t.is(own.status, admin.status, `${args.join(' ')}: ${own.stderr}${own.stdout}`);
  const adminName = new URL(db.url).username;
  t.is(butForTimes(own.stdout, who.user), butForTimes(admin.stdout, adminName), args.join(' '));
  t.true(own.stdout.length > 0);
}

for (const engine of readOn) {
  test(`${engine}: the rights to read serve every command that looks`, async (t) => {
    const { db, claimed, buildset, schedulers, changesources } = await deadAndLiving(t, engine);
    const who = await granted(t, db, 'read');
    for (const args of [
      ['status', '--json'],
      ['doctor', '--json', '--warning', 'database-large=1'],
      ['health', '--format', 'json'],
      ['why', `${claimed}`, '--json'],
      ['why', '--buildset', `${buildset}`, '--json'],
      ['masters', '--json'],
      ['masters', 'show', '1', '--json'],
      ['services', '--json'],
      ...[schedulers[0], changesources[0]].map((id) => ['services', 'show', `${id}`, '--json']),
      ['builders', '--json'],
      ['workers', '--json'],
      ['requests', '--json'],
      ['builds', '--json'],
      ['journal', '--json'],
      ['masters', 'expire', '--dry-run', '--json'],
      ['grants', 'repair', '--json'],
    ]) {
      await same(t, db, who, args);
    }
  });
}

for (const engine of servers) {
  test(`${engine}: what is printed and what the JSON has are the same`, async (t) => {
    const { db } = await deadAndLiving(t, engine);
    for (const userClass of ['read', 'repair', 'run', 'forget']) {
      const printed = await bbctl(['grants', userClass, '--user', 'ops'], { db: db.url });
      const { json } = await bbctl(['grants', userClass, '--user', 'ops', '--json'], { db: db.url });
      const { statements } = json() as GrantsAnswer;
      t.true(statements.length > 1);
      t.is(printed.stdout.replace(/^--.*\n/gm, ''), statements.map((statement) => `${statement};\n`).join(''));
    }
  });

  // Each on one of the two MySQL engines: which tables there are has to do with the revision only.
  for (const fixture of killedFixtures(engine)) {
    test(`${engine}: the rights to read fit the tables of ${fixture}`, async (t) => {
      const db = await databaseAged(t, engine, fixture, 5000);
      await same(t, db, await granted(t, db, 'read'), ['doctor', '--json', '--warning', 'database-large=1']);
      await granted(t, db, 'repair');
      await granted(t, db, 'run');
    });
  }

  test(`${engine}: who may only read is told so, and changes nothing`, async (t) => {
    const { db, claimed } = await deadAndLiving(t, engine);
    const who = await granted(t, db, 'read');
    const before = await db.dump();
    for (const args of [
      ['masters', 'expire'],
      ['requests', 'release', `${claimed}`],
      ['services', 'disable', 'any'],
    ]) {
      const { status, stdout, stderr } = await bbctl([...args, '--yes'], { db: who.url });
      t.is(status, 9, args.join(' '));
      const text = `${stdout}${stderr}`.replace(/\s+/g, ' ');
      t.regex(text, /This user may not do that on \S+: .*denied/);
      t.true(text.includes('"bbctl grants repair" prints them as SQL'), text);
      const json = JSON.stringify((await bbctl([...args, '--yes', '--json'], { db: who.url })).json());
      t.true(json.includes('bbctl grants repair'), json);
    }
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

for (const engine of writtenOn) {
  test(`${engine}: the rights to repair serve every command that changes`, async (t) => {
    const { db, claimed, pending, build, schedulers } = await deadAndLiving(t, engine);
    const who = await granted(t, db, 'repair');
    const before = await db.dump();
    const changed = async (...commands: string[][]): Promise<void> => {
      const after = [];
      for (const url of [db.url, who.url]) {
        await heartbeat(db, otherMaster);
        const home = folder(t);
        for (const args of commands) {
          const { status, stdout, stderr } = await bbctl([...args, '--yes', '--json'], { db: url, home });
          t.is(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
          t.regex(stdout, /"status": "done"/, args.join(' '));
        }
        after.push(diffDumps(before, await db.dump()));
        await restore(db, before);
      }
      t.is(butForTimes(JSON.stringify(after[1]), ''), butForTimes(JSON.stringify(after[0]), ''));
    };
    await changed(['masters', 'expire']);
    await changed(['masters', 'expire'], ['undo', '1']);
    await changed(['services', 'release', `${schedulers[0]}`]);
    await changed(['services', 'disable', 'any'], ['services', 'enable', 'any']);
    await changed(['requests', 'release', `${claimed}`], ['undo', '1']);
    await changed(['requests', 'cancel', `${pending}`]);
    await changed(['requests', 'cancel', `${pending}`], ['undo', '1']);
    await changed(['builds', 'finish', `${build}`], ['undo', '1']);
    await changed(['doctor', '--fix']);
    const home = folder(t);
    await heartbeat(db, otherMaster);
    t.is((await bbctl(['health', '--repair', '--repair-after', '20m'], { db: who.url, home })).stderr, '');
    const [entry] = ((await bbctl(['journal', '--json'], { home })).json() as { changes: unknown[] }).changes;
    t.like(entry, { state: 'done' });
  });
}

for (const engine of servers) {
  test(`${engine}: a right that is missed in the middle of a change: it is completed once it is granted`, async (t) => {
    const { db } = await deadAndLiving(t, engine);
    const who = await granted(t, db, 'repair');
    const right = who.rights.find(({ name }) => /^UPDATE \(.results.\) on .*builds.$/.test(name));
    await right?.revoke();
    const before = await db.dump();
    const home = folder(t);
    const { status, stdout } = await bbctl(['masters', 'expire', '--yes'], { db: who.url, home });
    t.is(status, 9, stdout);
    const written = diffDumps(before, await db.dump()).map(({ table }) => table);
    t.deepEqual(written, engine === 'myisam' ? ['logs', 'steps'] : []);
    await right?.grant();
    const completed = await bbctl(['journal', 'complete', '1', '--yes'], { db: who.url, home });
    t.is(completed.status, 0, `${completed.stdout}${completed.stderr}`);
    t.regex((await bbctl(['masters', 'expire', '--yes'], { db: who.url, home })).stdout, /Nothing to do/);
  });
}

test('SQLite: it says which files must be readable and writable, and has no users', async (t) => {
  const db = await databaseAged(t, 'sqlite', '3.7.0/killed', 700);
  const file = db.url.replace('sqlite:///', '');
  const needsOf = async (userClass: string): Promise<unknown> => {
    const answer = (await bbctl(['grants', userClass, '--json'], { db: db.url })).json() as GrantsAnswer;
    t.like(answer, { engine: 'sqlite', class: userClass, user: null, statements: [] });
    return answer.files.map(({ path, needs }) => [path.replace(file, 'FILE').replace(dirname(file), 'DIR'), needs]);
  };
  const rest = ['FILE-wal', 'FILE-shm'];
  t.deepEqual(await needsOf('read'), [['FILE', 'read'], ...rest.map((name) => [name, 'read']), ['DIR', 'write']]);
  t.deepEqual(await needsOf('repair'), ['FILE', ...rest, 'DIR'].map((name) => [name, 'write'])); // prettier-ignore
  t.regex((await bbctl(['grants'], { db: db.url })).stdout, /Run bbctl as the user that the masters run as/);
  t.is((await bbctl(['grants', 'read', '--user', 'ops'], { db: db.url })).status, 2);
  t.is((await bbctl(['grants', 'read', '--host', '%'], { db: db.url })).status, 2);
  t.is((await bbctl(['grants', 'everything'], { db: db.url })).status, 2);
});

if (servers.includes('postgres')) {
  test('postgres: tables that are in another schema than public are found there', async (t) => {
    const { db } = await deadAndLiving(t, 'postgres');
    const schema = '"Build ""bot"""';
    const [row] = await db.query('SELECT current_database() AS name');
    await db.exec(`ALTER SCHEMA public RENAME TO ${schema};
      ALTER ROLE CURRENT_USER IN DATABASE ${String(row?.name)} SET search_path = ${schema}; SET search_path = ${schema}`);
    const who = await account(t, db, 'none');
    await db.exec((await bbctl(['grants', 'read', '--user', who.user], { db: db.url })).stdout);
    await same(t, db, who, ['masters', '--json']);
    const { stdout } = await bbctl(['grants', 'run'], { db: db.url });
    t.true(stdout.includes(`GRANT USAGE ON SEQUENCE ${schema}."masters_id_seq", `), stdout);
  });

  test('postgres: a user who may see less is told who holds the lock, too', async (t) => {
    const { db } = await deadAndLiving(t, 'postgres');
    const who = await granted(t, db, 'repair');
    const lock = await takeLock(parseDatabaseUrl(db.url), 'requests release', 0);
    t.teardown(() => lock.release());
    const { status, stderr } = await bbctl(['masters', 'expire', '--yes'], { db: who.url });
    t.is(status, 7);
    t.regex(stderr, /Another bbctl is changing \S+: bbctl requests release \(/);
  });

  test('postgres: who may not see the tables is not told that there are none', async (t) => {
    const { db } = await deadAndLiving(t, 'postgres');
    const who = await granted(t, db, 'read');
    await db.exec(`REVOKE USAGE ON SCHEMA public FROM ${who.user}`);
    const { status, stderr } = await bbctl(['status'], { db: who.url });
    t.is(status, 10);
    t.regex(stderr.replace(/\s+/g, ' '), /may this user see its tables\?.*"bbctl grants read"/);
  });
}

for (const engine of servers) {
  test(`${engine}: the rights to forget serve every command that removes, renames and brings back`, async (t) => {
    const db = await leftoverBuilders(t, engine, '3.7.0');
    const who = await granted(t, db, 'forget');
    const before = await db.dump();
    const home = folder(t);
    const archive = join(home, 'quick.gz');
    const done = async (...args: string[]): Promise<void> => {
      const { status, stdout, stderr } = await bbctl([...args, '--yes', '--json'], { db: who.url, home });
      t.is(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
      t.regex(stdout, /"status": "done"/, args.join(' '));
    };
    await done('builders', 'forget', 'quick', '--archive', archive, '--force', '--confirm=quick');
    await done('builders', 'restore', archive);
    t.deepEqual(diffDumps(before, await db.dump()), []);
    await done('builders', 'rename', 'quick', 'quicker', '--force');
    await done('undo', '3');
    await done('builders', 'merge', 'quick', 'slow', '--force');
    await done('undo', '5');
    await done('workers', 'pause', 'local1');
    await done('undo', '7');
    await done('workers', 'forget', 'local1', '--force', '--confirm=local1');
    await done('undo', '9');
    await done('services', 'forget', 'p-slow', '--force', '--confirm=p-slow');
    await done('undo', '11');
    await db.exec("INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (77, 'heir', 'h', 0, 0)");
    const [master] = await db.query('SELECT name FROM masters WHERE id = 1');
    await done('masters', 'forget', '1', '--reassign-to', '77', '--force', `--confirm=${String(master?.name)}`);
    await done('undo', '13');
    await db.exec('DELETE FROM masters WHERE id = 77');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}
