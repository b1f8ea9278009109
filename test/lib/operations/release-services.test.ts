import test from 'ava';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import { releaseServices } from '../../../src/lib/operations/release-services.js';
import { deleted, sameChanges } from '../../_helpers/changes.js';
import { diffDumps, engines, type Dump } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { beatHeart, killedMaster, makeInactive, removeMasterRows, type Killed } from '../../_helpers/killed.js';

const release = (...services: string[]) => releaseServices({ services, expireAfter: defaultExpireAfterSeconds });

const claims = (before: Dump, { schedulers, changesources }: Pick<Killed, 'schedulers' | 'changesources'>) => [
  ...deleted(before, 'scheduler_masters', schedulers),
  ...deleted(before, 'changesource_masters', changesources),
];

for (const engine of engines) {
  test(`${engine}: all services of a dead master are released, and undo takes it back`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, killed.db);
    const before = await killed.db.dump();
    t.is((await gate.dryRun(release())).status, 'dry run');
    t.deepEqual(diffDumps(before, await killed.db.dump()), []);
    t.is((await gate.run(release())).status, 'done');
    sameChanges(t, before, await killed.db.dump(), claims(before, killed));
    t.is((await gate.run(release())).status, 'nothing to do');
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await killed.db.dump()), []);
  });

  test(`${engine}: only the named services are released`, async (t) => {
    const { db } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const [any] = await db.query("SELECT id FROM schedulers WHERE name = 'any'");
    t.is((await gate.run(release('any', 'file:///srv/bot/git2.git'))).status, 'done');
    sameChanges(t, before, await db.dump(), claims(before, { schedulers: [Number(any?.id)], changesources: [1] }));
    const again = await gate.run(release('any'));
    t.is(again.status, 'nothing to do');
    t.deepEqual(again.plan.notes, ['Scheduler any is not claimed by any master.']);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: claims of a master without a row are released; undo waits for the row`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const { db } = killed;
    const [row] = await db.query('SELECT * FROM masters');
    await removeMasterRows(db);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    t.is((await gate.run(release())).status, 'done');
    const after = await db.dump();
    sameChanges(t, before, after, claims(before, killed));
    await failsWith(t, gate.undo(), 'refused', /scheduler \d+ cannot be taken back/);
    t.deepEqual(diffDumps(after, await db.dump()), []);

    const columns = ['id', 'name', 'name_hash', 'active', 'last_active'];
    await db.query(
      `INSERT INTO masters (${columns.join(', ')}) VALUES (?, ?, ?, ?, ?)`,
      columns.map((column) => row?.[column]),
    );
    t.is((await gate.undo(1)).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), [{ table: 'masters', key: { id: 1 }, after: row }]);
  });

  test(`${engine}: a claim of a master that may be running it is refused`, async (t) => {
    const { db, name } = await killedMaster(t, engine, 0);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    await failsWith(
      t,
      gate.run(release('any')),
      'refused',
      `Scheduler any is held by ${name}, which is alive: it would go on running it, and another master would run it too.`,
    );
    t.is((await gate.run(release())).status, 'nothing to do');

    await db.query('UPDATE masters SET last_active = last_active - 300');
    await failsWith(
      t,
      gate.run(release('any')),
      'refused',
      `Scheduler any is held by ${name}, which is late: it may be running it.`,
    );
    t.is((await gate.run(release())).status, 'nothing to do');

    await db.exec('UPDATE masters SET last_active = 0');
    await failsWith(t, gate.run(release('any')), 'refused', /which is silent: it may be running it/);
    t.is((await gate.run(release())).status, 'nothing to do');
    t.deepEqual(diffDumps({ ...before, masters: [] }, { ...(await db.dump()), masters: [] }), []);
    t.deepEqual(gate.journal(), []);
  });

  test(`${engine}: an inactive holder that two looks find unchanged has left its claim behind`, async (t) => {
    const killed = await killedMaster(t, engine, 3600);
    const { db, name } = killed;
    await makeInactive(db);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const all = await gate.run(release());
    t.is(all.status, 'nothing to do');
    t.is(all.plan.notes.length, 6);
    t.regex(all.plan.notes[0] ?? '', new RegExp(`is left alone: ${name} is inactive and may be starting`));

    const look = (await gate.dryRun(release('any'))).plan.secondLook;
    t.is(look?.afterSeconds, 120);

    const betweenLooks = () =>
      db.query('INSERT INTO connected_workers (id, masterid, workerid) VALUES (?, ?, ?)', [99, 1, 1]);
    await failsWith(
      t,
      gate.run(release('any'), { betweenLooks }),
      'refused',
      `${name} has changed between two looks: it is starting or stopping.`,
    );
    await db.exec('DELETE FROM connected_workers WHERE id = 99');
    t.deepEqual(diffDumps(before, await db.dump()), []);

    t.is((await gate.run(release('any'), { betweenLooks: () => Promise.resolve() })).status, 'done');
    const [any] = await db.query("SELECT id FROM schedulers WHERE name = 'any'");
    sameChanges(t, before, await db.dump(), deleted(before, 'scheduler_masters', [Number(any?.id)]));
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a holder that comes back while somebody thinks keeps its claims`, async (t) => {
    const { db } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    await failsWith(t, gate.run(release(), { beforeConfirm: () => beatHeart(db) }), 'changed');
    t.deepEqual(
      diffDumps(before, await db.dump()).map(({ table }) => table),
      ['masters'],
    );
    t.deepEqual(gate.journal(), []);
  });

  test(`${engine}: a service that is not there is not found`, async (t) => {
    const { db } = await killedMaster(t, engine, 3600);
    const gate = await gateOn(t, db);
    await failsWith(t, gate.run(release('an')), 'notFound', 'There is no service "an".');
  });
}
