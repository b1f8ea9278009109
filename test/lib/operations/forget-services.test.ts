import test, { type ExecutionContext } from 'ava';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import { forgetServices, type ForgetServicesInput } from '../../../src/lib/operations/forget-services.js';
import { idOf } from '../../_helpers/clusters.js';
import { sameChanges } from '../../_helpers/changes.js';
import { diffDumps, engines, hasFixture, type Difference, type Dump, type EngineName, type TestDatabase } from '../../_helpers/database.js'; // prettier-ignore
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { afterRead } from '../../_helpers/gate-hooks.js';
import { withoutCascades } from '../../_helpers/killed.js';
import { completeInventory, insertMany, killedRecordings } from '../../_helpers/leftovers.js';
import { addPins, clusterObjectId, makeOwn } from '../../_helpers/published.js';
import { databaseAged } from '../../_helpers/recordings.js';

const poller = 'file:///srv/bot/git2.git';

const forget = (services: string[], input: Partial<ForgetServicesInput> = {}) =>
  forgetServices({
    services,
    expireAfter: defaultExpireAfterSeconds,
    inventory: completeInventory(),
    force: false,
    ...input,
  });

/** The one master, living or stopped, holds no service any more. */
async function unclaimed(t: ExecutionContext, engine: EngineName, fixture: string, active: 0 | 1) {
  const db = await databaseAged(t, engine, fixture, 0);
  const tables = ['scheduler_masters', 'changesource_masters'];
  if (active === 0) tables.push('builder_masters', 'configured_workers', 'connected_workers', 'builds', 'buildrequest_claims'); // prettier-ignore
  for (const table of tables) await withoutCascades(db, `DELETE FROM ${table}`);
  await db.query('UPDATE masters SET active = ?', [active]);
  return db;
}

const nothingHappens = { betweenLooks: () => Promise.resolve() };

const gone = (before: Dump, table: string, key: string[], isGone: (row: Difference['key']) => boolean): Difference[] =>
  (before[table] ?? []).filter(isGone).map((row) => ({
    table,
    key: Object.fromEntries(key.map((column) => [column, row[column]])),
    before: row,
  }));

function stateOf(before: Dump, name: string): Difference[] {
  const objects = (before.objects ?? []).filter((row) => row.name === name).map((row) => row.id);
  return gone(before, 'object_state', ['objectid', 'name'], (row) => objects.includes(row.objectid));
}

for (const engine of engines) {
  for (const fixture of killedRecordings.filter((name) => hasFixture(engine, name))) {
    for (const active of [0, 1] as const) {
      const who = active ? 'lives' : 'is stopped';
      test(`${engine}: of ${fixture}, whose master ${who}, services go with all their state, and come back`, async (t) => {
        const db = await unclaimed(t, engine, fixture, active);
        const id = await idOf(db, 'schedulers', 'p-slow');
        await db.query('INSERT INTO scheduler_changes (schedulerid, changeid, important) SELECT ?, changeid, 1 FROM changes', [id]); // prettier-ignore
        const gate = await gateOn(t, db);
        const before = await db.dump();
        const options = active ? nothingHappens : {};
        const report = await gate.run(forget(['p-slow', poller]), options);
        t.is(report.status, 'done');
        t.true(stateOf(before, 'p-slow').length > 0 && stateOf(before, poller).length > 0);
        sameChanges(t, before, await db.dump(), [
          ...gone(before, 'scheduler_changes', ['schedulerid', 'changeid'], (row) => row.schedulerid === id),
          ...stateOf(before, 'p-slow'),
          ...stateOf(before, poller),
          // A master that runs may remember their ids.
          ...gone(before, 'objects', ['id'], (row) => !active && ['p-slow', poller].includes(String(row.name))),
          ...gone(before, 'schedulers', ['id'], (row) => row.name === 'p-slow'),
          ...gone(before, 'changesources', ['id'], (row) => row.name === poller),
        ]);
        t.is((await gate.undo()).status, 'done');
        t.deepEqual(diffDumps(before, await db.dump()), []);
      });
    }
  }

  test(`${engine}: where it was kept is forgotten with it, and comes back with it`, async (t) => {
    const db = await unclaimed(t, engine, '3.7.0/killed', 1);
    const [id, other] = [await idOf(db, 'schedulers', 'any'), await idOf(db, 'schedulers', 'p-slow')];
    await addPins(db, { [`scheduler ${id}`]: 1, [`changesource ${id}`]: 1, [`scheduler ${other}`]: 1 });
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(forget(['any']), nothingHappens)).status, 'done');
    const after = await db.dump();
    const pins = (dump: Dump) => (dump.object_state ?? []).filter(({ objectid }) => objectid === clusterObjectId).map(({ name }) => name); // prettier-ignore
    t.deepEqual(pins(before).filter((name) => !pins(after).includes(name)), [`pin scheduler ${id}`]); // prettier-ignore
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: what a master of bbctl's own offers stays, and nobody waits for its kind`, async (t) => {
    const db = await unclaimed(t, engine, '3.7.0/killed', 1);
    await makeOwn(db, 1, { schedulers: ['any'] });
    const gate = await gateOn(t, db);
    await failsWith(t, gate.run(forget(['any'], { force: true })), 'refused', /^Scheduler any is in the configuration of .*, which is active/); // prettier-ignore
    t.is((await gate.dryRun(forget(['p-slow']))).plan.secondLook, null);
    t.is((await gate.run(forget(['p-slow']))).status, 'done');
  });

  test(`${engine}: more changes than a statement takes, some of them important`, async (t) => {
    const db = await unclaimed(t, engine, '3.7.0/killed', 0);
    const id = await idOf(db, 'schedulers', 'any');
    await manyChanges(db, 6000);
    await db.query('INSERT INTO scheduler_changes (schedulerid, changeid, important) SELECT ?, changeid, changeid % 2 FROM changes', [id]); // prettier-ignore
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const { status, results } = await gate.run(forget(['any']));
    t.is(status, 'done');
    t.regex(results[0]?.step ?? '', /^forget scheduler any, 6,00\d changes that it has not built/);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a service that is held, stuck, or taken meanwhile stays`, async (t) => {
    const db = await unclaimed(t, engine, '3.7.0/killed', 1);
    const gate = await gateOn(t, db);
    const id = await idOf(db, 'schedulers', 'any');
    const before = await db.dump();
    const claim = () => db.query('INSERT INTO scheduler_masters (schedulerid, masterid) VALUES (?, 1)', [id]);
    const unclaim = () => db.exec('DELETE FROM scheduler_masters');
    await claim();
    await failsWith(t, gate.run(forget(['any'], { force: true })), 'refused', /Scheduler any is in use by .*, which is active/); // prettier-ignore
    await withoutCascades(db, 'UPDATE scheduler_masters SET masterid = 77');
    await failsWith(t, gate.run(forget(['any'], { force: true })), 'refused', 'any is claimed by master 77, which has no row.'); // prettier-ignore
    await unclaim();

    const { secondLook } = (await gate.dryRun(forget(['any']))).plan;
    t.is(secondLook?.afterSeconds, 310);
    await failsWith(t, gate.run(forget(['any']), { betweenLooks: claim }), 'refused', /is in use by/);
    await unclaim();
    await failsWith(t, gate.run(forget(['any']), { ...nothingHappens, beforeConfirm: claim }), 'changed');
    await unclaim();
    t.is((await gate.run(afterRead(forget(['any']), 3, claim), nothingHappens)).status, 'changed meanwhile');
    await unclaim();
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: what runs anywhere is no orphan for being unclaimed, and needs --force like all that is not certain`, async (t) => {
    const db = await unclaimed(t, engine, '3.7.0/killed', 1);
    const gate = await gateOn(t, db);
    for (const name of ['any', 'force', 'trig']) {
      await failsWith(t, gate.run(forget([name], { inventory: null })), 'refused', /It is not certain that scheduler/);
    }
    const forced = await gate.dryRun(forget(['force'], { inventory: null, force: true }));
    t.is(forced.plan.typed, 'force');
    t.regex(forced.plan.warnings.join(), /works on every master that configures it/);
    const named = completeInventory({ schedulers: new Set(['any']) });
    await failsWith(t, gate.run(forget(['any'], { inventory: named, force: true })), 'refused', /is named in cluster/);
  });

  test(`${engine}: of what is called the same only what is certainly the scheduler's goes`, async (t) => {
    const db = await unclaimed(t, engine, '3.7.0/killed', 0);
    const others = ['buildbot.worker.base.Worker', 'house.reporters.Mailer', 'Mailer', 'www', 'house.timed.Periodic'];
    for (const [index, name] of others.entries()) {
      await db.query('INSERT INTO objects (id, name, class_name) VALUES (?, ?, ?)', [900 + index, 'p-quick', name]);
      await db.query('INSERT INTO object_state (objectid, name, value_json) VALUES (?, ?, ?)', [900 + index, 'x', '1']);
    }
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const report = await gate.run(forget(['p-quick']));
    t.is(report.status, 'done');
    t.regex(report.plan.notes.join(), /Something else is called p-quick, too/);
    const changes = diffDumps(before, await db.dump());
    // "Periodic" may be either's: the short name stays, too.
    t.deepEqual(
      changes.filter(({ table }) => table === 'objects').map((change) => change.before?.class_name),
      ['buildbot.schedulers.timed.Periodic'],
    );
    t.deepEqual(changes.filter(({ table }) => table === 'object_state'), []); // prettier-ignore
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

async function manyChanges(db: TestDatabase, count: number): Promise<void> {
  const [change] = await db.query('SELECT * FROM changes');
  const columns = Object.keys(change ?? {}).filter((column) => column !== 'changeid' && change?.[column] !== null);
  const quoted = (value: unknown): string => (typeof value === 'number' ? String(value) : `'${String(value)}'`);
  await insertMany(db, 'changes', count, {
    changeid: '1000 + i',
    ...Object.fromEntries(columns.map((column) => [column, quoted(change?.[column])])),
  });
}
