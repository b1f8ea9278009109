import { createHash } from 'node:crypto';
import test from 'ava';
import { renameBuilderTo } from '../../../src/lib/operations/rename-builder.js';
import { sameChanges, updated } from '../../_helpers/changes.js';
import { diffDumps, engines, fixturesOf } from '../../_helpers/database.js';
import { afterRead } from '../../_helpers/gate-hooks.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { makeUnclean } from '../../_helpers/killed.js';
import { renamedBuilder } from '../../_helpers/renamed.js';

const input = { builder: 'quick', name: 'faß', expireAfter: 600, inventory: null, force: true };
const rename = (choices: Partial<typeof input> = {}) => renameBuilderTo({ ...input, ...choices });
const sha1 = (name: string) => createHash('sha1').update(Buffer.from(name, 'utf8')).digest('hex');
const hashed = (name: string) => ({ name, name_hash: sha1(name) });

function inventoryOf(complete: boolean, ...builders: string[]) {
  const none = new Set<string>();
  const named = { masters: [], builders: new Set(builders), workers: none, schedulers: none, changeSources: none };
  return { file: 'cluster.yaml', complete, ...named };
}

for (const engine of engines) {
  for (const fixture of fixturesOf(engine).filter((name) => name.endsWith('/killed'))) {
    test(`${engine}, ${fixture}: one row gets the name and its hash; undo takes it back`, async (t) => {
      const { db, from } = await renamedBuilder(t, engine, fixture);
      const gate = await gateOn(t, db);
      const before = await db.dump();
      t.is((await gate.dryRun(rename())).status, 'dry run');
      const report = await gate.run(rename());
      t.is(report.status, 'done');
      t.regex(report.advice.join(), /goes on with this builder/);
      sameChanges(t, before, await db.dump(), updated('builders', [from.id], hashed('quick'), hashed('faß')));
      t.is((await gate.run(rename({ builder: String(from.id) }))).status, 'nothing to do');
      t.is((await gate.undo()).status, 'done');
      t.deepEqual(diffDumps(before, await db.dump()), []);
    });
  }

  test(`${engine}: a row of the new name that a master makes at the same moment is left to it`, async (t) => {
    const { db } = await renamedBuilder(t, engine);
    const gate = await gateOn(t, db);
    let before = await db.dump();
    const report = await gate.run(afterRead(rename(), 2, async () => {
      const { name, name_hash } = hashed('faß');
      await db.query('INSERT INTO builders (id, name, name_hash) VALUES (99, ?, ?)', [name, name_hash]);
      before = await db.dump();
    })); // prettier-ignore
    t.is(report.status, 'changed meanwhile');
    t.deepEqual(diffDumps(before, await db.dump()), []);
    await failsWith(t, gate.run(rename()), 'refused', /There is a builder faß already \(id 99\)/);
  });

  test(`${engine}: a builder that a master has come to configure at the same moment keeps its name`, async (t) => {
    const { db, from } = await renamedBuilder(t, engine);
    const gate = await gateOn(t, db);
    const report = await gate.run(afterRead(rename(), 2, () => db.query('INSERT INTO builder_masters (id, builderid, masterid) VALUES (99, ?, 1)', [from.id]))); // prettier-ignore
    t.is(report.status, 'changed meanwhile');
    t.deepEqual(await db.query('SELECT name FROM builders WHERE id = ?', [from.id]), [{ name: 'quick' }]);
  });
}

for (const engine of engines.filter((one) => one === 'myisam' || one === 'innodb')) {
  test(`${engine}: a name that the column cannot hold is said, not a bug`, async (t) => {
    const { db } = await renamedBuilder(t, engine);
    const gate = await gateOn(t, db);
    const before = await db.dump();
    for (const name of ['rocket 🚀', 'x'.repeat(70_000)]) {
      const report = await gate.run(rename({ name }));
      t.is(report.status, 'failed');
      t.like(report.results[0], { code: 'usage' });
      t.regex(report.results[0]?.detail ?? '', /cannot hold that text/);
    }
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

if (engines.includes('sqlite')) {
  test('what is refused, and what --force overrides', async (t) => {
    const { db } = await renamedBuilder(t, 'sqlite');
    const gate = await gateOn(t, db);
    const careful = (choices: object) => gate.dryRun(renameBuilderTo({ ...input, force: false, ...choices }));
    await failsWith(t, gate.dryRun(rename({ builder: 'slow' })), 'refused', /slow is in use by/);
    await failsWith(t, gate.dryRun(rename({ name: 'slow' })), 'refused', /There is a builder slow already/);
    await failsWith(t, gate.dryRun(rename({ name: '_x' })), 'usage', /underscore/);
    await failsWith(t, gate.dryRun(rename({ name: '' })), 'usage');
    await failsWith(t, gate.dryRun(rename({ builder: 'nobody' })), 'notFound');
    await failsWith(t, careful({}), 'refused', /not certain/);
    await failsWith(t, careful({ inventory: inventoryOf(false, 'quick', 'faß') }), 'refused', /named in cluster.yaml/);
    t.is((await careful({ inventory: inventoryOf(false, 'faß') })).status, 'dry run');
    const unnamed = await careful({ inventory: inventoryOf(true, 'slow') });
    t.deepEqual(unnamed.plan.warnings, ['cluster.yaml does not name faß, though it says that it names everything.']);
    await makeUnclean(db);
    t.is((await gate.run(rename({ builder: 'slow', name: 'slower' }))).status, 'done');
  });
}
