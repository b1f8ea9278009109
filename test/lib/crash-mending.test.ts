// `doctor --fix` and `health --repair`, killed (SIGKILL) at every place: both write the steps of several operations, and
// nobody may be there to see it.
import { cp } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { addLivingMaster, deadMaster, diffButForTimes, heartbeat, otherMaster, restore } from '../_helpers/clusters.js';
import { diffDumps, engines, shiftTimes, type Difference, type Dump, type EngineName, type TestDatabase } from '../_helpers/database.js'; // prettier-ignore
import { complete, entriesOf, fixAll, repairAll, temporaryFolder, undo } from '../_helpers/gate-hooks.js';
import { expectedStates, killAt, placesOn, titleOf, type Place } from '../_helpers/kill-at.js';
import { withoutCascades } from '../_helpers/killed.js';

/** A step in a transaction is like any other; MyISAM has none. */
const chosen = engines.filter((engine) => engine === 'postgres' || engine === 'myisam');

/** Its row is gone. */
const goneMaster = 9;

interface Mending {
  mend: typeof fixAll;
  /** Statements that write, step by step. */
  writesOfStep: readonly number[];
  prepare: (db: TestDatabase) => Promise<void>;
}

const mendings: Readonly<Record<'doctor' | 'health', Mending>> = {
  doctor: {
    mend: fixAll,
    // Of the master as `masters expire`; the service as `services release`.
    writesOfStep: [3, 1, 6, 1],
    prepare: (db) => withoutCascades(db, `UPDATE scheduler_masters SET masterid = ${goneMaster} WHERE schedulerid = (SELECT MIN(id) FROM schedulers)`), // prettier-ignore
  },
  health: { mend: repairAll, writesOfStep: [3, 1, 6], prepare: (db) => shiftTimes(db, -7200) },
};

interface Scene {
  db: TestDatabase;
  journal: string;
  before: Dump;
  mended: Dump;
}

async function prepare(t: ExecutionContext, engine: EngineName, { mend, prepare: begin }: Mending): Promise<Omit<Scene, 'journal'>> {
  const db = await deadMaster(t, engine);
  await begin(db);
  await addLivingMaster(db);
  const before = await db.dump();
  t.is((await mend(db.url, { journal: await temporaryFolder(t) })).status, 'done');
  const mended = await db.dump();
  await restore(db, before);
  return { db, before, mended };
} // prettier-ignore

/** As it was, but for the heart of the living master: it beats, however long the places before have taken. */
async function begun({ db, before, mended }: Omit<Scene, 'journal'>): Promise<Omit<Scene, 'journal'>> {
  await restore(db, before);
  await heartbeat(db, otherMaster);
  const now = await db.dump();
  const living = now.masters?.find(({ id }) => id === otherMaster);
  const masters = mended.masters?.map((row) => (row.id === otherMaster && living ? living : row)) ?? [];
  return { db, before: now, mended: { ...mended, masters } };
}

/** A claim of a master that has no row is not given back. */
function differences(before: Dump, after: Dump): Difference[] {
  return diffDumps(before, after).filter((difference) => difference.before?.masterid !== goneMaster);
}

/** The steps are those of other operations, which test/lib/crash.test.ts kills at all places: each engine has a half. */
function sharedPlaces(engine: EngineName, { writesOfStep }: Mending): Place[] {
  return placesOn(engine, writesOfStep).filter((_, index) => (index % 2 === 0) === (engine === 'postgres'));
}

for (const [name, mending] of Object.entries(mendings)) {
  for (const engine of chosen) {
    // One database for all places: making it anew takes longer than what is tested.
    test.serial(
      `${engine}: ${name}, killed at every other place, is mended by running it again, completed, and undone`,
      async (t) => {
        t.timeout(600_000);
        const scene = await prepare(t, engine, mending);
        for (const place of sharedPlaces(engine, mending)) {
          const begin = await begun(scene);
          const journal = await temporaryFolder(t);
          await killAt(place, scene.db.url, journal, name);
          const where = titleOf(place);
          const [entry] = entriesOf(journal);
          t.is(entry?.state, place.at === 'before close' ? 'done' : 'open', where);
          t.deepEqual(entry?.steps.map(({ state }) => state), expectedStates(place, mending.writesOfStep), where); // prettier-ignore
          await verifyWaysOn(t, { ...begin, journal }, mending, where);
        }
      },
    );
  }
}

async function verifyWaysOn(t: ExecutionContext, scene: Scene, { mend }: Mending, where: string): Promise<void> {
  const { db, before, mended } = scene;
  const { url } = db;
  const killed = await db.dump();
  const copied = async () => {
    await restore(db, killed);
    const copy = await temporaryFolder(t);
    await cp(scene.journal, copy, { recursive: true });
    return copy;
  };

  t.regex((await mend(url, { journal: await copied() })).status, /^(done|nothing to do)$/, where);
  t.deepEqual(diffButForTimes(mended, await db.dump()), [], `${where}: run again`);

  t.regex((await undo(url, await copied(), 1, true)).status, /^(done|nothing to do)$/, where);
  t.deepEqual(differences(before, await db.dump()), [], `${where}: undone`);

  const completing = await copied();
  const { status, journal: id } = await complete(url, completing, 1);
  t.regex(status, /^(done|nothing to do)$/, where);
  t.deepEqual(diffButForTimes(mended, await db.dump()), [], `${where}: completed`);
  // Where it was only the claim of the master that is gone, there is nothing to take back.
  if (id !== null && (await undo(url, completing, id, true)).status === 'nothing to do') return;
  await undo(url, completing, 1, true);
  t.deepEqual(differences(before, await db.dump()), [], `${where}: completed and undone`);
}
