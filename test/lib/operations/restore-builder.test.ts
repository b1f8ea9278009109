import { join } from 'node:path';
import test from 'ava';
import { forgetBuilders } from '../../../src/lib/operations/forget-builders.js';
import { restoreBuilder } from '../../../src/lib/operations/restore-builder.js';
import { idOf } from '../../_helpers/clusters.js';
import { diffDumps, engines } from '../../_helpers/database.js';
import { gateOn } from '../../_helpers/gate.js';
import { temporaryFolder } from '../../_helpers/gate-hooks.js';
import { certainlyAll, leftoverBuilders, versions, withoutBuilder } from '../../_helpers/leftovers.js';

const forget = (builder: string, file: string) =>
  forgetBuilders({
    ...{ builders: [builder], inventory: certainlyAll, force: false, expireAfter: 600, pauseMs: 0 },
    archive: { file, bbctl: '0.0.0' },
  });

for (const engine of engines) {
  for (const version of versions) {
    test(`${engine} ${version}: forgotten and restored, the database is the same, row by row`, async (t) => {
      const db = await leftoverBuilders(t, engine, version);
      const gate = await gateOn(t, db);
      const before = await db.dump();
      const file = join(await temporaryFolder(t), 'quick.jsonl.gz');
      const expected = withoutBuilder(before, version, await idOf(db, 'builders', 'quick'));
      t.is((await gate.run(forget('quick', file))).status, 'done');
      t.deepEqual(diffDumps(expected, await db.dump()), []);
      t.is((await gate.run(restoreBuilder({ file, as: null }))).status, 'done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
      t.is((await gate.run(restoreBuilder({ file, as: null }))).status, 'nothing to do');
    });
  }
}
