import test from 'ava';
import type { Inventory } from '../../../src/lib/model/inventory.js';
import { forgetBuilders, type ForgetBuildersInput } from '../../../src/lib/operations/forget-builders.js';
import { diffDumps, engines } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { idOf } from '../../_helpers/clusters.js';
import { leftoverBuilders, referencesOf, stoppedCluster, versions, withoutBuilder } from '../../_helpers/leftovers.js';

const nothing: Inventory = {
  file: 'cluster.yaml',
  complete: true,
  masters: [],
  builders: new Set(),
  workers: new Set(),
  schedulers: new Set(),
  changeSources: new Set(),
};

const forget = (builders: string[], input: Partial<ForgetBuildersInput> = {}) =>
  forgetBuilders({ builders, inventory: nothing, force: false, expireAfter: 600, pauseMs: 0, ...input });

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
