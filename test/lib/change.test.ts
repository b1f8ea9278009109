// What happens between the plan and the write, and in the middle of a write, on every engine.
import test from 'ava';
import type { Presenter } from '../../src/lib/gate.js';
import { exitStatusOf } from '../../src/lib/change.js';
import type { Transaction } from '../../src/lib/db/connect.js';
import type { Operation, Report, Step } from '../../src/lib/operation.js';
import { releaseRequests } from '../../src/lib/operations/release-requests.js';
import { releaseServices } from '../../src/lib/operations/release-services.js';
import { addLivingMaster, deadMaster, diffButForTimes, epochSeconds, heartbeat, idOf, otherMaster, restore, stuckRequest } from '../_helpers/clusters.js'; // prettier-ignore
import { diffDumps, engines, type TestDatabase } from '../_helpers/database.js';
import { afterRead, entriesOf, expireDead, temporaryFolder, throughGate, undo } from '../_helpers/gate-hooks.js';
import { untilOneWaits, secondConnection } from '../_helpers/second-connection.js';

const withRowLocks = engines.filter((engine) => engine === 'postgres' || engine === 'innodb');

const outcomes = (report: Pick<Report<Step>, 'results'>): string[] => report.results.map((result) => result.outcome);

/** The end of an uninterrupted repair, to compare with. */
async function repaired(db: TestDatabase, journal: string): Promise<void> {
  const { status } = await throughGate(db.url, expireDead(), { journal });
  if (status !== 'done') throw new Error(`the repair ended as "${status}"`);
}

function onWork<World, S extends Step>(
  operation: Operation<World, S>,
  happen: (step: S, work: () => ReturnType<Operation<World, S>['work']>, tx: Transaction) => ReturnType<Operation<World, S>['work']>, // prettier-ignore
): Operation<World, S> {
  return { ...operation, work: (tx, step) => happen(step, () => operation.work(tx, step), tx) };
}

for (const engine of engines) {
  test(`${engine}: a heartbeat while a person thinks: nothing is written, status 5, and the new plan is shown`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    const shown: number[] = [];
    let before = await db.dump();
    const presenter: Partial<Presenter> = {
      showPlan: (plan) => void shown.push(plan.steps.length),
      confirm: async () => {
        await heartbeat(db);
        before = await db.dump();
        return true;
      },
    };
    const failure = await t.throwsAsync(throughGate(db.url, expireDead(), { journal, presenter }));
    t.like(failure, { name: 'Failure', code: 'changed', exitCode: 5 });
    t.deepEqual(shown, [3, 0]);
    t.deepEqual(diffDumps(before, await db.dump()), []);
    t.deepEqual(entriesOf(journal), []);
  });

  test(`${engine}: a heartbeat after the last look at the plan: nothing is written, status 5`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    let before = await db.dump();
    const operation = afterRead(expireDead(), 2, async () => {
      await heartbeat(db);
      before = await db.dump();
    });
    const report = await throughGate(db.url, operation, { journal });
    t.is(report.status, 'changed meanwhile');
    t.is(exitStatusOf(report), 5);
    t.deepEqual(outcomes(report), ['unchanged', 'skipped', 'skipped']);
    t.deepEqual(diffDumps(before, await db.dump()), []);
    const [entry] = entriesOf(journal);
    t.is(entry?.state, 'failed');
    t.deepEqual(
      entry?.steps.map((step) => step.state).filter((state) => state !== 'rolled back'),
      [],
    );
  });

  test(`${engine}: a claim of a request that another master took after the last look stays with it`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    const stuck = await stuckRequest(db);
    await addLivingMaster(db);
    const operation = afterRead(expireDead(), 2, async () => {
      await db.query('UPDATE buildrequest_claims SET masterid = ?, claimed_at = ? WHERE brid = ?', [otherMaster, epochSeconds(), stuck]); // prettier-ignore
    });
    const report = await throughGate(db.url, operation, { journal });
    t.deepEqual(outcomes(report), ['done', 'unchanged', 'done']);
    t.is(report.status, 'done');
    t.like((await db.query('SELECT masterid FROM buildrequest_claims WHERE brid = ?', [stuck]))[0], {
      masterid: otherMaster,
    });
  });

  test(`${engine}: "requests release" leaves a claim that another master took after the last look`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    await addLivingMaster(db);
    const release = releaseRequests({ requests: [], expireAfter: 600 });
    let before = await db.dump();
    const operation = afterRead(release, 2, async () => {
      await db.query('UPDATE buildrequest_claims SET masterid = ? WHERE brid = ?', [
        otherMaster,
        await stuckRequest(db),
      ]);
      before = await db.dump();
    });
    t.is((await throughGate(db.url, operation, { journal })).status, 'changed meanwhile');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: services that another master took after the last look stay with it`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    await addLivingMaster(db);
    const take = async () => {
      await db.query('UPDATE scheduler_masters SET masterid = ? WHERE schedulerid = 2', [otherMaster]);
      await db.query('UPDATE changesource_masters SET masterid = ? WHERE changesourceid = 1', [otherMaster]);
    };
    const report = await throughGate(db.url, afterRead(expireDead(), 2, take), { journal });
    t.is(report.status, 'done');
    t.deepEqual(await db.query('SELECT schedulerid, masterid FROM scheduler_masters'), [{ schedulerid: 2, masterid: otherMaster }]); // prettier-ignore
    t.deepEqual(await db.query('SELECT masterid FROM changesource_masters'), [{ masterid: otherMaster }]);
  });

  test(`${engine}: "services release" leaves a service that another master took after the last look`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    await addLivingMaster(db);
    const release = releaseServices({ services: ['p-slow'], expireAfter: 600 });
    let before = await db.dump();
    const operation = afterRead(release, 2, async () => {
      await db.query('UPDATE scheduler_masters SET masterid = ? WHERE schedulerid = ?', [
        otherMaster,
        await idOf(db, 'schedulers', 'p-slow'),
      ]);
      before = await db.dump();
    });
    const report = await throughGate(db.url, operation, { journal });
    t.is(report.status, 'changed meanwhile');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  const starts: [string, (db: TestDatabase) => Promise<void>][] = [
    ['registers a builder', async (db) => db.exec('INSERT INTO builder_masters (id, builderid, masterid) VALUES (91, 1, 1)')],
    ['claims a scheduler', async (db) => db.exec('INSERT INTO scheduler_masters (schedulerid, masterid) VALUES (2, 1)')],
    ['claims a change source', async (db) => db.exec('INSERT INTO changesource_masters (changesourceid, masterid) VALUES (1, 1)')],
    ['is active', (db) => heartbeat(db)],
  ]; // prettier-ignore
  for (const [start, begin] of starts) {
    test(`${engine}: an unclean master that starts after the last look and ${start} is left alone`, async (t) => {
      const db = await deadMaster(t, engine);
      const journal = await temporaryFolder(t);
      await makeUnclean(db);
      let before = await db.dump();
      const operation = afterRead(expireDead(), 2, async () => {
        await begin(db);
        before = await db.dump();
      });
      const report = await throughGate(db.url, operation, { journal });
      t.is(report.status, 'changed meanwhile');
      t.deepEqual(outcomes(report), ['unchanged', 'skipped', 'skipped']);
      t.deepEqual(diffDumps(before, await db.dump()), []);
    });
  }

  for (const code of ['40001', '40P01', 'ER_LOCK_DEADLOCK', 'ER_CHECKREAD', 'SQLITE_BUSY_SNAPSHOT']) {
    test(`${engine}: a step that lost a race (${code}) is tried again`, async (t) => {
      const db = await deadMaster(t, engine);
      const journal = await temporaryFolder(t);
      const tried: string[] = [];
      const operation = onWork(expireDead(), async (step, work) => {
        tried.push(step.kind);
        const rows = await work();
        if (tried.filter((kind) => kind === step.kind).length === 1) throw Object.assign(new Error('lost'), { code });
        return rows;
      });
      const report = await throughGate(db.url, operation, { journal });
      t.is(report.status, 'done');
      t.deepEqual(tried, ['finish builds', 'finish builds', 'release requests', 'release requests', 'deactivate', 'deactivate']); // prettier-ignore
      t.is(entriesOf(journal)[0]?.state, 'done');
    });
  }

  test(`${engine}: Ctrl-C lets the step that is being written end, skips the rest, status 8`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    const before = await db.dump();
    const controller = new AbortController();
    const operation = onWork(expireDead(), (_step, work) => {
      controller.abort();
      return work();
    });
    const report = await throughGate(db.url, operation, { journal, options: { signal: controller.signal } });
    t.deepEqual(outcomes(report), ['done', 'skipped', 'skipped']);
    t.is(report.results[1]?.detail, 'interrupted');
    t.is(report.status, 'partly done');
    t.is(exitStatusOf(report), 8);
    t.is(entriesOf(journal)[0]?.state, 'failed');
    t.deepEqual([...new Set(diffDumps(before, await db.dump()).map(({ table }) => table))], ['builds', 'logs', 'steps']); // prettier-ignore
    await undo(db.url, journal, 1);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: Ctrl-C before the first step: nothing is written, status 6`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    const before = await db.dump();
    const controller = new AbortController();
    const operation = afterRead(expireDead(), 2, () => Promise.resolve(controller.abort()));
    const report = await throughGate(db.url, operation, { journal, options: { signal: controller.signal } });
    t.deepEqual(outcomes(report), ['skipped', 'skipped', 'skipped']);
    t.is(exitStatusOf(report), 6);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a bug in the middle ends it, and the lock is free again`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    const before = await db.dump();
    const broken = onWork(expireDead(), (step, work) => {
      if (step.kind === 'release requests') throw new TypeError('a bug');
      return work();
    });
    await t.throwsAsync(throughGate(db.url, broken, { journal }), { instanceOf: TypeError });
    const [entry] = entriesOf(journal);
    t.is(entry?.state, 'open');
    t.deepEqual(entry?.steps.map(({ step, state }) => [step, state]), [[0, 'committed']]); // prettier-ignore
    t.is((await throughGate(db.url, expireDead(), { journal, options: { lockWaitMs: 0 } })).status, 'done');
    await undo(db.url, journal, 2);
    await undo(db.url, journal, 1);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

for (const engine of withRowLocks) {
  test(`${engine}: a heartbeat that arrives while a step holds the master's row waits, and then wins without harm`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    const other = await secondConnection(t, db);
    const before = await db.dump();
    let beat: Promise<void> | undefined;
    const operation = onWork(expireDead(), async (_step, work) => {
      const rows = await work();
      beat = other.exec(`UPDATE masters SET active = 1, last_active = ${epochSeconds()} WHERE id = 1`);
      await untilOneWaits(db, 'the heartbeat waits');
      return rows;
    });
    const report = await throughGate(db.url, operation, { journal });
    await beat;
    t.deepEqual(outcomes(report), ['done', 'unchanged', 'skipped']);
    t.is(report.status, 'partly done');
    const changed = diffDumps(before, await db.dump());
    t.deepEqual([...new Set(changed.map(({ table }) => table))], ['builds', 'logs', 'masters', 'steps']);
    const [master] = await db.query('SELECT active, last_active FROM masters WHERE id = 1');
    t.is(master?.active, 1);
    t.true(Number(master?.last_active) > epochSeconds() - 60);
  });

  test(`${engine}: a heartbeat that holds the master's row when a step comes is waited for, and nothing is written`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    const other = await secondConnection(t, db);
    let before = await db.dump();
    const operation = afterRead(expireDead(), 2, () => other.exec(`BEGIN; UPDATE masters SET last_active = ${epochSeconds()} WHERE id = 1`)); // prettier-ignore
    const running = throughGate(db.url, operation, { journal });
    await untilOneWaits(db, 'the step waits');
    await other.exec('COMMIT');
    before = await db.dump();
    const report = await running;
    t.is(report.status, 'changed meanwhile');
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: a real deadlock, which bbctl loses, is tried again`, async (t) => {
    const db = await deadMaster(t, engine);
    const journal = await temporaryFolder(t);
    const before = await db.dump();
    await repaired(db, await temporaryFolder(t));
    const reference = await db.dump();
    await restore(db, before);
    const other = await secondConnection(t, db);
    // Who has written more, or looks for deadlocks less often, is not the victim.
    if (engine === 'postgres') await other.exec(`SET deadlock_timeout = '60s'`);
    await other.exec(`BEGIN; UPDATE buildsets SET reason = 'x'; UPDATE buildrequest_claims SET claimed_at = claimed_at + 1 WHERE brid = ${await stuckRequest(db)}`); // prettier-ignore
    let tries = 0;
    const operation = onWork(expireDead(), (step, work) => {
      if (step.kind === 'release requests') tries++;
      return work();
    });
    const running = throughGate(db.url, operation, { journal });
    await untilOneWaits(db, 'the step waits for the claim');
    await other.exec('SELECT id FROM masters WHERE id = 1 FOR UPDATE');
    await other.exec('ROLLBACK');
    t.is((await running).status, 'done');
    t.is(tries, 2);
    t.deepEqual(diffButForTimes(reference, await db.dump()), []);
  });
}

/** As Buildbot's own survivors leave it: inactive, without services and registrations, with the rest. */
async function makeUnclean(db: TestDatabase): Promise<void> {
  await db.exec('UPDATE masters SET active = 0 WHERE id = 1');
  for (const table of ['configured_workers', 'builder_masters', 'scheduler_masters', 'changesource_masters']) {
    await db.exec(`DELETE FROM ${table}`);
  }
}
