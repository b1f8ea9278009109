import { join } from 'node:path';
import test from 'ava';
import { restoreBuilder } from '../../../src/lib/operations/restore-builder.js';
import { idOf } from '../../_helpers/clusters.js';
import { diffDumps, engines } from '../../_helpers/database.js';
import { gateOn } from '../../_helpers/gate.js';
import { complete, entriesOf, temporaryFolder } from '../../_helpers/gate-hooks.js';
import { isKilled, killedUntilDone, seeded } from '../../_helpers/kills.js';
import { forgetting, leftoverBuilders, versions, withoutBuilder } from '../../_helpers/leftovers.js';

for (const engine of engines) {
  for (const version of versions) {
    test(`${engine} ${version}: forgotten and restored, the database is the same, row by row`, async (t) => {
      const db = await leftoverBuilders(t, engine, version);
      const gate = await gateOn(t, db);
      const before = await db.dump();
      const file = join(await temporaryFolder(t), 'quick.jsonl.gz');
      const expected = withoutBuilder(before, version, await idOf(db, 'builders', 'quick'));
      t.is((await gate.run(forgetting('quick', file))).status, 'done');
      t.deepEqual(diffDumps(expected, await db.dump()), []);
      t.is((await gate.run(restoreBuilder({ file, as: null }))).status, 'done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
      t.is((await gate.run(restoreBuilder({ file, as: null }))).status, 'nothing to do');
    });
  }

  test(`${engine}: killed again and again, forgetting and restoring go on where they were`, async (t) => {
    const db = await leftoverBuilders(t, engine, '3.7.0');
    const before = await db.dump();
    const journal = await temporaryFolder(t);
    const file = join(journal, 'quick.jsonl.gz');
    const expected = withoutBuilder(before, '3.7.0', await idOf(db, 'builders', 'quick'));
    const random = seeded(7);
    t.true((await killedUntilDone(db, journal, `forget quick ${file}`, random)) > 1);
    t.deepEqual(diffDumps(expected, await db.dump()), []);
    t.true((await killedUntilDone(db, journal, `restore ${file}`, random)) > 1);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: killed once, "journal complete" does the rest of either`, async (t) => {
    const db = await leftoverBuilders(t, engine, '3.7.0');
    const before = await db.dump();
    const file = join(await temporaryFolder(t), 'quick.jsonl.gz');
    const expected = withoutBuilder(before, '3.7.0', await idOf(db, 'builders', 'quick'));
    for (const [work, after] of [[`forget quick ${file}`, expected], [`restore ${file}`, before]] as const) {
      const journal = await temporaryFolder(t);
      t.true(await isKilled({ at: 'before any write', write: 12 }, db.url, journal, work));
      t.is(entriesOf(journal)[0]?.state, 'open');
      const report = await complete(db.url, journal, 1);
      t.is(report.status, 'done');
      t.deepEqual(diffDumps(after, await db.dump()), [], work);
      t.deepEqual(entriesOf(journal).map(({ state }) => state), ['done', 'done']); // prettier-ignore
    }
  });
}
