// bbctl killed (SIGKILL) at every boundary of a change and inside its steps: the journal tells, and the change can be
// run again, taken back, or completed.
import { cp } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { deadMaster, diffButForTimes, restore } from '../_helpers/clusters.js';
import { bbctl } from '../_helpers/cli.js';
import { diffDumps, engines, type Dump, type EngineName, type TestDatabase } from '../_helpers/database.js';
import { complete, entriesOf, expireDead, temporaryFolder, throughGate, undo } from '../_helpers/gate-hooks.js';
import { expectedStates, killAt, placesOn, titleOf, type Place } from '../_helpers/kill-at.js';

/** Statements that write, step by step: logs, steps, builds; the claim; registrations and the master itself. */
const writesOfStep = [3, 1, 6];

interface Scene {
  db: TestDatabase;
  journal: string;
  /** The database before the change. */
  before: Dump;
  /** After a change that nobody interrupted. */
  repaired: Dump;
}

async function prepare(t: ExecutionContext, engine: EngineName): Promise<Scene> {
  const db = await deadMaster(t, engine);
  const before = await db.dump();
  await throughGate(db.url, expireDead(), { journal: await temporaryFolder(t) });
  const repaired = await db.dump();
  await restore(db, before);
  return { db, before, repaired, journal: await temporaryFolder(t) };
}

async function verifyRunAgain(t: ExecutionContext, { db, journal, repaired }: Scene): Promise<void> {
  const report = await throughGate(db.url, expireDead(), { journal });
  t.regex(report.status, /^(done|nothing to do)$/);
  t.deepEqual(diffButForTimes(repaired, await db.dump()), [], 'run again');
}

async function verifyCompleted(t: ExecutionContext, { db, journal, before, repaired }: Scene): Promise<void> {
  const [interrupted] = entriesOf(journal);
  const report = await complete(db.url, journal, interrupted?.id ?? 0);
  t.regex(report.status, /^(done|nothing to do)$/);
  t.deepEqual(diffButForTimes(repaired, await db.dump()), [], 'completed');
  if (report.journal === null) return;
  t.is(entriesOf(journal)[0]?.state, 'done');
  await undo(db.url, journal, report.journal);
  await undo(db.url, journal, 1);
  t.deepEqual(diffDumps(before, await db.dump()), [], 'completed and taken back');
}

async function verifyUndone(t: ExecutionContext, { db, journal, before }: Scene): Promise<void> {
  const report = await undo(db.url, journal, 1);
  t.regex(report.status, /^(done|nothing to do)$/);
  t.deepEqual(diffDumps(before, await db.dump()), [], 'taken back');
}

/** Two engines with the same transactions share the places between them. */
function sharedPlaces(engine: EngineName): Place[] {
  const all = placesOn(engine, writesOfStep);
  if (engine !== 'postgres' && engine !== 'innodb') return all;
  return all.filter((_, index) => (index % 2 === 0) === (engine === 'postgres'));
}

for (const engine of engines) {
  for (const place of sharedPlaces(engine)) {
    test(`${engine}: killed ${titleOf(place)}`, async (t) => {
      const scene = await prepare(t, engine);
      await killAt(place, scene.db.url, scene.journal);
      const killed = await scene.db.dump();
      const [entry] = entriesOf(scene.journal);
      // Where every step was committed nothing is left to be done, though nobody lived to say so.
      t.is(entry?.state, place.at === 'before close' ? 'done' : 'open');
      t.deepEqual(entry?.steps.map(({ state }) => state), expectedStates(place, writesOfStep)); // prettier-ignore
      for (const verify of [verifyRunAgain, verifyUndone, verifyCompleted]) {
        await restore(scene.db, killed);
        const journal = await temporaryFolder(t);
        await cp(scene.journal, journal, { recursive: true });
        await verify(t, { ...scene, journal });
      }
    });
  }

  test(`${engine}: an undo that was killed can be run again, completed, and itself taken back`, async (t) => {
    const { db, journal, before } = await prepare(t, engine);
    t.is((await throughGate(db.url, expireDead(), { journal })).status, 'done');
    const repaired = await db.dump();
    await killAt({ at: 'before write', step: 1, write: 0 }, db.url, journal, 'undo 1');
    const killed = await db.dump();
    const copy = await temporaryFolder(t);
    await cp(journal, copy, { recursive: true });

    t.is((await undo(db.url, journal, 1)).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), [], 'run again');

    await restore(db, killed);
    t.is((await complete(db.url, copy, 2)).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), [], 'completed');
    t.deepEqual(
      entriesOf(copy).map(({ state }) => state),
      ['undone', 'done', 'done'],
    );

    await restore(db, killed);
    const third = await temporaryFolder(t);
    await cp(journal, third, { recursive: true, filter: (file) => !/00000[3-9]/.test(file) });
    t.is((await undo(db.url, third, 2)).status, 'done');
    t.deepEqual(diffDumps(repaired, await db.dump()), [], 'taken back');
  });

  test(`${engine}: a completion that was killed is finished by completing the change again`, async (t) => {
    const { db, journal, repaired } = await prepare(t, engine);
    await killAt({ at: 'before step', step: 1 }, db.url, journal);
    await killAt({ at: 'before write', step: 1, write: 0 }, db.url, journal, 'complete 1');
    await t.throwsAsync(complete(db.url, journal, 2), { code: 'refused', message: /itself to finish change 1/ });
    t.is((await complete(db.url, journal, 1)).status, 'done');
    t.deepEqual(diffButForTimes(repaired, await db.dump()), []);
  });

  test(`${engine}: after a kill the commands tell, complete it, and take it back`, async (t) => {
    const { db, journal, before, repaired } = await prepare(t, engine);
    await killAt({ at: 'before commit', step: 1 }, db.url, journal);
    const run = (...args: string[]) => bbctl(args, { db: db.url, env: { BBCTL_JOURNAL_DIR: journal } });
    t.regex((await run('journal', '--filter', 'state=open')).stdout, /^ *1 +open /m);
    const shown = await run('journal', 'show', '1');
    t.regex(shown.stdout, /^ *State +open: bbctl ended in the middle of it/m);
    t.regex(shown.stdout, /\(written\)[^]*\(written or not: bbctl ended before it knew\)[^]*\(not begun\)/);
    t.regex(shown.stdout, /"bbctl journal complete 1".*"bbctl undo 1"/);
    t.is((await run('journal', 'complete', '1', '--yes')).status, 0);
    t.deepEqual(diffButForTimes(repaired, await db.dump()), []);
    t.like((await run('journal', '--json')).json(), { changes: [{ id: 2, state: 'done', completes: 1 }, { id: 1, state: 'done', completedBy: 2 }] }); // prettier-ignore
    t.is((await run('undo', '1', '--yes')).status, 4);
    t.is((await run('undo', '2', '--yes')).status, 0);
    t.is((await run('undo', '1', '--yes')).status, 0);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}
