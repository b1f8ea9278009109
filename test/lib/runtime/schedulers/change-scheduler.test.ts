// Schedulers of changes: every change once, in whatever order they come to be seen, whoever has the scheduler.
import test from 'ava';
import { makeScheduler } from '../../../../src/lib/runtime/schedulers/scheduler.js';
import type { ChangeConfig } from '../../../../src/lib/runtime/schedulers/change-scheduler.js';
import type { ServiceContext } from '../../../../src/lib/runtime/service.js';
import { engines } from '../../../_helpers/database.js';
import { freeContext, openFor } from '../../../_helpers/service-context.js';
import { secondConnection, untilOneWaits } from '../../../_helpers/second-connection.js';
import { addChange, addForeignBuildset, builtBy, changeConfig, epoch, pendingOf, stage, stampOf } from '../../../_helpers/scheduling.js'; // prettier-ignore

const name = 'on-commit';
const turn = (config: ChangeConfig, context: ServiceContext) => makeScheduler(config)!.turn(context);
const built = (...ids: number[]) => ids.map((id) => [stampOf(id)]);
const stable = changeConfig({ treeStableMs: 10_000 });

for (const engine of engines) {
  for (const version of ['2.10.5', '3.7.0', '4.3.0']) {
    test(`${engine} ${version}: nothing old, then each change once, with its properties`, async (t) => {
      const on = await stage(t, engine, name, version);
      const [a, b] = [await on.master(), await on.master()];
      await addChange(on.db, 10);
      await turn(changeConfig(), a);
      t.deepEqual(await builtBy(on.db, name), []);
      await addChange(on.db, 11, { properties: { who: 'ü', level: [1] } });
      await addChange(on.db, 12, { codebase: 'lib' });
      t.is(await turn(changeConfig({ properties: { level: 2, own: true } }), a), 900_000);
      t.deepEqual(a.announced, ['requests']);
      await turn(changeConfig(), b);
      t.deepEqual(await builtBy(on.db, name), built(11));
      const properties = await on.db.query('SELECT property_name, property_value FROM buildset_properties WHERE buildsetid = (SELECT MAX(id) FROM buildsets) ORDER BY property_name'); // prettier-ignore
      t.deepEqual(properties.map((row) => [row['property_name'], row['property_value']]), [
        ['level', '[[1], "Change"]'],
        ['own', '[true, "Scheduler"]'],
        ['scheduler', '["on-commit", "Scheduler"]'],
        ['who', '["\\u00fc", "Change"]'],
      ]); // prettier-ignore
      const [buildset] = await on.db.query('SELECT reason FROM buildsets WHERE id = (SELECT MAX(id) FROM buildsets)');
      t.is(buildset?.['reason'], "The AnyBranchScheduler scheduler named 'on-commit' triggered this build");
    });
  }

  test(`${engine}: a lower id that comes to be seen later is not lost, and not taken twice`, async (t) => {
    const on = await stage(t, engine, name);
    await on.db.exec('DELETE FROM changes WHERE changeid = 9');
    const [a, b] = [await on.master(), await on.master()];
    await addChange(on.db, 10);
    await turn(changeConfig(), a);
    await addChange(on.db, 14);
    t.is(await turn(changeConfig(), a), 500);
    await addChange(on.db, 12);
    await addChange(on.db, 15);
    on.now += 20;
    await turn(changeConfig(), b);
    await addChange(on.db, 13);
    on.now += 500;
    await turn(changeConfig(), b);
    // Below the very first one that it saw, too.
    await addChange(on.db, 9);
    await turn(changeConfig(), a);
    await turn(changeConfig(), b);
    t.deepEqual(await builtBy(on.db, name), built(14, 12, 15, 13, 9));
    on.now += 200;
    await turn(changeConfig(), a);
    await addChange(on.db, 11);
    await turn(changeConfig(), a);
    t.deepEqual(await builtBy(on.db, name), built(14, 12, 15, 13, 9), 'given up after ten minutes');
  });

  test(`${engine}: a backlog is taken page by page, and by two masters at once, each change once`, async (t) => {
    const on = await stage(t, engine, name);
    const [a, b] = [await on.master(), await on.master()];
    await turn(changeConfig(), a);
    const ids = Array.from({ length: 130 }, (_, index) => 20 + index * 2);
    for (const id of ids) await addChange(on.db, id, { stamp: 1 });
    t.is(await turn(changeConfig(), a), 0);
    t.is((await builtBy(on.db, name)).length, 100);
    for (let round = 0; round < 2; round++)
      await Promise.allSettled([turn(changeConfig(), a), turn(changeConfig(), b)]);
    t.is((await builtBy(on.db, name)).length, 130);
  });

  test(`${engine}: what was disabled has none of the changes that came meanwhile`, async (t) => {
    const on = await stage(t, engine, name);
    const context = await on.master();
    await turn(changeConfig(), context);
    await on.db.exec('UPDATE schedulers SET enabled = 0 WHERE id = 50');
    await addChange(on.db, 10);
    await addChange(on.db, 12);
    t.is(await turn(changeConfig(), context), 900_000);
    const dump = await on.db.dump();
    await turn(changeConfig(), context);
    t.deepEqual(await on.db.dump(), dump);
    await on.db.exec('UPDATE schedulers SET enabled = 1 WHERE id = 50');
    await addChange(on.db, 11);
    await addChange(on.db, 13);
    await turn(changeConfig(), context);
    t.deepEqual(await builtBy(on.db, name), built(13));
  });

  test(`${engine}: a Buildbot master has had it in between: what it has had built is not built again`, async (t) => {
    const on = await stage(t, engine, name);
    const context = await on.master();
    await turn(changeConfig(), context);
    for (const id of [10, 11, 12, 13]) await addChange(on.db, id);
    await addForeignBuildset(on.db, name, [stampOf(10)]);
    await addForeignBuildset(on.db, name, [stampOf(12)]);
    await addForeignBuildset(on.db, 'other', [stampOf(13)]);
    await turn(changeConfig(), context);
    t.deepEqual(await builtBy(on.db, name), built(10, 12, 13));
    await addChange(on.db, 14, { stamp: stampOf(13) });
    await turn(changeConfig(), context);
    t.deepEqual(await builtBy(on.db, name), built(10, 12, 13, 13), 'our own buildset of the same stamp hides nothing');
  });

  test(`${engine}: what has come since a Buildbot master had it is built by the first that takes it over`, async (t) => {
    const on = await stage(t, engine, name);
    for (const id of [10, 11, 12]) await addChange(on.db, id);
    await addForeignBuildset(on.db, name, [stampOf(10)]);
    on.now += 1300.5;
    for (const id of [13, 14]) await addChange(on.db, id);
    await on.db.query('UPDATE sourcestamps SET created_at = ? WHERE id IN (?, ?)', [epoch + 1200, stampOf(13), stampOf(14)]); // prettier-ignore
    await addForeignBuildset(on.db, 'other', [stampOf(14)]);
    await turn(changeConfig(), await on.master());
    t.deepEqual(await builtBy(on.db, name), built(10, 13, 14), 'but for what is too old');
  });

  test(`${engine}: the tree is stable when nothing has come for a while, on whichever master`, async (t) => {
    const on = await stage(t, engine, name);
    const [a, b] = [await on.master(), await on.master()];
    await turn(stable, a);
    await addChange(on.db, 10);
    await addChange(on.db, 11, { branch: 'dev' });
    t.is(await turn(stable, a), 10_000);
    on.now = epoch + 5;
    await addChange(on.db, 12);
    await turn(stable, a);
    on.now = epoch + 9.9;
    t.is(await turn(stable, b), 100);
    on.now = epoch + 10;
    t.is(await turn(stable, b), 5000);
    t.deepEqual(await builtBy(on.db, name), built(11));
    t.deepEqual(await pendingOf(on.db), [[10, 1], [12, 1]]); // prettier-ignore
    on.now = epoch + 15;
    await Promise.allSettled([turn(stable, a), turn(stable, b)]);
    await turn(stable, a);
    t.deepEqual(await builtBy(on.db, name), built(11, 12));
    t.deepEqual(await pendingOf(on.db), []);
  });

  test(`${engine}: changes that are not important restart a timer, and are built with the others`, async (t) => {
    const on = await stage(t, engine, name);
    const context = await on.master();
    const config = changeConfig({ kind: 'single-branch', treeStableMs: 10_000, importantFiles: ['src/**'] });
    await turn(config, context);
    await addChange(on.db, 10, { files: ['README'] });
    await turn(config, context);
    on.now = epoch + 100;
    t.is(await turn(config, context), 900_000);
    await addChange(on.db, 11, { files: ['README', 'src/a'], branch: 'dev' });
    await turn(config, context);
    on.now = epoch + 105;
    await addChange(on.db, 12, { files: ['README'] });
    await turn(config, context);
    t.deepEqual(await pendingOf(on.db), [[10, 0], [11, 1], [12, 0]]); // prettier-ignore
    on.now = epoch + 114;
    await turn(config, context);
    t.deepEqual(await builtBy(on.db, name), []);
    on.now = epoch + 115;
    await turn(config, context);
    t.deepEqual(await builtBy(on.db, name), built(12));
    t.deepEqual(await pendingOf(on.db), []);
    await addChange(on.db, 13, { files: ['README'] });
    await turn({ ...config, onlyImportant: true }, context);
    t.deepEqual(await pendingOf(on.db), []);
  });

  test(`${engine}: what Buildbot has left waiting is built, but for what it has built and not taken off`, async (t) => {
    const on = await stage(t, engine, name);
    const context = await on.master();
    await turn(stable, context);
    for (const id of [10, 12]) await addChange(on.db, id);
    await addChange(on.db, 11, { branch: 'dev' });
    await addChange(on.db, 13, { branch: 'dev' });
    for (const id of [10, 11, 12]) await on.db.query('INSERT INTO scheduler_changes VALUES (50, ?, 1)', [id]);
    await addForeignBuildset(on.db, name, [stampOf(12)]);
    await turn(stable, context);
    t.deepEqual(await pendingOf(on.db), [[11, 1], [13, 1]]); // prettier-ignore
    on.now = epoch + 10;
    await turn(stable, context);
    t.deepEqual(await builtBy(on.db, name), built(12, 13));
    t.deepEqual(await pendingOf(on.db), []);
  });

  test(`${engine}: several codebases: the last change of each, and for the others what is configured`, async (t) => {
    const on = await stage(t, engine, name);
    const context = await on.master();
    const codebase = (repository: string) => ({ repository, branch: 'trunk', revision: null });
    const codebases = { app: codebase('a'), lib: codebase('l'), docs: codebase('d') };
    const config = changeConfig({ kind: 'single-branch', treeStableMs: 1000, codebases });
    await turn(config, context);
    for (const [index, one] of ['app', 'lib', 'app', 'other'].entries())
      await addChange(on.db, 10 + index, { codebase: one });
    await turn(config, context);
    on.now = epoch + 1;
    await turn(config, context);
    const [stamps = []] = await builtBy(on.db, name);
    const rows = await on.db.query(`SELECT id, branch, repository, codebase FROM sourcestamps WHERE repository = 'd'`);
    t.deepEqual(stamps.sort(), [stampOf(11), stampOf(12), Number(rows[0]?.['id'])].sort());
    t.like(rows[0], { branch: 'trunk', codebase: 'docs' });
  });

  test(`${engine}: several schedulers at once, each with a buildset of its own`, async (t) => {
    const on = await stage(t, engine, name);
    const others = ['second', 'third'];
    for (const [index, other] of others.entries()) await on.db.query('INSERT INTO schedulers (id, name, name_hash, enabled) VALUES (?, ?, ?, 1)', [51 + index, other, other]); // prettier-ignore
    const database = await openFor(t, on.db);
    const codebases = Object.fromEntries(['', 'lib'].map((one) => [one, { repository: one, branch: null, revision: null }])); // prettier-ignore
    const turns = [name, ...others].map((one, index) => {
      const context = freeContext(database, { id: 50 + index, name: one, now: () => on.now });
      return () => turn(changeConfig({ name: one, treeStableMs: index * 1000 || null, codebases }), context);
    });
    for (const first of turns) await first();
    for (const id of [10, 11, 12]) await addChange(on.db, id, { branch: `b${id}` });
    await Promise.all(turns.map((one) => one()));
    on.now += 10;
    await Promise.all(turns.map((one) => one()));
    for (const one of [name, ...others]) t.deepEqual((await builtBy(on.db, one)).map((stamps) => stamps.find((id) => id >= stampOf(10) && id <= stampOf(12))), [10, 11, 12].map(stampOf)); // prettier-ignore
  });

  test(`${engine}: a database that was restored from a copy does not silence it`, async (t) => {
    const on = await stage(t, engine, name);
    const context = await on.master();
    await addChange(on.db, 500);
    await turn(changeConfig(), context);
    await on.db.exec('DELETE FROM changes WHERE changeid = 500');
    await turn(changeConfig(), context);
    await addChange(on.db, 300);
    await turn(changeConfig(), context);
    t.deepEqual(await builtBy(on.db, name), built(300));
    t.is(on.said.filter(({ level }) => level === 'warn').length, 1);
  });
}

for (const engine of engines.filter((one) => one === 'myisam')) {
  test(`${engine}: a master that died between the buildsets and its state has built them`, async (t) => {
    const on = await stage(t, engine, name);
    const context = await on.master();
    await turn(changeConfig(), context);
    const before = await on.db.query(`SELECT * FROM object_state WHERE name = 'bbctl_changes'`);
    for (const id of [10, 11, 12]) await addChange(on.db, id);
    await turn(changeConfig(), context);
    await on.db.query(`UPDATE object_state SET value_json = ? WHERE name = 'bbctl_changes'`, [
      before[0]?.['value_json'],
    ]);
    // The last one was cut off before its request.
    await on.db.exec('DELETE FROM buildrequests WHERE buildsetid = (SELECT MAX(id) FROM buildsets)');
    await turn(changeConfig(), context);
    t.deepEqual(await builtBy(on.db, name), built(10, 11, 12, 12));
  });
}

for (const engine of engines.filter((one) => one === 'postgres' || one === 'innodb')) {
  test(`${engine}: whoever disables it while it begins is waited for, and obeyed`, async (t) => {
    const on = await stage(t, engine, name);
    const context = await on.master();
    await turn(changeConfig(), context);
    await addChange(on.db, 10);
    const other = await secondConnection(t, on.db);
    await other.exec('BEGIN; UPDATE schedulers SET enabled = 0 WHERE id = 50');
    const waiting = turn(changeConfig(), context);
    await untilOneWaits(on.db, 'the turn waits');
    await other.exec('COMMIT');
    await waiting;
    t.deepEqual(await builtBy(on.db, name), []);
  });

  test(`${engine}: a master that is about to commit a lower id keeps nobody waiting, and is not forgotten`, async (t) => {
    const on = await stage(t, engine, name);
    const context = await on.master();
    await turn(changeConfig(), context);
    const other = await secondConnection(t, on.db);
    await other.exec(`BEGIN; INSERT INTO changes (changeid, author, comments, branch, revision, revlink, when_timestamp, repository, codebase, project, sourcestampid)
      VALUES (10, 'a', 'c', 'main', 'r', '', 1, '', '', '', 1)`);
    await addChange(on.db, 11);
    await turn(changeConfig(), context);
    t.deepEqual(await builtBy(on.db, name), built(11));
    await other.exec('COMMIT');
    await turn(changeConfig(), context);
    t.deepEqual(await builtBy(on.db, name), [[stampOf(11)], [1]]);
  });
}

test('sqlite: a timer that is due waits until all that has come was looked at', async (t) => {
  const on = await stage(t, 'sqlite', name);
  const context = await on.master();
  await turn(stable, context);
  await addChange(on.db, 10);
  await turn(stable, context);
  for (let id = 11; id < 111; id++) await addChange(on.db, id, { branch: 'dev', stamp: 1 });
  await addChange(on.db, 111);
  on.now += 10;
  t.is(await turn(stable, context), 0);
  t.is(await turn(stable, context), 10_000);
  t.deepEqual(await builtBy(on.db, name), []);
  on.now += 10;
  await turn(stable, context);
  t.deepEqual((await builtBy(on.db, name)).length, 2);
});
