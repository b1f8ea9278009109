// What `health --repair` mends with nobody looking, and what it leaves.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import Sqlite from 'better-sqlite3';
import { takeLock } from '../../src/lib/db/lock.js';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { bbctl, type CliOptions } from '../_helpers/cli.js';
import { addLivingMaster, deadMaster, diffButForTimes, epochSeconds, heartbeat, restore, stuckRequest } from '../_helpers/clusters.js'; // prettier-ignore
import { diffDumps, engines, shiftTimes, type Dump, type TestDatabase } from '../_helpers/database.js';
import { entriesOf } from '../_helpers/gate-hooks.js';
import { health, home, repairOf, told } from '../_helpers/health.js';
import { makeUnclean } from '../_helpers/killed.js';
import { secondConnection } from '../_helpers/second-connection.js';

const journalIn = (folder: string) => join(folder, '.local', 'state', 'bbctl', 'journal');

for (const engine of engines) {
  test(`${engine}: --repair mends an unclean master beside a living one, is journaled, and can be undone`, async (t) => {
    const db = await deadMaster(t, engine);
    await makeUnclean(db);
    await addLivingMaster(db);
    const options = { db: db.url, home: home(t) };
    const before = await db.dump();
    const repair = await repairOf(options);
    t.deepEqual(repair, { status: 'done', journal: 1 });
    t.deepEqual(await db.query('SELECT brid FROM buildrequest_claims WHERE masterid = 1 AND brid IN (SELECT id FROM buildrequests WHERE complete = 0)'), []); // prettier-ignore
    t.deepEqual(await db.query('SELECT id FROM connected_workers WHERE masterid = 1'), []);
    const { changes } = (await bbctl(['journal', '--json'], options)).json() as { changes: Record<string, unknown>[] };
    t.like(changes[0], { operation: 'health --repair', state: 'done', reason: 'health --repair' });
    t.is(await repairOf(options), null);
    t.is((await bbctl(['undo', '1', '--yes'], options)).status, 0);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: --repair mends nothing when every heart has stopped, nor a master that is dead for minutes`, async (t) => {
    const db = await deadMaster(t, engine);
    const options = { db: db.url, home: home(t) };
    const untouched = async (args = '') => {
      const before = await db.dump();
      const repair = await repairOf(options, args);
      t.is(repair, null);
      t.deepEqual(diffDumps(before, await db.dump()), []);
    };
    await untouched('--repair-after 10m');
    await addLivingMaster(db);
    await untouched();
    await shiftTimes(db, -7200);
    await untouched();
    await heartbeat(db, 2);
    const repair = await repairOf(options);
    t.is(repair?.status, 'done');
  });
}

test('a repair that is not possible is told, and the answer comes all the same', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  await makeUnclean(db);
  await addLivingMaster(db);
  const folder = home(t);
  writeFileSync(join(folder, 'file'), '');
  const env = { XDG_STATE_HOME: join(folder, 'file') };
  const before = await db.dump();
  const result = await health('--repair', { db: db.url, env });
  t.is(result.status, 2);
  t.regex(result.stdout, /^CRITICAL: [\s\S]*\nrepair: .+\n$/);
  t.deepEqual(diffDumps(before, await db.dump()), []);
});

/** Dead for long beside a living master, as it is and as a repair that nobody disturbs leaves it. */
async function longDead(t: ExecutionContext, engine: TestDatabase['engine']): Promise<{ db: TestDatabase; repaired: Dump }> {
  const db = await deadMaster(t, engine);
  await shiftTimes(db, -7200);
  await addLivingMaster(db);
  const before = await db.dump();
  t.is((await repairOf({ db: db.url, home: home(t) }))?.status, 'done');
  const repaired = await db.dump();
  await restore(db, before);
  return { db, repaired };
} // prettier-ignore

for (const engine of engines) {
  test(`${engine}: of two repairs at once one mends, and both answer`, async (t) => {
    const { db, repaired } = await longDead(t, engine);
    const options = { db: db.url, home: home(t) };
    const answers = await Promise.all([told('--repair --deadline 5m', options), told('--repair --deadline 5m', options)]); // prettier-ignore
    const outcomes = answers.map(({ repair }) => repair?.status ?? 'nothing was left');
    t.is(outcomes.filter((outcome) => outcome === 'done').length, 1);
    const [other = ''] = outcomes.filter((outcome) => outcome !== 'done');
    t.regex(
      other,
      /^nothing (was left|to do)$|^Another bbctl is changing |^The cluster has changed since the plan was shown/,
    );
    t.false(answers.some(({ status }) => status === 'unknown'));
    t.deepEqual(diffButForTimes(repaired, await db.dump()), []);
    t.is(entriesOf(journalIn(options.home)).length, 1);
  });

  test(`${engine}: a repair waits for another bbctl for a while, and answers`, async (t) => {
    const { db } = await longDead(t, engine);
    const before = await db.dump();
    const lock = await takeLock(parseDatabaseUrl(db.url), 'masters expire', 0);
    t.teardown(() => lock.release());
    const { status, repair } = await told('--repair', { db: db.url, home: home(t) });
    t.is(status, 'critical');
    t.regex(repair?.status ?? '', /^Another bbctl is changing /);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test.serial(
    `${engine}: a repair that is held up until its deadline can be run again, completed and taken back`,
    async (t) => {
      const { db, repaired } = await longDead(t, engine);
      const before = await db.dump();
      const options = { db: db.url, home: home(t) };
      const release = await holdUp(t, db);
      const { status, repair } = await told('--repair --deadline 12s', options);
      // On a slow machine no time is left to say more.
      t.true(status === 'unknown' || /^(failed|partly done) \(.* did not answer in time/.test(repair?.status ?? ''), JSON.stringify(repair)); // prettier-ignore
      await release();
      const after = await db.dump();
      const [entry] = entriesOf(journalIn(options.home));
      t.true(entry?.state === 'open' || entry?.state === 'failed');
      for (const goOn of ['again', 'complete', 'undo'] as const) {
        await restore(db, after);
        const folder = home(t);
        await cp(options.home, folder, { recursive: true });
        await continued(goOn, { db: db.url, home: folder });
        t.deepEqual(diffButForTimes(goOn === 'undo' ? before : repaired, await db.dump()), [], goOn);
      }
    },
  );
}

async function continued(how: 'again' | 'complete' | 'undo', options: CliOptions): Promise<void> {
  if (how === 'again') await repairOf(options);
  else await bbctl([...(how === 'undo' ? ['undo'] : ['journal', 'complete']), '1', '--yes'], options);
}

/** Somebody who holds what the repair wants to write, in its middle where the engine has row locks. */
async function holdUp(t: ExecutionContext, db: TestDatabase): Promise<() => Promise<void>> {
  if (db.engine === 'sqlite') {
    const other = new Sqlite(db.url.replace('sqlite:///', ''));
    t.teardown(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    return () => Promise.resolve(void other.exec('ROLLBACK'));
  }
  const other = await secondConnection(t, db);
  if (db.engine === 'myisam') await other.exec('LOCK TABLES buildrequest_claims READ');
  else await other.exec(`BEGIN; UPDATE buildrequest_claims SET claimed_at = claimed_at + 1 WHERE brid = ${await stuckRequest(db)}`); // prettier-ignore
  return () => other.exec(db.engine === 'myisam' ? 'UNLOCK TABLES' : 'ROLLBACK');
}

/** A master that broke off in its start, after it had claimed a service, beside one that lives. */
async function brokenStart(t: ExecutionContext, engine: TestDatabase['engine']): Promise<TestDatabase> {
  const db = await deadMaster(t, engine);
  await heartbeat(db);
  const row = [3, 'host3:/srv/bb/new', '3'.repeat(40), 0, epochSeconds() - 5];
  await db.query('INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (?, ?, ?, ?, ?)', row);
  await db.query('UPDATE scheduler_masters SET masterid = 3 WHERE schedulerid = (SELECT MIN(id) FROM schedulers)');
  return db;
}

const claimsOfThree = (db: TestDatabase) => db.query('SELECT schedulerid FROM scheduler_masters WHERE masterid = 3');

function sightingsIn(folder: string): { file: string; text: string } {
  const [name = ''] = readdirSync(journalIn(folder)).filter((one) => one.startsWith('starting-'));
  const file = join(journalIn(folder), name);
  return { file, text: readFileSync(file, 'utf8') };
}

/** As if what was seen had been seen ten minutes earlier. */
function age(folder: string): void {
  const { file, text } = sightingsIn(folder);
  writeFileSync(
    file,
    text.replace(/"at":([\d.]+)/g, (_all, at) => `"at":${Number(at) - 600}`),
  );
}

for (const engine of engines) {
  test(`${engine}: a master that is still starting after ten minutes, seen unchanged, is mended, and it can be undone`, async (t) => {
    const db = await brokenStart(t, engine);
    const options = { db: db.url, home: home(t) };
    const before = await db.dump();
    t.is(await repairOf(options), null);
    const first = sightingsIn(options.home).text;
    t.is(await repairOf(options), null);
    t.is(sightingsIn(options.home).text, first);
    t.deepEqual(diffDumps(before, await db.dump()), []);
    age(options.home);
    t.deepEqual(await repairOf(options), { status: 'done', journal: 1 });
    t.deepEqual(await claimsOfThree(db), []);
    t.is(await repairOf(options), null);
    t.deepEqual(readdirSync(journalIn(options.home)), ['000001.jsonl']);
    t.is((await bbctl(['undo', '1', '--yes'], options)).status, 0);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

for (const [what, change] of [
  ['has written its heartbeat', 'UPDATE masters SET last_active = last_active + 1 WHERE id = 3'],
  ['has claimed another service', 'UPDATE scheduler_masters SET masterid = 3'],
  ['is one of many whose hearts have all stopped', 'UPDATE masters SET last_active = 1000 WHERE id <> 3'],
] as const) {
  test(`a master that seems to start and ${what} is left alone`, async (t) => {
    const db = await brokenStart(t, 'sqlite');
    const options = { db: db.url, home: home(t) };
    await repairOf(options);
    age(options.home);
    await db.exec(change);
    const before = await db.dump();
    t.is(await repairOf(options), null);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

test('without what was seen before, or with something else in its place, looking begins anew', async (t) => {
  const db = await brokenStart(t, 'sqlite');
  const options = { db: db.url, home: home(t) };
  await repairOf(options);
  const { file } = sightingsIn(options.home);
  for (const text of ['', 'null', '{}', '[null]', '[{"at":"1"}]', '[{"at":1,"master":{}}]', '[{"at":1,"master":{"id":3}}]']) {
    writeFileSync(file, text);
    t.is(await repairOf(options), null, text);
    t.regex(sightingsIn(options.home).text, /^\[\{"at":\d{10}/, text);
  } // prettier-ignore
});

test('without --repair nothing is kept', async (t) => {
  const db = await brokenStart(t, 'sqlite');
  const folder = home(t);
  await health('', { db: db.url, home: folder });
  t.deepEqual(readdirSync(folder, { recursive: true }).filter((name) => String(name).includes('starting-')), []); // prettier-ignore
});
