// One builder's history becomes another's: row by row, on every engine and schema, and beside masters that build.
import test from 'ava';
import type { Step } from '../../../src/lib/operation.js';
import type { Report } from '../../../src/lib/operation.js';
import { mergeBuilders } from '../../../src/lib/operations/merge-builders.js';
import { sameChanges } from '../../_helpers/changes.js';
import { afterRead, meanwhile } from '../../_helpers/gate-hooks.js';
import { databaseAged } from '../../_helpers/recordings.js';
import { diffDumps, engines, fixturesOf, type TestDatabase } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import {
  addBuild,
  addManyBuilds,
  addRequest,
  buildRow,
  expectedMerge,
  renamedBuilder,
} from '../../_helpers/renamed.js';
import { secondConnection, untilOneWaits } from '../../_helpers/second-connection.js';

const input = { from: 'quick', into: 'slow', expireAfter: 600, inventory: null, force: true };
const merge = (choices: Partial<typeof input> = {}) => mergeBuilders({ ...input, ...choices });
const outcomes = (report: Pick<Report<Step>, 'results'>): string[] => report.results.map(({ outcome }) => outcome);

for (const engine of engines) {
  for (const fixture of fixturesOf(engine).filter((name) => name.endsWith('/killed'))) {
    test(`${engine}, ${fixture}: every row that refers to the one is the other's, nothing else changes, and undo takes it back`, async (t) => {
      const { db, from, into, open } = await renamedBuilder(t, engine, fixture);
      const gate = await gateOn(t, db);
      const before = await db.dump();
      t.is((await gate.dryRun(merge())).status, 'dry run');
      t.deepEqual(diffDumps(before, await db.dump()), []);
      const report = await gate.run(merge());
      t.is(report.status, 'done', JSON.stringify(report.results));
      t.regex(report.advice.join(' '), /buildbot reconfig/);
      t.deepEqual(report.plan.steps.flatMap((step) => (step.kind === 'move request' ? [step.request] : [])), open); // prettier-ignore
      const merged = await db.dump();
      sameChanges(t, before, merged, expectedMerge(before, from.id, into.id));
      t.is((await gate.undo()).status, 'done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
      t.is((await gate.undo()).status, 'done');
      t.deepEqual(diffDumps(merged, await db.dump()), []);
    });
  }

  test(`${engine}: in batches, where the two built in turns`, async (t) => {
    const { db, from, into } = await renamedBuilder(t, engine);
    for (const builder of [into, from, into, from]) await addManyBuilds(db, builder.id, 550);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const report = await gate.run(merge());
    t.is(report.status, 'done');
    t.is(report.plan.steps.filter(({ kind }) => kind === 'move builds').length, 3);
    sameChanges(t, before, await db.dump(), expectedMerge(before, from.id, into.id));
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a build that a master adds while a person thinks: planned again, status 5`, async (t) => {
    const { db, into } = await renamedBuilder(t, engine, '3.7.0/killed', 'fffffi');
    const gate = await gateOn(t, db);
    let before = await db.dump();
    const beforeConfirm = async () => {
      await addBuild(db, into.id);
      before = await db.dump();
    };
    await failsWith(t, gate.run(merge(), { beforeConfirm }), 'changed');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a build that a master adds after the last look: nothing is written`, async (t) => {
    const { db, into } = await renamedBuilder(t, engine, '3.7.0/killed', 'fffffi');
    const gate = await gateOn(t, db);
    let before = await db.dump();
    const report = await gate.run(afterRead(merge(), 2, async () => {
      await addBuild(db, into.id);
      before = await db.dump();
    })); // prettier-ignore
    t.is(report.status, 'changed meanwhile');
    t.regex(report.results[0]?.detail ?? '', /slow has a new build/);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: where the newest numbers stay, a new build is in nobody's way`, async (t) => {
    const { db, from, into } = await renamedBuilder(t, engine);
    await db.query('UPDATE builds SET number = id * 1000 WHERE builderid = ?', [into.id]);
    const gate = await gateOn(t, db);
    let before = await db.dump();
    const report = await gate.run(merge(), {
      beforeConfirm: async () => {
        await addBuild(db, into.id);
        before = await db.dump();
      },
    });
    t.is(report.status, 'done');
    sameChanges(t, before, await db.dump(), expectedMerge(before, from.id, into.id));
  });

  test(`${engine}: builds that a master adds between the steps keep their numbers, and have the highest`, async (t) => {
    const { db, from, into } = await renamedBuilder(t, engine);
    await addManyBuilds(db, from.id, 1500);
    await addManyBuilds(db, into.id, 10);
    const before = await db.dump();
    const expected = expectedMerge(before, from.id, into.id);
    const gate = await gateOn(t, db);
    const added: Record<string, unknown>[] = [];
    const operation = merge();
    const report = await gate.run({
      ...operation,
      work: async (tx, step) => operation.work(tx, step),
      pace: meanwhile(async () => {
        const row = await addBuild(db, into.id);
        added.push(row);
      }),
    });
    t.is(report.status, 'done', JSON.stringify(report.results));
    const after = await db.dump();
    const isAdded = (table: string, id: unknown) => added.some((row) => (table === 'builds' ? row.id : row.buildrequestid) === id); // prettier-ignore
    t.deepEqual(diffDumps(before, after).filter(({ table, key, after: row }) => row && isAdded(table, key.id)).length, 2 * added.length); // prettier-ignore
    const strip = (dump: typeof after) => ({ ...dump, builds: dump.builds?.filter(({ id }) => !isAdded('builds', id)) ?? [], buildrequests: dump.buildrequests?.filter(({ id }) => !isAdded('buildrequests', id)) ?? [] }); // prettier-ignore
    sameChanges(t, before, strip(after), expected);
    for (const row of added) t.deepEqual(after.builds?.find(({ id }) => id === row.id)?.number, row.number);
    const top = Math.max(...strip(after).builds.filter(({ builderid }) => builderid === into.id).map(({ number }) => Number(number))); // prettier-ignore
    t.deepEqual(added.map(({ number }) => number), added.map((_, index) => top + 1 + index)); // prettier-ignore
  });

  test(`${engine}: a master that asked for its number before the first step and uses it after loses nothing`, async (t) => {
    const { db, from, into } = await renamedBuilder(t, engine);
    await addManyBuilds(db, from.id, 1500);
    await addBuild(db, into.id);
    const gate = await gateOn(t, db);
    const late = await buildRow(db, into.id);
    const operation = merge();
    let isAdded = false;
    const first = await gate.run({
      ...operation,
      pace: meanwhile(async () => {
        if (isAdded) return;
        isAdded = true;
        late.id = Number((await buildRow(db, into.id)).id);
        late.buildrequestid = await addRequest(db, into.id, { complete: 1 });
        const columns = Object.keys(late);
        await db.query(`INSERT INTO builds (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`, Object.values(late)); // prettier-ignore
      }),
    });
    t.is(first.status, 'partly done');
    t.regex(first.results.map(({ detail }) => detail).join(), /a new build of slow has the number \d+/);
    const half = await db.dump();
    t.is(half.builds?.find(({ id }) => id === late.id)?.number, late.number);
    t.is((await gate.run(merge())).status, 'done');
    sameChanges(t, half, await db.dump(), expectedMerge(half, from.id, into.id));
  });

  test(`${engine}: a builder that a master has come to configure meanwhile stays`, async (t) => {
    const { db, from } = await renamedBuilder(t, engine);
    const gate = await gateOn(t, db);
    let before = await db.dump();
    const report = await gate.run(afterRead(merge(), 2, async () => {
      await db.query('INSERT INTO builder_masters (id, builderid, masterid) VALUES (99, ?, 1)', [from.id]);
      before = await db.dump();
    })); // prettier-ignore
    t.is(report.status, 'changed meanwhile');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a request that comes for the old builder in the middle is not lost; run again, it moves too`, async (t) => {
    const { db, from, into } = await renamedBuilder(t, engine);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const operation = merge();
    let late: number | undefined;
    const report = await gate.run({
      ...operation,
      pace: meanwhile(async () => (late ??= await addRequest(db, from.id, { complete: 0 }))),
    });
    t.is(report.status, 'partly done');
    t.is(outcomes(report).at(-1), 'unchanged');
    const again = await gate.run(merge());
    t.is(again.status, 'done');
    t.deepEqual(again.plan.steps.map(({ kind }) => kind), ['move request', 'drop builder']); // prettier-ignore
    const moved = await db.query('SELECT builderid, complete FROM buildrequests WHERE id = ?', [late]);
    t.deepEqual(moved.map((row) => Number(row.builderid)), [into.id]); // prettier-ignore
    const after = await db.dump();
    after.buildrequests = after.buildrequests?.filter(({ id }) => id !== late) ?? [];
    sameChanges(t, before, after, expectedMerge(before, from.id, into.id));
  });

  test(`${engine}: undo leaves a request that was built meanwhile with the new builder, if --force takes back the rest`, async (t) => {
    const { db, from, into, open } = await renamedBuilder(t, engine);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    await gate.run(merge());
    await db.query('UPDATE buildrequests SET complete = 1, results = 0 WHERE id = ?', [open[0]]);
    await failsWith(t, gate.undo(), 'refused', new RegExp(`request ${open[0]} cannot be taken back`));
    t.is((await gate.undo(1, { force: true })).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), [
      { table: 'buildrequests', key: { id: open[0] }, before: { builderid: from.id, complete: 0, results: -1 }, after: { builderid: into.id, complete: 1, results: 0 } },
    ]); // prettier-ignore
  });
}

for (const engine of engines.filter((one) => one === 'postgres' || one === 'innodb')) {
  test(`${engine}: of two that want one number at the same moment nobody loses: the step looks again`, async (t) => {
    const { db, from, into } = await renamedBuilder(t, engine);
    const gate = await gateOn(t, db);
    const late = await buildRow(db, into.id);
    late.buildrequestid = await addRequest(db, into.id, { complete: 1 });
    const before = await db.dump();
    const other = await secondConnection(t, db);
    const values = Object.values(late).map((value) => (value === null ? 'NULL' : `'${value as string | number}'`));
    await other.exec(`BEGIN; INSERT INTO builds (${Object.keys(late).join(', ')}) VALUES (${values.join(', ')})`);
    const running = gate.run(merge());
    await untilOneWaits(db, 'the first step waits for the number');
    await other.exec('COMMIT');
    const report = await running;
    t.is(report.status, 'changed meanwhile');
    t.deepEqual(diffDumps(before, await db.dump()).map(({ table, key }) => ({ table, key })), [{ table: 'builds', key: { id: late.id } }]); // prettier-ignore
    const half = await db.dump();
    t.is((await gate.run(merge())).status, 'done');
    sameChanges(t, half, await db.dump(), expectedMerge(half, from.id, into.id));
  });
}

if (engines.includes('postgres')) {
  test('postgres: a request that somebody is just adding for the old builder is waited for, not cascaded', async (t) => {
    const { db, from, into } = await renamedBuilder(t, 'postgres');
    const gate = await gateOn(t, db);
    const other = await secondConnection(t, db);
    const operation = merge();
    const [{ id: last } = {}] = await db.query('SELECT MAX(id) AS id FROM buildrequests');
    const running = gate.run({
      ...operation,
      work: async (tx, step) => {
        if (step.kind === 'drop builder') {
          await other.exec(`BEGIN; INSERT INTO buildrequests (id, buildsetid, builderid, priority, complete, results, submitted_at, waited_for)
            SELECT id + 1, buildsetid, ${from.id}, 0, 0, -1, submitted_at, 0 FROM buildrequests WHERE id = ${Number(last)}`);
        }
        return operation.work(tx, step);
      },
    });
    await untilOneWaits(db, 'the last step waits for the request');
    await other.exec('COMMIT');
    t.is((await running).status, 'partly done');
    t.is((await gate.run(merge())).status, 'done');
    const [row] = await db.query('SELECT builderid FROM buildrequests WHERE id = ?', [Number(last) + 1]);
    t.is(row?.builderid, into.id);
  });
}

if (engines.includes('sqlite')) {
  test('a real rename: the old builds keep their numbers, those since follow', async (t) => {
    const db = await databaseAged(t, 'sqlite', '3.7.0/2-after-rename-running', 0);
    const gate = await gateOn(t, db);
    const report = await gate.run(merge({ from: 'alpha', into: '3' }));
    t.is(report.status, 'done');
    t.deepEqual(report.plan.notes, [
      'Builds of alpha keep their numbers.',
      '12 builds of alpha-renamed of 12: 1 to 12 become 5 to 16. Links to the old numbers lead elsewhere.',
      'Open requests that alpha-renamed will build: 10.',
    ]);
    const builds = await db.query('SELECT number FROM builds WHERE builderid = 3 ORDER BY id');
    t.deepEqual(builds.map(({ number }) => number), Array.from({ length: 16 }, (_, index) => index + 1)); // prettier-ignore
  });

  test('what is refused, and what --force overrides', async (t) => {
    const { db, from, into } = await renamedBuilder(t, 'sqlite');
    const request = await addRequest(db, into.id, { complete: 0 });
    await addBuild(db, into.id, { buildrequestid: request, complete_at: null, results: null });
    const gate = await gateOn(t, db);
    const careful = (choices: object) => gate.dryRun(mergeBuilders({ ...input, force: false, ...choices }));
    await failsWith(t, careful({ from: 'slow', into: 'quick' }), 'refused', /in use by/);
    await failsWith(t, gate.dryRun(merge({ from: 'slow', into: 'quick' })), 'refused', /in use by/);
    await failsWith(t, gate.dryRun(merge({ into: 'quick' })), 'usage', /same builder/);
    await failsWith(t, gate.dryRun(merge({ into: 'nobody' })), 'notFound');
    await failsWith(t, careful({}), 'refused', /not certain that builder quick is left over/);
    await failsWith(t, careful({ inventory: inventoryOf('quick', 'slow') }), 'refused', /is named in cluster.yaml/);
    await failsWith(t, careful({ inventory: inventoryOf('slow') }), 'refused', /^Build \d+ of slow is running and would become \d+: /); // prettier-ignore
    await endBuilds(db, into.id);
    t.is((await careful({ inventory: inventoryOf('slow') })).status, 'dry run');
    await failsWith(t, careful({ inventory: inventoryOf('other') }), 'refused', /not certain/);
    await db.query('UPDATE builds SET complete_at = NULL, results = NULL, buildrequestid = ? WHERE builderid = ? AND number = 1', [await addRequest(db, from.id, { complete: 0 }), from.id]); // prettier-ignore
    await failsWith(t, gate.dryRun(merge()), 'refused', /Build 1 of quick is being built by/);
  });
}

async function endBuilds(db: TestDatabase, builder: number): Promise<void> {
  await db.query('UPDATE builds SET complete_at = started_at, results = 0 WHERE builderid = ?', [builder]);
}

function inventoryOf(...builders: string[]) {
  const none = new Set<string>();
  const named = { masters: [], builders: new Set(builders), workers: none, schedulers: none, changeSources: none };
  return { file: 'cluster.yaml', complete: false, ...named };
}
