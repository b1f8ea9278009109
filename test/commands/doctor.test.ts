// Everything that is wrong, told and mended as one change.
import { rmSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { bbctl, temporaryHome, type CliOptions } from '../_helpers/cli.js';
import { addLivingMaster, deadMaster, heartbeat } from '../_helpers/clusters.js';
import { diffDumps, engines, type EngineName, type TestDatabase } from '../_helpers/database.js';
import { paste } from '../_helpers/paste.js';
import { databaseAged } from '../_helpers/recordings.js';
import { inTerminal, plainText } from '../_helpers/terminal.js';

interface Told {
  readonly findings: readonly { id: string; fix: string[]; mend: object | null; evidence: object }[];
  readonly change?: { status: string; journal: number | null };
}

async function crashed(t: ExecutionContext, engine: EngineName = 'sqlite'): Promise<{ db: TestDatabase; options: CliOptions }> {
  const db = await deadMaster(t, engine);
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  return { db, options: { db: db.url, home } };
} // prettier-ignore

/** A service and a build of masters that have no row: other operations than that of a dead master. */
async function leaveOrphans(db: TestDatabase): Promise<void> {
  if (db.engine === 'postgres') await db.exec('SET session_replication_role = replica');
  if (db.engine === 'innodb') await db.exec('SET foreign_key_checks = 0');
  await db.query('UPDATE scheduler_masters SET masterid = 9 WHERE schedulerid = (SELECT MIN(id) FROM schedulers)');
}

test('it tells what each finding means, what was seen, and what mends it', async (t) => {
  const { db, options } = await crashed(t);
  await addLivingMaster(db);
  const { status, stdout, stderr } = await bbctl(['doctor'], { ...options, env: { COLUMNS: '200' } });
  t.like({ status, stderr }, { status: 0, stderr: '' });
  t.regex(stdout, /is dead: silent for 1\dm/);
  t.regex(stdout, /A surviving Buildbot master frees the services/);
  t.regex(stdout, /Seen: master .*\(master-dead\)/);
  t.regex(stdout, /^ {4}bbctl masters expire /m);
  const { findings, change } = (await bbctl(['doctor', '--json'], options)).json() as Told;
  t.is(change, undefined);
  t.is(findings[0]?.id, 'master-dead');
});

test('only the checks that are chosen, and nothing wrong is said so', async (t) => {
  const { db, options } = await crashed(t);
  const { findings } = (await bbctl(['doctor', '--json', '--only', 'master-dead', '--only', 'no-master-alive'], options)).json() as Told; // prettier-ignore
  t.deepEqual(findings.map(({ id }) => id), ['no-master-alive', 'master-dead']); // prettier-ignore
  await heartbeat(db);
  t.regex((await bbctl(['doctor', '--only', 'master-dead'], options)).stdout, /^✓ 1 check, and nothing is wrong/);
  t.regex(
    (await bbctl(['doctor', '--only', 'master-dead', '--only', 'request-stuck'], options)).stdout,
    /^✓ 2 checks, and/,
  );
  t.is((await bbctl(['doctor', '--only', 'nonsense'], options)).status, 2);
  t.is((await bbctl(['doctor', '--warning', 'queue-long=x'], options)).status, 2);
});

test('commands that only look, of what nothing mends by itself, run as they are shown', async (t) => {
  const db = await databaseAged(t, 'sqlite', '4.3.0/killed', 0);
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  await heartbeat(db);
  await addLivingMaster(db);
  await db.exec(`UPDATE workers SET paused = 1, pause_reason = 'new disk'`);
  await db.exec(`UPDATE builder_masters SET masterid = 2 WHERE builderid = (SELECT id FROM builders WHERE name = 'quick')`);
  await db.exec('UPDATE builds SET masterid = 2 WHERE id = (SELECT MAX(id) FROM builds WHERE complete_at IS NOT NULL)');
  await db.exec('UPDATE steps SET locks_acquired_at = NULL WHERE buildid IN (SELECT id FROM builds WHERE masterid = 2)');
  await db.exec('UPDATE buildsets SET complete = 1, complete_at = 5 WHERE complete = 0');
  const ids = ['worker-paused', 'service-misplaced', 'master-versions-differ', 'buildset-unfinished'];
  const { findings } = (await bbctl(['doctor', '--json', ...ids.flatMap((id) => ['--only', id])], { db: db.url })).json() as Told;
  t.deepEqual([...new Set(findings.map(({ id }) => id))].sort(), [...ids].sort());
  // One that changes something is shown its plan.
  const shown = (command: string): string => (command.startsWith('bbctl workers resume ') ? `${command} --dry-run` : command);
  for (const command of findings.flatMap(({ fix }) => fix)) await t.notThrowsAsync(paste(shown(command), db.url, home), command);
}); // prettier-ignore

for (const engine of engines) {
  test(`${engine}: --fix --yes mends all that it can as one entry of the journal, and undo takes back what has a master`, async (t) => {
    const { db, options } = await crashed(t, engine);
    await addLivingMaster(db);
    await leaveOrphans(db);
    const before = await db.dump();
    const first = (await bbctl(['doctor', '--fix', '--yes', '--json'], options)).json() as Told;
    t.like(first.change, { status: 'done', journal: 1 });
    t.deepEqual(await db.query('SELECT schedulerid FROM scheduler_masters WHERE masterid IN (1, 9)'), []);
    const again = (await bbctl(['doctor', '--fix', '--yes', '--json'], options)).json() as Told;
    t.deepEqual(again.findings.filter(({ mend }) => mend !== null), []); // prettier-ignore
    const { changes } = (await bbctl(['journal', '--json'], options)).json() as { changes: { operation: string }[] };
    t.deepEqual(changes.map(({ operation }) => operation), ['doctor']); // prettier-ignore
    t.is((await bbctl(['undo', '1', '--yes'], options)).status, 4);
    t.is((await bbctl(['undo', '1', '--yes', '--force'], options)).status, 0);
    const changed = diffDumps(before, await db.dump()).map(({ table, after: row }) => [table, row]);
    t.deepEqual(changed, [['scheduler_masters', undefined]]);
  });
}

test('--fix --dry-run writes nothing', async (t) => {
  const { db, options } = await crashed(t);
  const before = await db.dump();
  const { status, stdout, stderr } = await bbctl(['doctor', '--fix', '--yes', '--dry-run'], options);
  t.is(status, 0, stderr);
  t.regex(stdout, /this was a dry run/);
  t.deepEqual(diffDumps(before, await db.dump()), []);
});

test('--fix without a terminal and without --yes is not confirmed', async (t) => {
  const { db, options } = await crashed(t);
  const before = await db.dump();
  for (const args of [
    ['doctor', '--fix'],
    ['doctor', '--fix', '--json'],
  ])
    t.is((await bbctl(args, { ...options, input: '\ny\n' })).status, 6, args.join(' '));
  t.deepEqual(diffDumps(before, await db.dump()), []);
});

test('--fix with nothing to mend is done', async (t) => {
  const { db, options } = await crashed(t);
  await heartbeat(db);
  for (const args of [
    ['doctor', '--fix'],
    ['doctor', '--fix', '--yes'],
  ]) {
    const { status, stderr } = await bbctl(args, options);
    t.is(status, 0, stderr);
  }
});

test('--fix on a terminal mends what is checked, after one question; none is none', async (t) => {
  const { db } = await crashed(t);
  const before = await db.dump();
  const none = await inTerminal(['doctor', '--fix'], { db: db.url, answers: [[/Which are to be mended\?/, 'i\r']] });
  t.is(none.status, 0, none.output);
  t.deepEqual(diffDumps(before, await db.dump()), []);
  const { output, status } = await inTerminal(['doctor', '--fix'], {
    db: db.url,
    answers: [
      [/Which are to be mended\?/, '\r'],
      [/\(y\/N\)/i, 'y\n'],
    ],
  });
  t.is(status, 0, output);
  t.regex(plainText(output), /Done, and checked in the database\./);
});
