import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { restoreBuilder } from '../../../src/lib/operations/restore-builder.js';
import { idOf } from '../../_helpers/clusters.js';
import { databaseFrom, diffDumps, engines } from '../../_helpers/database.js';
import { failsWith, gateOn } from '../../_helpers/gate.js';
import { complete, entriesOf, temporaryFolder } from '../../_helpers/gate-hooks.js';
import { historyOf } from '../../_helpers/history-of.js';
import { insertRevision } from '../../_helpers/recordings.js';
import { isKilled, killedUntilDone, seeded } from '../../_helpers/kills.js';
import { forgetting, leftoverBuilders, versions, withoutBuilder } from '../../_helpers/left-over-builders.js';

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
    for (const [work, after] of [
      [`forget quick ${file}`, expected],
      [`restore ${file}`, before],
    ] as const) {
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

for (const engine of engines) {
  test(`${engine}: restored beside what has its ids by now, under another name, it is the same but for ids`, async (t) => {
    const db = await leftoverBuilders(t, engine, '3.7.0');
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const file = join(await temporaryFolder(t), 'quick.jsonl.gz');
    await gate.run(forgetting('quick', file));
    t.is((await gate.run(restoreBuilder({ file, as: null }))).status, 'done');
    // All of its ids are taken now, by itself.
    t.is((await gate.run(restoreBuilder({ file, as: 'another' }))).status, 'done');
    const after = await db.dump();
    t.deepEqual(historyOf(after, 'another'), historyOf(before, 'quick'));
    t.deepEqual(historyOf(after, 'quick'), historyOf(before, 'quick'));
    t.deepEqual(historyOf(after, 'slow'), historyOf(before, 'slow'));
    t.is((await gate.run(restoreBuilder({ file, as: 'another' }))).status, 'nothing to do');
    await failsWith(
      t,
      gate.run(restoreBuilder({ file, as: 'slow' })),
      'refused',
      /builds that the archive does not have/,
    );
  });

  test(`${engine}: restored into another, empty database, masters come back as stopped, and new ids are new`, async (t) => {
    const db = await leftoverBuilders(t, engine, '3.7.0');
    const before = await db.dump();
    const file = join(await temporaryFolder(t), 'quick.jsonl.gz');
    await (await gateOn(t, db)).run(forgetting('quick', file));
    const other = await databaseFrom(engine, '3.7.0/fresh');
    t.teardown(() => other.close());
    await insertRevision(other, '3.7.0/fresh');
    const gate = await gateOn(t, other);
    t.is((await gate.run(restoreBuilder({ file, as: null }))).status, 'done');
    t.deepEqual(await other.query('SELECT active FROM masters'), [{ active: 0 }]);
    const withoutWorkers = { ...before, workers: [] };
    t.deepEqual(historyOf(await other.dump(), 'quick'), historyOf(withoutWorkers, 'quick'));
    await other.exec('INSERT INTO buildsets (submitted_at, complete) VALUES (1, 0)');
    const [row] = await other.query('SELECT max(id) AS id FROM buildsets WHERE submitted_at = 1');
    t.is(row?.id, 9005);
  });

  test(`${engine}: killed again and again while rows get new ids, none is doubled`, async (t) => {
    const db = await leftoverBuilders(t, engine, '3.7.0');
    const gate = await gateOn(t, db);
    const before = await db.dump();
    const journal = await temporaryFolder(t);
    const file = join(journal, 'quick.jsonl.gz');
    await gate.run(forgetting('quick', file));
    await gate.run(restoreBuilder({ file, as: 'first' }));
    await killedUntilDone(db, journal, `restore ${file}`, seeded(11));
    const after = await db.dump();
    t.deepEqual(historyOf(after, 'quick'), historyOf(before, 'quick'));
    t.is(after.builds?.length, (before.builds?.length ?? 0) + (before.builds ?? []).filter((row) => row.builderid === before.builders?.find(({ name }) => name === 'quick')?.id).length); // prettier-ignore
  });
}

test('an archive that is cut off, damaged, of a newer schema, or none at all is refused, and nothing is done', async (t) => {
  const db = await leftoverBuilders(t, 'sqlite', '4.3.0');
  const folder = await temporaryFolder(t);
  const file = join(folder, 'quick.jsonl.gz');
  await (await gateOn(t, db)).run(forgetting('quick', file));
  const old = await leftoverBuilders(t, 'sqlite', '3.7.0');
  const gate = await gateOn(t, old);
  const before = await old.dump();
  await failsWith(
    t,
    gate.run(restoreBuilder({ file, as: 'x' })),
    'schema',
    /this one \(059\) has no .*rebuilt_buildid/,
  );
  const bytes = await readFile(file);
  const restored = async (name: string, content: Buffer | string): Promise<unknown> => {
    await writeFile(join(folder, name), content);
    return (await gateOn(t, db)).run(restoreBuilder({ file: join(folder, name), as: null }));
  };
  const damaged = /is not an archive of bbctl's, or is damaged/;
  const forgotten = await db.dump();
  await failsWith(t, restored('cut', bytes.subarray(0, bytes.length - 100)), 'usage', damaged);
  await failsWith(t, restored('text', 'no archive'), 'usage', damaged);
  const flipped = Buffer.from(bytes);
  flipped[Math.floor(bytes.length / 2)]! ^= 0xff;
  await failsWith(t, restored('flipped', flipped), 'usage', damaged);
  await failsWith(
    t,
    (await gateOn(t, db)).run(restoreBuilder({ file: join(folder, 'nowhere'), as: null })),
    'notFound',
  );
  t.deepEqual(diffDumps(before, await old.dump()), []);
  t.deepEqual(diffDumps(forgotten, await db.dump()), []);
});

test('an archive is never overwritten, and nothing is deleted that could not be kept', async (t) => {
  const db = await leftoverBuilders(t, 'sqlite', '3.7.0');
  const gate = await gateOn(t, db);
  const before = await db.dump();
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'there'), 'precious');
  await failsWith(t, gate.run(forgetting('quick', join(folder, 'there'))), 'refused', /There is a file .* already/);
  t.is(await readFile(join(folder, 'there'), 'utf8'), 'precious');
  await failsWith(t, gate.run(forgetting('quick', join(folder, 'no/folder'))), 'unreachable', /cannot be written/);
  t.deepEqual(diffDumps(before, await db.dump()), []);
  t.is((await gate.run(forgetting('slow', join(folder, 'slow')))).status, 'done');
  await failsWith(t, gate.run(forgetting('quick', join(folder, 'slow'))), 'refused', /There is a file .* already/);
});
