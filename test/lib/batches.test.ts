// Changes that come in batches, killed (SIGKILL) at places that a seed chooses: run again, taken back, completed.
import test, { type ExecutionContext } from 'ava';
import type { Failure } from '../../src/lib/errors.js';
import type { Operation, Step } from '../../src/lib/operation.js';
import { batched, type Batched } from '../_helpers/batched.js';
import {
  diffDumps,
  engines,
  type Difference,
  type Dump,
  type EngineName,
  type TestDatabase,
} from '../_helpers/database.js';
import { complete, entriesOf, temporaryFolder, throughGate, undo } from '../_helpers/gate-hooks.js';
import { killAt, titleOf, type Place } from '../_helpers/kill-at.js';
import { addBuilds, insertMany, leftoverWorker, stoppedMaster } from '../_helpers/leftovers.js';
import { databaseAged } from '../_helpers/recordings.js';

const scenes: Readonly<Record<Batched, (t: ExecutionContext, engine: EngineName) => Promise<TestDatabase>>> = {
  'workers forget': async (t, engine) => {
    const { db, id } = await leftoverWorker(t, engine);
    await addBuilds(db, 6000, { workerid: id });
    return db;
  },
  'masters forget': async (t, engine) => {
    const { db } = await stoppedMaster(t, engine);
    await addBuilds(db, 6000, { workerid: null });
    return db;
  },
  'requests cancel': async (t, engine) => {
    const db = await databaseAged(t, engine, '3.7.0/killed', 0);
    await db.exec("INSERT INTO builders (id, name, name_hash) VALUES (91, 'gone', 'hash of gone')");
    const open = { complete: 0, results: -1, submitted_at: 1_795_000_000 };
    await insertMany(db, 'buildsets', 600, { id: '1000 + i', ...open });
    const request = { priority: 0, waited_for: 0, builderid: 91, ...open };
    await insertMany(db, 'buildrequests', 1200, { id: '2000 + i', buildsetid: '1001 + i % 600', ...request });
    return db;
  },
};

/** Steps of each, and the statements that write in each. */
const writes: Readonly<Record<Batched, readonly number[]>> = {
  'workers forget': [1, 1, 1],
  'masters forget': [1, 1, 1, 1],
  // 500 claims in one statement, and so on.
  'requests cancel': [3, 3, 3],
};

const placesEach = 3;

/** The same places in every run; others by BBCTL_TEST_SEED. */
function chosen(what: Batched, engine: EngineName): Place[] {
  const all = writes[what].flatMap((count, step): Place[] => [
    { at: 'before step', step },
    ...Array.from({ length: count }, (_, write) => ({ at: 'before write' as const, step, write })),
    { at: 'before commit', step },
    // After the last nothing is left that could be run again.
    ...(step + 1 < writes[what].length ? [{ at: 'after commit' as const, step }] : []),
  ]);
  let seed = Number(process.env['BBCTL_TEST_SEED'] ?? 1) * 7919 + engine.length * 31 + what.length;
  const places = new Set<Place>();
  while (places.size < placesEach) {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    const place = all[seed % all.length];
    if (place) places.add(place);
  }
  return [...places];
}

const operationOf = (what: Batched) => batched[what]() as Operation<unknown, Step>;

/** What has changed, but for the times: they are those of each database. */
function changes(before: Dump, after: Dump): unknown[] {
  const timeless = (row: Difference['before']) =>
    row && Object.fromEntries(Object.entries(row).filter(([column]) => !/(_at|_active)$/.test(column)));
  return diffDumps(before, after).map((one) => ({ ...one, before: timeless(one.before), after: timeless(one.after) }));
}

interface Scene {
  readonly db: TestDatabase;
  readonly what: Batched;
  readonly journal: string;
  readonly before: Dump;
  /** The changes of one that nobody interrupted. */
  readonly expected: unknown[];
}

/** Without transactions all of it may be written before the last commit: then there is nothing of that name. */
async function verifyRunAgain(t: ExecutionContext, { db, what, journal, before, expected }: Scene): Promise<void> {
  const again = throughGate(db.url, operationOf(what), { journal });
  const status = await again.then((report) => report.status, (error: Failure) => error.code); // prettier-ignore
  t.regex(status, db.engine === 'myisam' ? /^(done|nothing to do|notFound)$/ : /^done$/);
  t.deepEqual(changes(before, await db.dump()), expected, 'run again');
}

async function verifyUndone(t: ExecutionContext, { db, journal, before }: Scene): Promise<void> {
  t.regex((await undo(db.url, journal, 1)).status, /^(done|nothing to do)$/);
  t.deepEqual(diffDumps(before, await db.dump()), [], 'taken back');
}

async function verifyCompleted(t: ExecutionContext, { db, journal, before, expected }: Scene): Promise<void> {
  const { status } = await complete(db.url, journal, 1);
  t.is(status, 'done');
  t.deepEqual(changes(before, await db.dump()), expected, 'completed');
  t.is((await undo(db.url, journal, 2)).status, 'done');
  t.regex((await undo(db.url, journal, 1)).status, /^(done|nothing to do)$/);
  t.deepEqual(diffDumps(before, await db.dump()), [], 'completed and taken back');
}

async function uninterrupted(t: ExecutionContext, engine: EngineName, what: Batched): Promise<unknown[]> {
  const db = await scenes[what](t, engine);
  const before = await db.dump();
  const report = await throughGate(db.url, operationOf(what), { journal: await temporaryFolder(t) });
  t.is(report.status, 'done');
  t.is(report.plan.steps.length, writes[what].length);
  return changes(before, await db.dump());
}

const known = new Map<string, unknown[]>();

/** The same for every place; another database would do the same again. */
async function expectedChanges(t: ExecutionContext, engine: EngineName, what: Batched): Promise<unknown[]> {
  const key = `${engine} ${what}`;
  const expected = known.get(key) ?? (await uninterrupted(t, engine, what));
  known.set(key, expected);
  return expected;
}

const verifications = [verifyRunAgain, verifyUndone, verifyCompleted];

for (const engine of engines) {
  for (const what of Object.keys(batched) as Batched[]) {
    for (const [index, place] of chosen(what, engine).entries()) {
      const verify = verifications[index % verifications.length] ?? verifyUndone;
      // One after the other: the dumps are large.
      test.serial(`${engine}: ${what}, killed ${titleOf(place)}: ${verify.name.slice('verify'.length)}`, async (t) => {
        const expected = await expectedChanges(t, engine, what);
        const db = await scenes[what](t, engine);
        const before = await db.dump();
        const journal = await temporaryFolder(t);
        await killAt(place, db.url, journal, what);
        t.is(entriesOf(journal)[0]?.state, 'open');
        await verify(t, { db, what, journal, before, expected });
      });
    }
  }
}
