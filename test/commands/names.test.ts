// Names are whatever somebody configured: they are shown, never obeyed, and the commands that are printed can be pasted.
import { rmSync } from 'node:fs';
import test from 'ava';
import { bbctl, temporaryHome } from '../_helpers/cli.js';
import { addLivingMaster, deadMaster, heartbeat, otherMaster } from '../_helpers/clusters.js';
import { engines, type EngineName, type TestDatabase } from '../_helpers/database.js';
import { paste } from '../_helpers/paste.js';

const hostile = [
  '\u001b]0;pwned\u0007\u001b[2J',
  'two\nlines\r\nof "name"\ttab',
  'it\'s `id` $(id) ${HOME} \\ !! "quoted" &;|><*?',
  'señor 🚀 \u202egnirts\u202c ​zero width',
  '\u009b31mC1 and \u007f DEL',
  "$'\\u001b'",
  'a=b,c',
];

/** What a terminal would obey. */
const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u200b-\u200f]/;

/** Buildbot's tables on MySQL hold characters of the basic plane only. */
function nameOn(engine: EngineName, name: string): string {
  return engine === 'myisam' || engine === 'innodb' ? name.replace(/[\u{10000}-\u{10ffff}]/gu, '☃') : name;
}

/** A master, a builder, a scheduler, a change source and a worker of each name. */
async function addNames(db: TestDatabase, names: readonly string[]): Promise<void> {
  for (const [index, name] of names.entries()) {
    const id = 100 + index;
    const hash = String(id).padStart(40, '0');
    await db.query('INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (?, ?, ?, 1, 1)', [id, name, hash]); // prettier-ignore
    for (const table of ['builders', 'changesources']) {
      await db.query(`INSERT INTO ${table} (id, name, name_hash) VALUES (?, ?, ?)`, [id, name, hash]);
    }
    await db.query('INSERT INTO schedulers (id, name, name_hash, enabled) VALUES (?, ?, ?, 1)', [id, name, hash]);
    await db.query('INSERT INTO scheduler_masters (schedulerid, masterid) VALUES (?, ?)', [id, id]);
    await db.query('INSERT INTO builder_masters (id, builderid, masterid) VALUES (?, ?, ?)', [id, id, id]);
    await db.query(`INSERT INTO workers (id, name, info, paused, graceful) VALUES (?, ?, '{}', 0, 0)`, [id, name]);
    await db.query('INSERT INTO connected_workers (id, masterid, workerid) VALUES (?, ?, ?)', [id, id, id]);
  }
}

const reads = [
  ['status'],
  ['masters'],
  ['masters', 'show', '100'],
  ['services'],
  ['services', 'show', '101'],
  ['builders'],
  ['builders', '--orphaned'],
  ['workers'],
  ['requests'],
  ['builds'],
  ['doctor'],
  ['doctor', '--fix', '--yes', '--dry-run'],
  ['why', 'starved'],
  ['masters', 'expire', '--dry-run'],
  ['services', 'release', '--dry-run'],
  ['requests', 'release', '--dry-run'],
];

test('no command sends a name to the terminal as it is', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  await addNames(db, hostile);
  for (const args of reads) {
    const plain = await bbctl(args, { db: db.url });
    t.is(plain.status, 0, plain.stderr);
    t.notRegex(plain.stdout + plain.stderr, raw, args.join(' '));
    const json = await bbctl([...args, '--json'], { db: db.url });
    t.notRegex(json.stdout, raw, args.join(' '));
    t.notThrows(json.json);
  }
  for (const format of ['text', 'nagios', 'prometheus', 'json']) {
    const { stdout, stderr } = await bbctl(['health', '--format', format], { db: db.url });
    t.notRegex(stdout + stderr, raw, `health --format ${format}`);
  }
});

for (const engine of engines.filter((one) => one !== 'myisam')) {
  test(`${engine}: --json has every name exactly`, async (t) => {
    const db = await deadMaster(t, engine);
    const names = hostile.map((name) => nameOn(engine, name));
    await addNames(db, names);
    for (const topic of ['masters', 'builders', 'services', 'workers']) {
      const found = (await bbctl([topic, '--json'], { db: db.url })).json() as Record<string, { name: string }[]>;
      const all = new Set(found[topic]?.map(({ name }) => name));
      t.deepEqual(names.filter((name) => !all.has(name)), [], topic); // prettier-ignore
    }
  });
}

for (const [index, text] of [...hostile, '-x', '--force', '-', ' ', '~root', '#comment'].entries()) {
  test(`name ${index}: the printed command can be pasted into bash and expires exactly that master`, async (t) => {
    const engine = engines[index % engines.length] ?? 'sqlite';
    const name = nameOn(engine, text);
    const db = await deadMaster(t, engine);
    const home = temporaryHome();
    t.teardown(() => rmSync(home, { recursive: true, force: true }));
    // A dead bystander with almost that name.
    await addLivingMaster(db);
    await db.query('UPDATE masters SET name = ?, last_active = 1 WHERE id = ?', [`${name}x`, otherMaster]);
    await db.query('UPDATE masters SET name = ? WHERE id = 1', [name]);
    const { findings } = (await bbctl(['status', '--json'], { db: db.url })).json() as { findings: { id: string; fix: string[] }[] }; // prettier-ignore
    const fixes = findings.filter(({ id }) => id === 'master-dead').map(({ fix }) => fix[0] ?? '');
    t.is(fixes.length, 2);
    const [fix = ''] = fixes;
    t.notRegex(fix, raw);
    t.true((await bbctl(['status'], { db: db.url })).stdout.includes(fix));
    const withFlags = fix.replace('masters expire', 'masters expire --yes --json');
    t.like(JSON.parse(await paste(withFlags, db.url, home)), { status: 'done' });
    t.deepEqual(await db.query('SELECT id, active FROM masters ORDER BY id'), [{ id: 1, active: 0 }, { id: otherMaster, active: 1 }]); // prettier-ignore
  });
}

test('of two masters whose names share a beginning the exact one is meant, and a beginning is nobody', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  await addLivingMaster(db);
  await db.exec(`UPDATE masters SET name = 'host:/srv/a' WHERE id = 1; UPDATE masters SET name = 'host:/srv/ab' WHERE id = 2`); // prettier-ignore
  const shown = (await bbctl(['masters', 'show', 'host:/srv/a', '--json'], { db: db.url })).json() as { masters: { id: number }[] }; // prettier-ignore
  t.deepEqual(shown.masters.map(({ id }) => id), [1]); // prettier-ignore
  for (const command of [
    ['masters', 'show'],
    ['masters', 'expire', '--yes'],
  ]) {
    const none = await bbctl([...command, 'host:/srv/', '--json'], { db: db.url });
    t.is(none.status, 3);
    t.regex((none.json() as { error: { try: string } }).error.try, /host:\/srv\/a, host:\/srv\/ab/);
  }
});

test("a master whose name is another one's number is meant by that name", async (t) => {
  const db = await deadMaster(t, 'sqlite');
  await addLivingMaster(db);
  await db.exec(`UPDATE masters SET name = '2' WHERE id = 1`);
  const shown = (await bbctl(['masters', 'show', '2', '--json'], { db: db.url })).json() as { masters: { id: number }[] }; // prettier-ignore
  t.deepEqual(shown.masters.map(({ id }) => id), [1]); // prettier-ignore
  t.is((await bbctl(['masters', 'show', '1', '--json'], { db: db.url })).status, 0);
});

for (const engine of engines) {
  test(`${engine}: a clock that is ahead, and one that is behind, are told and the masters left alone`, async (t) => {
    const db = await deadMaster(t, engine);
    await heartbeat(db);
    const states = async () => ((await bbctl(['masters', '--json'], { db: db.url })).json() as { masters: { state: string }[] }).masters.map(({ state }) => state); // prettier-ignore
    await db.exec('UPDATE masters SET last_active = last_active + 7200 WHERE id = 1');
    t.deepEqual(await states(), ['active']);
    t.regex((await bbctl(['status'], { db: db.url })).stdout, /has a clock that is 2h( \d+s)? ahead of the database's|has a clock that is 1h 59m ahead/);
    t.is((await bbctl(['masters', 'expire', '1', '--yes'], { db: db.url })).status, 4);
    // Behind: what looks like silence may be none, and a claim made before it was submitted proves it.
    await db.exec('UPDATE masters SET last_active = last_active - 7200 - 300 WHERE id = 1');
    t.deepEqual(await states(), ['late']);
    t.like((await bbctl(['masters', 'expire', '--yes', '--json'], { db: db.url })).json(), { status: 'nothing to do' });
  }); // prettier-ignore
}
