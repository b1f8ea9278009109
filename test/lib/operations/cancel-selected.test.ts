import test, { type ExecutionContext } from 'ava';
import type { Inventory } from '../../../src/lib/model/inventory.js';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import { cancelRequests } from '../../../src/lib/operations/cancel-requests.js';
import { bbctl } from '../../_helpers/cli.js';
import { diffDumps, engines, type EngineName, type TestDatabase } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { killedMaster, now } from '../../_helpers/killed.js';
import { completeInventory, insertMany } from '../../_helpers/leftovers.js';

interface Selected {
  unservable?: boolean;
  builders?: string[];
  inventory?: Inventory | null;
}

const cancel = ({ unservable = false, builders = [], inventory = null }: Selected) =>
  cancelRequests({ requests: [], unservable, builders, inventory, expireAfter: defaultExpireAfterSeconds });

/** `gone` is configured by nobody, and two requests wait for it in each of four buildsets; `idle` has no worker. */
async function withLeftovers(t: ExecutionContext, engine: EngineName) {
  const killed = await killedMaster(t, engine, 0);
  const { db, build } = killed;
  for (const [id, name] of [
    [91, 'gone'],
    [92, 'idle'],
    [93, 'gone too'],
  ] as const)
    // prettier-ignore
    await db.query('INSERT INTO builders (id, name, name_hash) VALUES (?, ?, ?)', [id, name, `hash of ${name}`]);
  await db.exec('INSERT INTO builder_masters (id, builderid, masterid) VALUES (92, 92, 1)');
  const open = { complete: 0, results: -1, submitted_at: now() };
  await insertMany(db, 'buildsets', 7, { id: '100 + i', ...open });
  const request = { priority: 0, waited_for: 0, ...open };
  await insertMany(db, 'buildrequests', 8, { id: '200 + i', buildsetid: '101 + i % 4', builderid: 91, ...request });
  await insertMany(db, 'buildrequests', 2, { id: '300 + i', buildsetid: '104 + i', builderid: 92, ...request });
  await insertMany(db, 'buildrequests', 1, { id: '400 + i', buildsetid: 107, builderid: 93, ...request });
  // A running build waits for one of them, and a master has another one.
  await db.query('UPDATE buildsets SET parent_buildid = ? WHERE id = 107', [build]);
  await db.query('INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES (208, 1, ?)', [now()]);
  return killed;
}

async function openOf(db: TestDatabase, builder: number): Promise<number[]> {
  const rows = await db.query('SELECT id FROM buildrequests WHERE complete = 0 AND builderid = ? ORDER BY id', [builder]); // prettier-ignore
  return rows.map((row) => Number(row.id));
}

async function openBuildsets(db: TestDatabase): Promise<number[]> {
  const rows = await db.query('SELECT id FROM buildsets WHERE complete = 0 AND id > 100 ORDER BY id');
  return rows.map((row) => Number(row.id));
}

for (const engine of engines) {
  test(`${engine}: what no living master can build is listed, with the reason`, async (t) => {
    const { db } = await withLeftovers(t, engine);
    const { status, json } = await bbctl(['requests', '--unservable', '--json'], { db: db.url });
    t.is(status, 0);
    const { requests } = json() as { requests: { id: number; unservable: string }[] };
    const [gone, idle] = [requests.filter(({ unservable }) => unservable === 'not configured'), requests.filter(({ unservable }) => unservable === 'no worker connected')]; // prettier-ignore
    t.deepEqual(gone.map(({ id }) => id), [201, 202, 203, 204, 205, 206, 207, 401]); // prettier-ignore
    t.deepEqual(idle.map(({ id }) => id).filter((id) => id > 300), [301, 302]); // prettier-ignore
    const text = await bbctl(['requests', '--unservable'], { db: db.url });
    t.regex(text.stdout, /WHY[^]*201 +gone +pending .*not configured/);
  });

  test(`${engine}: what waits for builders that nobody configures is cancelled, what cannot be is left, undo takes it back`, async (t) => {
    const { db } = await withLeftovers(t, engine);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const report = await gate.run(cancel({ unservable: true }));
    t.is(report.status, 'done');
    t.deepEqual(await openOf(db, 91), [208]);
    t.deepEqual(await openOf(db, 92), [301, 302]);
    t.deepEqual(await openOf(db, 93), [401]);
    // 101 has the one that a master claimed; 104 is of the idle ones, too, but for 203 and 207.
    t.deepEqual(await openBuildsets(db), [101, 105, 106, 107]);
    t.regex(
      report.plan.notes.join('\n'),
      /Left alone: \d requests of builder .*idle.*, whose workers are not connected now/,
    );
    t.regex(report.plan.notes.join('\n'), /1 request is left alone: Request 401 is waited for by the running build/);
    t.is((await gate.run(cancel({ unservable: true }))).status, 'nothing to do');
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: all of a builder are cancelled, but for what a master has`, async (t) => {
    const { db } = await withLeftovers(t, engine);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const report = await gate.run(cancel({ builders: ['gone', 'idle'] }));
    t.is(report.status, 'done');
    t.deepEqual([...(await openOf(db, 91)), ...(await openOf(db, 92))], [208]);
    t.regex(report.plan.notes.join(), /1 request is left alone: Request 208 is claimed by .*: it may be building it/);
    t.is((await gate.undo()).status, 'done');
    t.deepEqual(diffDumps(before, await db.dump()), []);
    t.is((await gate.run(cancel({ unservable: true, builders: ['idle'] }))).status, 'nothing to do');
    await failsWith(t, gate.run(cancel({ builders: ['nowhere'] })), 'notFound');
  });

  test(`${engine}: what cluster.yaml names is only missing; without a living master nobody can tell`, async (t) => {
    const { db } = await withLeftovers(t, engine);
    const gate = await gateOn(t, db);
    const inventory = completeInventory({ builders: new Set(['gone', 'gone too']) });
    const report = await gate.dryRun(cancel({ unservable: true, inventory }));
    t.is(report.status, 'nothing to do');
    t.regex(
      report.plan.notes.join(),
      /builder gone, gone too, named in cluster.yaml: a master of theirs is only missing/,
    );
    await db.exec('UPDATE masters SET last_active = last_active - 500');
    await failsWith(t, gate.run(cancel({ unservable: true })), 'refused', /No master lives/);
  });

  test(`${engine}: of a batch, what a master takes before the write is left to it`, async (t) => {
    const { db } = await withLeftovers(t, engine);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const operation = cancel({ builders: ['gone'] });
    let looks = 0;
    const report = await gate.run({
      ...operation,
      read: async (database) => {
        const world = await operation.read(database);
        if (++looks === 2) await db.query('INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES (203, 1, ?)', [now()]); // prettier-ignore
        return world;
      },
    });
    t.is(report.status, 'done');
    t.deepEqual(await openOf(db, 91), [203, 208]);
    t.is((await gate.undo()).status, 'done');
    await db.exec('DELETE FROM buildrequest_claims WHERE brid = 203');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

test('either ids or a selection', async (t) => {
  const { db } = await withLeftovers(t, 'sqlite');
  t.is((await bbctl(['requests', 'cancel'], { db: db.url })).status, 2);
  t.is((await bbctl(['requests', 'cancel', '201', '--unservable'], { db: db.url })).status, 2);
  t.is((await bbctl(['requests', 'cancel', '--builder', 'gone', '--dry-run'], { db: db.url })).status, 0);
});
