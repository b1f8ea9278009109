// Which database: --db, BBCTL_DB, contexts, a master's base directory.
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { bbctl, temporaryHome, type CliOptions, type CliResult } from '../_helpers/cli.js';
import { deadMaster } from '../_helpers/clusters.js';
import { engines } from '../_helpers/database.js';
import { temporaryFolder } from '../_helpers/gate-hooks.js';
import { isSkipped } from '../_helpers/skip.js';

const run = promisify(execFile);

interface Json {
  error: { code: string; message: string; try?: string };
}

function home(t: ExecutionContext): string {
  const folder = temporaryHome();
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Three databases that can be told apart by the name of their master. */
async function databases(t: ExecutionContext, ...names: string[]): Promise<string[]> {
  const urls: string[] = [];
  for (const name of names) {
    const db = await deadMaster(t, 'sqlite');
    await db.query('UPDATE masters SET name = ?', [name]);
    // All in the one file, so that it can be copied.
    await db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    urls.push(db.url);
  }
  return urls;
}

async function usedBy(args: string[], options: CliOptions): Promise<string> {
  const result = await bbctl(['masters', '--json', ...args], options);
  if (result.status !== 0) throw new Error(result.stdout + result.stderr);
  return (result.json() as { masters: { name: string }[] }).masters[0]?.name ?? '';
}

async function failed(args: string[], options: CliOptions): Promise<{ status: number; error: Json['error'] }> {
  const result = await bbctl([...args, '--json'], options);
  return { status: result.status, error: (result.json() as Json).error };
}

/** A base directory as `buildbot create-master` makes it, with this database as its state.sqlite. */
async function basedir(t: ExecutionContext, url?: string): Promise<string> {
  const folder = await temporaryFolder(t);
  writeFileSync(`${folder}/buildbot.tac`, '');
  if (url) copyFileSync(url.replace('sqlite:///', ''), `${folder}/state.sqlite`);
  return folder;
}

test('doctor, health and why look at the database that is meant', async (t) => {
  const [one = '', two = ''] = await databases(t, 'blue-one', 'green-two');
  const folder = home(t);
  t.is((await bbctl(['contexts', 'add', 'one', '--db', one], { home: folder })).status, 0);
  for (const args of [['doctor'], ['health'], ['why', 'starved']]) {
    const told = async (...more: string[]) => (await bbctl([...args, ...more], { home: folder })).stdout;
    t.regex(await told(), /blue-one/, args[0]);
    t.regex(await told('--db', two), /green-two/, args[0]);
  }
});

test('--db goes before BBCTL_DB, that before a context, and that before the working directory', async (t) => {
  const [flag = '', variable = '', current = '', named = '', directory = ''] = await databases(t, 'flag', 'variable', 'current', 'named', 'directory'); // prettier-ignore
  const folder = home(t);
  for (const [name, db] of [['current', current], ['named', named]] as const) {
    t.is((await bbctl(['contexts', 'add', name, '--db', db], { home: folder })).status, 0);
  } // prettier-ignore
  const cwd = await basedir(t, directory);
  const env = { BBCTL_DB: variable, BBCTL_CONTEXT: 'named' };
  t.is(await usedBy(['--db', flag], { home: folder, cwd, env }), 'flag');
  t.is(await usedBy([], { home: folder, cwd, env }), 'variable');
  t.is(await usedBy(['--context', 'current'], { home: folder, cwd, env }), 'current');
  t.is(await usedBy(['--basedir', cwd], { home: folder, env }), 'directory');
  t.is(await usedBy([], { home: folder, cwd, env: { BBCTL_CONTEXT: 'named' } }), 'named');
  t.is(await usedBy([], { home: folder, cwd }), 'current');
  t.is(await usedBy([], { cwd }), 'directory');
  const none = await failed(['masters'], {});
  t.is(none.status, 2);
  t.regex(none.error.message, /^Which database\?/);
  t.regex(none.error.try ?? '', /--db.*BBCTL_DB.*--basedir.*contexts add/s);
});

test('a relative SQLite path begins where bbctl is run; a context keeps it absolute', async (t) => {
  const [url = ''] = await databases(t, 'here');
  const cwd = url.replace('sqlite:///', '').replace('/state.sqlite', '');
  t.is(await usedBy(['--db', 'sqlite:///state.sqlite'], { cwd }), 'here');
  const folder = home(t);
  t.is((await bbctl(['contexts', 'add', 'x', '--db', 'sqlite:///state.sqlite'], { home: folder, cwd })).status, 0);
  t.is(await usedBy([], { home: folder, cwd: folder }), 'here');
});

test('contexts are added, listed, chosen and removed; the file is its owner’s alone', async (t) => {
  const [one = '', two = ''] = await databases(t, 'one', 'two');
  const folder = home(t);
  const contexts = (...args: string[]): Promise<CliResult> => bbctl(['contexts', ...args], { home: folder });
  t.like((await contexts('--json')).json(), { contexts: { length: 0 } });
  t.is((await contexts('add', 'one', '--db', one)).status, 0);
  t.is((await contexts('add', 'two', '--db', two, '--journal-dir', `${folder}/shared`)).status, 0);
  const file = `${folder}/.config/bbctl/config.yaml`;
  t.is(statSync(file).mode & 0o777, 0o600);
  t.is(await usedBy([], { home: folder }), 'one');
  t.is((await contexts('use', 'two')).status, 0);
  t.is(await usedBy([], { home: folder }), 'two');
  t.is((await bbctl(['masters', 'expire', '--yes'], { home: folder })).status, 0);
  t.true(existsSync(`${folder}/shared`));
  t.is(((await bbctl(['journal', '--json'], { home: folder })).json() as { changes: unknown[] }).changes.length, 1);
  const again = await failed(['contexts', 'add', 'one', '--db', two], { home: folder });
  t.is(again.status, 4);
  t.regex(again.error.message, /"one" already/);
  for (const verb of ['use', 'remove']) {
    const unknown = await failed(['contexts', verb, 'three'], { home: folder });
    t.is(unknown.status, 3);
    t.regex(unknown.error.message, /no context "three"/);
  }
  t.is((await failed(['masters', '--context', 'three'], { home: folder })).status, 3);
  t.is((await contexts('remove', 'two')).status, 0);
  t.is((await failed(['masters'], { home: folder })).status, 2);
  t.is(await usedBy(['--context', 'one'], { home: folder }), 'one');
  t.is((await failed(['contexts', 'add', 'bad', '--db', 'nonsense'], { home: folder })).status, 2);
  t.is(statSync(file).mode & 0o777, 0o600);
});

for (const [what, text] of [
  ['broken YAML', 'contexts: [}'],
  ['a list', '- a\n- b'],
  ['text', 'hello'],
  ['a list of contexts', 'contexts:\n  - db: sqlite:///x'],
  ['an unknown section', 'context:\n  x:\n    db: sqlite:///x'],
  ['an unknown key', 'contexts:\n  x:\n    db: sqlite:///x\n    pasword: secret'],
  ['a context without a database', 'contexts:\n  x:\n    passwordFile: /x'],
  ['a context that is text', 'contexts:\n  x: sqlite:///x'],
  ['a number for a URL', 'contexts:\n  x:\n    db: 5'],
  ['a current one that is a number', 'current: 5\ncontexts: {}'],
] as const) {
  test(`a configuration file with ${what} is refused by its name, and left as it is`, async (t) => {
    const folder = home(t);
    const file = `${folder}/.config/bbctl/config.yaml`;
    mkdirSync(`${folder}/.config/bbctl`, { recursive: true });
    writeFileSync(file, text);
    for (const args of [['masters'], ['contexts'], ['contexts', 'use', 'x'], ['contexts', 'add', 'y', '--db', 'sqlite:////y']]) {
      const { status, error } = await failed(args, { home: folder });
      t.is(status, 2, args.join(' '));
      t.true(error.message.includes(file), error.message);
    }
    t.is(readFileSync(file, 'utf8'), text);
  }); // prettier-ignore
}

test('an empty configuration file is none', async (t) => {
  const folder = home(t);
  mkdirSync(`${folder}/.config/bbctl`, { recursive: true });
  writeFileSync(`${folder}/.config/bbctl/config.yaml`, '');
  t.is((await bbctl(['contexts'], { home: folder })).status, 0);
});

test('--basedir says when it guessed, and what to do where it cannot', async (t) => {
  const [url = ''] = await databases(t, 'it');
  const with_ = await basedir(t, url);
  const guessed = await bbctl(['masters'], { cwd: with_ });
  t.is(guessed.status, 0);
  t.regex(guessed.stderr, /^Using \S+\/state\.sqlite; if master\.cfg names another database, use --load-config or --db\.\n$/);
  const without = await failed(['masters', '--basedir', await basedir(t)], {});
  t.is(without.status, 3);
  t.regex(without.error.message, /has no state\.sqlite/);
  t.regex(without.error.try ?? '', /--load-config/);
  const folder = await temporaryFolder(t);
  const none = await failed(['masters', '--basedir', folder], {});
  t.is(none.status, 3);
  t.regex(none.error.message, /has no buildbot\.tac/);
}); // prettier-ignore

const hasBuildbot = !isSkipped('buildbot');
(hasBuildbot ? test : test.skip)('--load-config asks Buildbot for the database', async (t) => {
  const folder = await temporaryFolder(t);
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder, LANG: 'C.UTF-8' };
  await run('buildbot', ['create-master', '-f', `${folder}/master`], { env });
  const config = `${folder}/master/master.cfg`;
  const sample = readFileSync(`${folder}/master/master.cfg.sample`, 'utf8');
  writeFileSync(config, `print("noise")\n${sample}\nc['db'] = {'db_url': 'sqlite:///other.sqlite'}\n`);
  const [url = ''] = await databases(t, 'other');
  copyFileSync(url.replace('sqlite:///', ''), `${folder}/master/other.sqlite`);
  const options = { env: { PATH: `${env.PATH}` } };
  t.is(await usedBy(['--basedir', `${folder}/master`, '--load-config'], options), 'other');
  // Without it the file that is always there is used, and master.cfg is not run.
  writeFileSync(config, `open('${folder}/was-run', 'w')\nraise Exception('out of order')\n`);
  t.is((await bbctl(['status', '--basedir', `${folder}/master`], options)).status, 0);
  t.false(existsSync(`${folder}/was-run`));
  const broken = await failed(['status', '--basedir', `${folder}/master`, '--load-config'], options);
  t.is(broken.status, 2);
  t.regex(broken.error.message, /Buildbot could not load the configuration in .*: .*out of order|checkconfig/s);
});

for (const engine of engines.filter((one) => one === 'postgres' || one === 'innodb')) {
  const drivers = engine === 'postgres' ? ['postgresql+psycopg2', 'postgres'] : ['mysql+mysqldb', 'mysql+pymysql', 'mariadb']; // prettier-ignore
  for (const driver of drivers) {
    test(`${engine}: as SQLAlchemy spells it, ${driver}://`, async (t) => {
      const db = await deadMaster(t, engine);
      const options = engine === 'postgres' ? '' : '?charset=utf8mb4&max_idle=300&storage_engine=InnoDB';
      t.is((await bbctl(['masters'], { db: db.url.replace(/^\w+/, driver) + options })).status, 0);
    });
  }
}
