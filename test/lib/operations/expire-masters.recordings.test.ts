import { rmSync } from 'node:fs';
import test from 'ava';
import { expireMasters } from '../../../src/lib/operations/expire-masters.js';
import { defaultExpireAfterSeconds } from '../../../src/lib/model/master.js';
import { deleted, finished, sameChanges, updated } from '../../_helpers/changes.js';
import { bbctl, temporaryHome } from '../../_helpers/cli.js';
import { diffDumps, engines, type Difference, type Dump } from '../../_helpers/database.js';
import { gateOn } from '../../_helpers/gate.js';
import { databaseAt, insertRevision, lastLook, looksOn, lookTitle } from '../../_helpers/recordings.js';
import type { Expire } from '../../fixtures-expected.js';

const everyDeadMaster = () => expireMasters({ masters: [], expireAfter: defaultExpireAfterSeconds, force: false });

for (const engine of engines) {
  for (const look of looksOn(engine)) {
    const changes = Object.values(look.expire).some((ids: number[]) => ids.length > 0);
    const title = `${engine}: masters expire on ${lookTitle(look)}`;

    if (changes) {
      test(`${title} changes exactly what is expected, and undo takes it back`, async (t) => {
        const db = await databaseAt(t, engine, look);
        const gate = await gateOn(t, db);
        const before = await db.dump();

        t.is((await gate.dryRun(everyDeadMaster())).status, 'dry run');
        t.deepEqual(diffDumps(before, await db.dump()), []);
        t.deepEqual(gate.journal(), []);

        const report = await gate.run(everyDeadMaster());
        t.is(report.status, 'done');
        const isWarned = report.plan.warnings.some((warning) => warning.startsWith("No master's heart beats at all."));
        t.is(
          isWarned,
          look.masters.every(({ state }) => state !== 'active'),
        );
        t.deepEqual([...new Set(report.results.map(({ outcome }) => outcome))], ['done']);
        sameChanges(t, before, await db.dump(), expectedChanges(before, look.expire));

        const after = await db.dump();
        t.is((await gate.run(everyDeadMaster())).status, 'nothing to do');
        t.deepEqual(diffDumps(after, await db.dump()), []);
        t.deepEqual(
          gate.journal().map(({ id, state }) => [id, state]),
          [[1, 'done']],
        );

        t.is((await gate.undo()).status, 'done');
        t.deepEqual(diffDumps(before, await db.dump()), []);
        t.deepEqual(
          gate.journal().map(({ id, state }) => [id, state]),
          [
            [2, 'done'],
            [1, 'undone'],
          ],
        );
      });
    } else {
      test(`${title} finds nothing to do`, async (t) => {
        const db = await databaseAt(t, engine, look);
        if (look.revision === null) await insertRevision(db, look.fixture);
        const gate = await gateOn(t, db);
        const before = await db.dump();
        t.is((await gate.run(everyDeadMaster())).status, 'nothing to do');
        t.deepEqual(diffDumps(before, await db.dump()), []);
        t.deepEqual(gate.journal(), []);
      });
    }
  }

  test(`${engine}: the command does the same, and undo takes it back`, async (t) => {
    const look = lastLook(engine, '3.7.0/killed');
    const db = await databaseAt(t, engine, look);
    const home = temporaryHome();
    t.teardown(() => rmSync(home, { recursive: true, force: true }));
    const run = (...args: string[]) => bbctl([...args, '--json'], { db: db.url, home });
    const before = await db.dump();

    const dry = await run('masters', 'expire', '--dry-run');
    t.like(dry, { status: 0, stderr: '' });
    t.like(dry.json(), { dryRun: true, status: 'dry run', journal: null });
    t.deepEqual(diffDumps(before, await db.dump()), []);
    t.deepEqual((await run('journal')).json(), { changes: [] });

    const done = await run('masters', 'expire', '--yes', '--reason', 'power loss');
    t.like(done, { status: 0, stderr: '' });
    t.like(done.json(), { status: 'done', journal: 1 });
    sameChanges(t, before, await db.dump(), expectedChanges(before, look.expire));

    const again = await run('masters', 'expire', '--yes');
    t.is(again.status, 0);
    t.like(again.json(), { status: 'nothing to do', journal: null });

    const undone = await run('undo', '1', '--yes');
    t.is(undone.status, 0);
    t.like(undone.json(), { status: 'done', journal: 2 });
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

function expectedChanges(before: Dump, expire: Expire): Difference[] {
  return [
    ...updated('masters', expire.masters, { active: 1 }, { active: 0 }),
    ...finished(expire),
    ...deleted(before, 'buildrequest_claims', expire.claims),
    ...deleted(before, 'connected_workers', expire.connectedWorkers),
    ...deleted(before, 'builder_masters', expire.builderMasters),
    ...deleted(before, 'configured_workers', expire.configuredWorkers),
    ...deleted(before, 'scheduler_masters', expire.schedulerMasters),
    ...deleted(before, 'changesource_masters', expire.changesourceMasters),
  ];
}
