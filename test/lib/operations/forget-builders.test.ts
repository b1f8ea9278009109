import test, { type ExecutionContext } from 'ava';
import type { Failure } from '../../../src/lib/errors.js';
import { forgetBuilders, type ForgetBuildersInput } from '../../../src/lib/operations/forget-builders.js';
import { diffDumps, engines, type TestDatabase } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { temporaryFolder, throughGate, type GateOptions } from '../../_helpers/gate-hooks.js';
import { secondConnection, untilOneWaits } from '../../_helpers/second-connection.js';
import { until } from '../../_helpers/buildbot/until.js';
import { idOf } from '../../_helpers/clusters.js';
import { now } from '../../_helpers/killed.js';
import {
  addForeignKeys,
  certainlyAll,
  changeForeignKey,
  leftoverBuilders,
  referencesOf,
  stoppedCluster,
  versions,
  withoutBuilder,
} from '../../_helpers/left-over-builders.js';

const forget = (builders: string[], input: Partial<ForgetBuildersInput> = {}) =>
  forgetBuilders({
    builders,
    inventory: certainlyAll,
    force: false,
    expireAfter: 600,
    pauseMs: 0,
    archive: null,
    index: 'none',
    ...input,
  });

/** Through the gate, with something happening just before the first step of this kind. */
async function beforeStep(t: ExecutionContext, db: TestDatabase, kind: string, happen: () => Promise<unknown>) {
  const presenter: GateOptions['presenter'] = {
    runSteps: async (steps, run) => {
      const first = steps.findIndex((step) => step.title === kind);
      const results = [];
      for (const index of steps.keys()) {
        if (index === first) await happen();
        results.push(await run(index));
      }
      return results;
    },
  };
  const operation = { ...forget(['quick']), describe: (step: { kind: string }) => step.kind };
  return throughGate(db.url, operation, { journal: await temporaryFolder(t), presenter });
}

/** Of a builder that nobody configures: by their foreign keys these tables have no part of it. */
const elsewhere = ['builder_masters', 'configured_workers'];

for (const engine of engines) {
  for (const version of versions) {
    test(`${engine} ${version}: a builder goes with all that is its own, and nothing else`, async (t) => {
      const db = await leftoverBuilders(t, engine, version);
      const gate = await gateOn(t, db);
      const before = await db.dump();
      const expected = withoutBuilder(before, version, await idOf(db, 'builders', 'quick'));
      t.is((await gate.dryRun(forget(['quick']))).status, 'dry run');
      t.deepEqual(diffDumps(before, await db.dump()), []);
      const report = await gate.run(forget(['quick']));
      t.is(report.status, 'done');
      t.deepEqual(diffDumps(expected, await db.dump()), []);
      await failsWith(t, gate.run(forget(['quick'])), 'notFound');
      await failsWith(t, gate.undo(), 'refused', /too much for a journal to keep/);
    });

    test(`${engine} ${version}: every table that refers to a builder's history has rows that go`, async (t) => {
      const db = await leftoverBuilders(t, engine, version);
      const before = await db.dump();
      const after = withoutBuilder(before, version, await idOf(db, 'builders', 'quick'));
      const reached = new Set(['builders', 'buildsets']);
      for (let size = 0; size !== reached.size;) {
        size = reached.size;
        for (const { table, parent } of referencesOf(version)) if (reached.has(parent)) reached.add(table);
      }
      const touched = [...new Set(diffDumps(before, after).map(({ table }) => table))];
      t.deepEqual(touched.sort(), [...reached].filter((table) => !elsewhere.includes(table)).sort());
    });
  }

  test(`${engine}: all builders of a cluster are forgotten at once, and buildsets with them`, async (t) => {
    const db = await stoppedCluster(t, engine, '3.7.0');
    const gate = await gateOn(t, db);
    const names = ['slow', 'quick', 'starved'];
    t.is((await gate.run(forget(names))).status, 'done');
    const left = await db.dump();
    for (const table of ['builders', 'builds', 'steps', 'logs', 'logchunks', 'buildrequests', 'buildsets', 'buildset_properties', 'buildset_sourcestamps', 'buildrequest_claims', 'build_properties', 'builders_tags']) {
      t.deepEqual(left[table], [], table);
    } // prettier-ignore
  });
}

for (const engine of engines) {
  test(`${engine}: what is open stays, with the command that ends it`, async (t) => {
    const db = await stoppedCluster(t, engine, '3.7.0');
    const gate = await gateOn(t, db);
    const quick = await idOf(db, 'builders', 'quick');
    const [build] = await db.query('SELECT id, buildrequestid FROM builds WHERE builderid = ? ORDER BY id', [quick]);
    await db.query('UPDATE buildrequests SET complete = 0 WHERE id = ?', [build?.buildrequestid]);
    await db.query('UPDATE builds SET complete_at = NULL WHERE id = ?', [build?.id]);
    const before = await db.dump();
    const failure = await t.throwsAsync<Failure>(gate.run(forget(['quick'])), { code: 'refused' });
    t.is(failure?.message, `Builder quick has 1 build that has not ended: ${Number(build?.id)}.\nBuilder quick has an open request: ${Number(build?.buildrequestid)}.`); // prettier-ignore
    t.regex(failure?.try ?? '', new RegExp(`"bbctl builds finish ${Number(build?.id)}".*\n.*"bbctl requests cancel ${Number(build?.buildrequestid)}"`)); // prettier-ignore
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: it must be certain, or forced; what the inventory names stays`, async (t) => {
    const db = await stoppedCluster(t, engine, '3.7.0');
    const gate = await gateOn(t, db);
    await failsWith(t, gate.run(forget(['quick'], { inventory: null })), 'refused', /not certain .* left over/);
    await failsWith(t, gate.run(forget(['quick'], { inventory: { ...certainlyAll, builders: new Set(['quick']) }, force: true })), 'refused', /is named in cluster.yaml/); // prettier-ignore
    const { plan } = await gate.dryRun(forget(['quick', 'slow'], { inventory: null, force: true }));
    t.is(plan.typed, 'quick slow');
    t.is((await gate.dryRun(forget(['quick']))).plan.typed, undefined);
    await failsWith(t, gate.run(forget(['nowhere'])), 'notFound', 'There is no builder "nowhere".');
  });

  for (const at of ['unlink buildsets', 'forget builds', 'forget requests', 'forget tests', 'delete builder']) {
    test(`${engine}: a master that configures it again before "${at}": the rest stays, and it can be built`, async (t) => {
      const db = await leftoverBuilders(t, engine, '3.7.0');
      const gate = await gateOn(t, db);
      const quick = await idOf(db, 'builders', 'quick');
      let before = await db.dump();
      const report = await beforeStep(t, db, at, async () => {
        await db.exec(`INSERT INTO builder_masters (id, builderid, masterid) VALUES (9001, ${quick}, 1)`);
        before = await db.dump();
      });
      t.is(report.results.find((result) => result.outcome === 'unchanged')?.detail, 'a master configures builder quick again'); // prettier-ignore
      t.is(report.status, at === 'unlink buildsets' ? 'changed meanwhile' : 'partly done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
      t.is((await db.query('SELECT id FROM builders WHERE id = ?', [quick])).length, 1);
      await failsWith(t, gate.run(forget(['quick'])), 'refused', /is in use by/);
      await db.exec('DELETE FROM builder_masters');
      t.is((await gate.run(forget(['quick']))).status, 'done');
    });
  }
}

for (const engine of engines.filter((name) => name === 'postgres' || name === 'innodb')) {
  test(`${engine}: a master that is just registering it when its row is to go is waited for, and the row stays`, async (t) => {
    const db = await leftoverBuilders(t, engine, '3.7.0');
    const quick = await idOf(db, 'builders', 'quick');
    const other = await secondConnection(t, db);
    let committed: Promise<void> | undefined;
    const report = await beforeStep(t, db, 'delete builder', async () => {
      await other.exec(`BEGIN; INSERT INTO builder_masters (id, builderid, masterid) VALUES (9001, ${quick}, 1)`);
      committed = untilOneWaits(db, 'the step waits').then(() => other.exec('COMMIT'));
    });
    await committed;
    t.is(report.results.at(-1)?.detail, 'a master configures builder quick again');
    t.is((await db.query('SELECT id FROM builders WHERE id = ?', [quick])).length, 1);
    t.is((await db.query('SELECT id FROM builder_masters WHERE builderid = ?', [quick])).length, 1);
  });
}

for (const engine of engines.filter((name) => name === 'postgres' || name === 'innodb')) {
  test(`${engine}: a buildset that has come to name one of the builds is not deleted with it`, async (t) => {
    const db = await leftoverBuilders(t, engine, '4.3.0');
    if (engine === 'innodb') await addForeignKeys(db, '4.3.0');
    await changeForeignKey(db, '4.3.0', 'buildsets.parent_buildid', 'ON DELETE CASCADE');
    await changeForeignKey(db, '4.3.0', 'buildsets.rebuilt_buildid', 'ON DELETE CASCADE');
    const before = await db.dump();
    const expected = withoutBuilder(before, '4.3.0', await idOf(db, 'builders', 'quick'));
    const report = await beforeStep(t, db, 'forget builds', async () => {
      const kept = await db.query('SELECT id FROM buildsets WHERE id = 9003 AND parent_buildid IS NULL AND rebuilt_buildid IS NULL'); // prettier-ignore
      t.is(kept.length, 1);
      const { parent_buildid, rebuilt_buildid } = before.buildsets?.find((row) => row.id === 9003) ?? {};
      await db.query('UPDATE buildsets SET parent_buildid = ?, rebuilt_buildid = ? WHERE id = 9003', [parent_buildid, rebuilt_buildid]); // prettier-ignore
    });
    t.is(report.status, 'done');
    t.deepEqual(diffDumps(expected, await db.dump()), []);
  });
}

for (const engine of engines) {
  test(`${engine}: a build that a master has begun meanwhile stays, with the builder`, async (t) => {
    const db = await leftoverBuilders(t, engine, '3.7.0');
    const quick = await idOf(db, 'builders', 'quick');
    const report = await beforeStep(t, db, 'forget builds', async () => {
      await db.exec(`INSERT INTO builds (id, number, builderid, buildrequestid, masterid, started_at, state_string) VALUES (9009, 9009, ${quick}, 1, 1, 1, '')`); // prettier-ignore
    });
    t.is(report.status, 'partly done');
    t.is(report.results.at(-1)?.detail, 'builder quick has builds that were not planned for');
    t.is((await db.query('SELECT id FROM builds WHERE id = 9009')).length, 1);
  });

  test(`${engine}: it waits for a master whose heart gets late, and says so when it stops`, async (t) => {
    const db = await leftoverBuilders(t, engine, '3.7.0');
    await db.query('UPDATE masters SET active = 1, last_active = ?', [now()]);
    const gate = await gateOn(t, db);
    const operation = forget(['quick']);
    const pace = { ...operation.pace!, patienceMs: 0 };
    const report = await gate.run({ ...operation, pace }, {
      beforeConfirm: async () => {
        t.is(await operation.pace?.hold(gate.reading), null);
        await db.exec('UPDATE masters SET last_active = last_active - 100');
        await until('it looks again', async () => (await operation.pace?.hold(gate.reading)) !== null);
      },
    }); // prettier-ignore
    t.is(report.status, 'partly done');
    t.regex(report.results.find((result) => result.code === 'timedOut')?.detail ?? '', /^Stopped to be gentle: the heart of .* has not beaten for 90s\.$/); // prettier-ignore
    await db.query('UPDATE masters SET last_active = ?', [now()]);
    t.is((await gate.run(forget(['quick']))).status, 'done');
  });
}
