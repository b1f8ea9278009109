import { rmSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { bbctl, temporaryHome, type CliOptions } from '../_helpers/cli.js';
import {
  addLivingMaster,
  deadMaster,
  epochSeconds,
  heartbeat,
  idOf,
  otherMaster,
  stuckRequest,
} from '../_helpers/clusters.js';
import { diffDumps, engines, type TestDatabase } from '../_helpers/database.js';
import { killedMaster, removeMasterRows, withoutCascades, type Killed } from '../_helpers/killed.js';
import { paste } from '../_helpers/paste.js';

interface Told {
  readonly requests: readonly {
    readonly request: number;
    readonly builder: string;
    readonly links: readonly { name: string; state: string; message: string; fix: string[] }[];
  }[];
}

async function crashed(t: ExecutionContext, engine = engines[0] ?? 'sqlite'): Promise<{ db: TestDatabase; options: CliOptions }> {
  const db = await deadMaster(t, engine);
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  return { db, options: { db: db.url, home } };
} // prettier-ignore

async function why(options: CliOptions, ...args: string[]): Promise<Told['requests']> {
  return ((await bbctl(['why', ...args, '--json'], options)).json() as Told).requests;
}

const end = (told: Told['requests'][number] | undefined) => told?.links.at(-1);

for (const engine of engines) {
  test(`${engine}: a request that is stuck, one that is built, one that is complete`, async (t) => {
    const { db, options } = await crashed(t, engine);
    const before = await db.dump();
    const id = await stuckRequest(db);
    const [stuck] = await why(options, String(id));
    t.like(end(stuck), { name: 'claim', state: 'breaks' });
    t.regex(end(stuck)?.fix[0] ?? '', /^bbctl masters expire /);
    const [complete] = await db.query('SELECT MIN(id) AS id FROM buildrequests WHERE complete = 1');
    t.like(end((await why(options, String(complete?.id)))[0]), { name: 'request', state: 'built' });
    t.deepEqual(diffDumps(before, await db.dump()), []);
    await heartbeat(db);
    t.like(end((await why(options, String(id)))[0]), { name: 'claim', state: 'built' });
  });

  test(`${engine}: the oldest pending request of a builder, and all of a buildset`, async (t) => {
    const { db, options } = await crashed(t, engine);
    await heartbeat(db);
    const [pending] = await db.query(
      `SELECT MIN(r.id) AS id, MIN(r.buildsetid) AS buildset FROM buildrequests r JOIN builders b ON b.id = r.builderid
       WHERE b.name = 'starved' AND r.complete = 0`,
    );
    const [asked] = await why(options, 'starved');
    t.is(asked?.request, Number(pending?.id));
    t.like(end(asked), { name: 'connections', state: 'breaks', fix: ['bbctl workers'] });
    const set = await why(options, '--buildset', String(pending?.buildset));
    t.true(set.some(({ request }) => request === Number(pending?.id)));
    await db.query('DELETE FROM buildset_sourcestamps WHERE buildsetid = ?', [Number(pending?.buildset)]);
    t.is(end((await why(options, 'starved'))[0])?.name, 'source');
  });
}

test('in one screen, with the command that mends it last', async (t) => {
  const { db, options } = await crashed(t);
  const { status, stdout, stderr } = await bbctl(['why', String(await stuckRequest(db))], options);
  t.like({ status, stderr }, { status: 0, stderr: '' });
  t.regex(stdout, /^✓ Request \d+ was submitted [\s\S]*\n✗ It was claimed [\s\S]*\n {4}bbctl masters expire \S+\n$/);
  t.true(stdout.split('\n').length < 24);
});

test('what is not there, and what is not said', async (t) => {
  const { options } = await crashed(t);
  for (const args of [['999999'], ['nobody'], ['--buildset', '999999'], ['quick-of-nobody']])
    t.is((await bbctl(['why', ...args], options)).status, 3, args.join(' '));
  for (const args of [[], ['--buildset', 'x'], ['1', '--buildset', '1'], ['--nonsense'], ['1', '2']])
    t.is((await bbctl(['why', ...args], options)).status, 2, args.join(' '));
});

/** The pending request is of a builder whose worker is connected and has nothing to do. */
async function makeFree({ db, pending, build }: Killed): Promise<void> {
  await db.query('UPDATE buildrequests SET builderid = ? WHERE id = ?', [await idOf(db, 'builders', 'quick'), pending]);
  await db.query('UPDATE builds SET complete_at = ?, results = 0 WHERE id = ?', [epochSeconds(), build]);
}

const addMaster =
  (lastActive: number) =>
  async ({ db }: Killed) => {
    await addLivingMaster(db);
    await db.query('UPDATE masters SET last_active = ? WHERE id = ?', [lastActive, otherMaster]);
  };
const quick = `(SELECT id FROM builders WHERE name = 'quick')`;
const sql = (...statements: string[]) => async ({ db }: Killed) => {
  for (const one of statements) await withoutCascades(db, one);
}; // prettier-ignore

interface Break {
  /** What is done to a cluster of one living master; one request is claimed and built by it, one is pending. */
  readonly made: readonly ((killed: Killed) => Promise<void>)[];
  readonly asked: 'claimed' | 'pending';
  /** The link at which the chain ends, and how. */
  readonly ends: readonly [name: string, state: string, message: RegExp];
  readonly fix: readonly RegExp[];
}

const long = () => epochSeconds() - 3600;
const expire = /^bbctl masters expire \S+$/;
const show = /^bbctl masters show \S+$/;
const cancel = /^bbctl requests cancel \d+$/;

const breaks: Readonly<Record<string, Break>> = {
  'claimed by a living master that builds it': { made: [], asked: 'claimed', ends: ['claim', 'built', /builds it since .*: build 1 of slow \(id \d+\)\.$/], fix: [] },
  'claimed by a living master without a build of it': { made: [sql('DELETE FROM builds WHERE complete_at IS NULL')], asked: 'claimed', ends: ['claim', 'breaks', /and no build of it has started: .*twistd\.log/], fix: [show] },
  'its holder is dead': { made: [({ db }) => db.exec(`UPDATE masters SET last_active = ${epochSeconds() - 900}`), sql('UPDATE buildrequest_claims SET claimed_at = claimed_at - 1000', 'UPDATE builds SET started_at = started_at - 1000, complete_at = complete_at - 1000', 'UPDATE steps SET started_at = started_at - 1000, complete_at = complete_at - 1000')], asked: 'claimed', ends: ['claim', 'breaks', /which is dead: nobody will build it/], fix: [expire] },
  'its holder was stopped by its survivors': { made: [sql(`UPDATE masters SET active = 0, last_active = ${epochSeconds()}`, 'DELETE FROM configured_workers', 'DELETE FROM builder_masters', 'DELETE FROM scheduler_masters', 'DELETE FROM changesource_masters')], asked: 'claimed', ends: ['claim', 'breaks', /which is unclean: nobody will build it/], fix: [expire] },
  'its holder has no row': { made: [({ db }) => removeMasterRows(db)], asked: 'claimed', ends: ['claim', 'breaks', /by master 1 \(gone\), which is gone/], fix: [/^bbctl requests release \d+$/] },
  'its holder is silent, and builds': { made: [sql(`UPDATE masters SET last_active = ${long()}`)], asked: 'claimed', ends: ['claim', 'built', /, which is silent, builds it since/], fix: [] },
  'its holder is silent, and does not build it': { made: [sql(`UPDATE masters SET last_active = ${long()}`, 'DELETE FROM builds WHERE complete_at IS NULL')], asked: 'claimed', ends: ['claim', 'breaks', /, which is silent, and no build of it has started/], fix: [show] },
  'its buildset has no source stamp': { made: [sql('DELETE FROM buildset_sourcestamps')], asked: 'pending', ends: ['source', 'breaks', /does not see the request/], fix: [cancel] },
  'its builder has no row': { made: [sql(`DELETE FROM builders WHERE name = 'starved'`)], asked: 'pending', ends: ['builder', 'breaks', /has no row/], fix: [cancel] },
  'no master configures its builder': { made: [sql('DELETE FROM builder_masters')], asked: 'pending', ends: ['masters', 'breaks', /^No master configures that builder/], fix: [/^bbctl builders --orphaned$/, cancel] },
  'only a dead master configures its builder': { made: [addMaster(5), sql(`UPDATE builder_masters SET masterid = ${otherMaster}`)], asked: 'pending', ends: ['masters', 'breaks', /^No living master .*: only \S+ \(dead\)\. Start one/], fix: [show] },
  'no worker is configured for it': { made: [sql('DELETE FROM configured_workers')], asked: 'pending', ends: ['workers', 'breaks', /^No worker is configured/], fix: [/^bbctl workers$/] },
  'its worker is not connected': { made: [], asked: 'pending', ends: ['connections', 'breaks', /^None of them is connected to a living master that configures the builder\.$/], fix: [/^bbctl workers$/] },
  'its worker is connected to a dead master only': { made: [makeFree, addMaster(5), sql(`UPDATE connected_workers SET masterid = ${otherMaster}`)], asked: 'pending', ends: ['connections', 'breaks', /local1 looks connected to host2:\S+, which is dead/], fix: [/^bbctl workers$/] },
  'its worker is connected to another living master only': { made: [makeFree, addMaster(epochSeconds()), sql(`UPDATE connected_workers SET masterid = ${otherMaster}`, `INSERT INTO builder_masters (id, builderid, masterid) SELECT 99, id, ${otherMaster} FROM builders WHERE name = 'slow'`)], asked: 'pending', ends: ['connections', 'breaks', /local1 looks connected to host2:\S+, which is active/], fix: [/^bbctl workers$/] },
  'its worker is paused': { made: [makeFree, sql('UPDATE workers SET paused = 1')], asked: 'pending', ends: ['free', 'breaks', /^It is paused/], fix: [/^bbctl workers --filter paused=yes$/] },
  'its worker shuts down': { made: [makeFree, sql('UPDATE workers SET graceful = 1')], asked: 'pending', ends: ['free', 'breaks', /shutting down/], fix: [/^bbctl workers --filter paused=yes$/] },
  'its worker is busy': { made: [sql(`UPDATE buildrequests SET builderid = ${quick} WHERE complete = 0 AND id NOT IN (SELECT brid FROM buildrequest_claims)`)], asked: 'pending', ends: ['free', 'breaks', /^All of them are busy/], fix: [/^bbctl builds --running$/] },
  'nothing is wrong: the master has to look': { made: [makeFree], asked: 'pending', ends: ['free', 'breaks', /^local1 could build it.*a reconfig makes it look/], fix: [/^ssh \S+ buildbot reconfig \/srv\/\S+$/] },
  'nothing is wrong, but its buildset is complete': { made: [makeFree, sql('UPDATE buildsets SET complete = 1')], asked: 'pending', ends: ['free', 'breaks', /^local1 could build it/], fix: [/^ssh /] },
}; // prettier-ignore

/** So that what is proposed can be run without doing it. */
const dry = (command: string) => command.replace(/^bbctl (masters expire|requests cancel|requests release)/, 'bbctl $1 --dry-run'); // prettier-ignore

for (const [title, { made, asked, ends: [name, state, message], fix }] of Object.entries(breaks)) {
  // One after the other: each starts several processes.
  test.serial(`${title}: where the chain ends, and the commands that are shown run`, async (t) => {
    const killed = await killedMaster(t, 'sqlite', 0);
    const home = temporaryHome();
    t.teardown(() => rmSync(home, { recursive: true, force: true }));
    await heartbeat(killed.db);
    for (const one of made) await one(killed);
    const before = await killed.db.dump();
    const [told] = await why({ db: killed.db.url, home }, String(killed[asked]));
    t.like(end(told), { name, state }, JSON.stringify(told?.links));
    t.regex(end(told)?.message ?? '', message);
    t.is(end(told)?.fix.length, fix.length, end(told)?.fix.join('\n'));
    for (const [index, pattern] of fix.entries()) t.regex(end(told)?.fix[index] ?? '', pattern);
    t.true(told?.links.slice(0, -1).every((link) => link.state === 'holds'));
    const commands = (told?.links ?? []).flatMap((link) => link.fix).filter((command) => command.startsWith('bbctl '));
    for (const command of commands) await t.notThrowsAsync(paste(dry(command), killed.db.url, home), command);
    t.deepEqual(diffDumps(before, await killed.db.dump()), []);
  });
} // prettier-ignore

for (const engine of engines) {
  test(`${engine}: each result of a request that is complete, and a buildset that is complete before its request`, async (t) => {
    const { db, pending, buildset } = await killedMaster(t, engine, 0);
    await heartbeat(db);
    const options = { db: db.url };
    await db.query('UPDATE buildsets SET complete = 1, complete_at = 5 WHERE id = ?', [buildset]);
    const [told] = await why(options, String(pending));
    t.like(told?.links.find((link) => link.name === 'buildset'), { state: 'holds', fix: [`bbctl requests cancel ${pending}`] }); // prettier-ignore
    await db.query('UPDATE buildrequests SET complete = 1, complete_at = 5 WHERE id = ?', [pending]);
    for (const [results, word] of ['success', 'warnings', 'failure', 'skipped', 'exception', 'retry', 'cancelled'].entries()) {
      await db.query('UPDATE buildrequests SET results = ? WHERE id = ?', [results, pending]);
      t.is(end((await why(options, String(pending)))[0])?.message, `Request ${pending} is complete: ${word}.`);
    }
  }); // prettier-ignore
}
