// Force and triggerable: buildsets that somebody asks for, on any master.
import test from 'ava';
import { force } from '../../../../src/lib/runtime/schedulers/force.js';
import { makeScheduler } from '../../../../src/lib/runtime/schedulers/scheduler.js';
import { scheduleTables } from '../../../../src/lib/runtime/schedulers/schedule.js';
import { trigger } from '../../../../src/lib/runtime/schedulers/trigger.js';
import { engines, type TestDatabase } from '../../../_helpers/database.js';
import { forceConfig, stage, triggerConfig } from '../../../_helpers/scheduling.js';

async function propertiesOf(db: TestDatabase, id: number): Promise<Record<string, unknown>> {
  const rows = await db.query('SELECT property_name, property_value FROM buildset_properties WHERE buildsetid = ?', [id]); // prettier-ignore
  return Object.fromEntries(rows.map((row) => [String(row['property_name']), row['property_value']]));
}

const stampsOf = (db: TestDatabase, id: number) =>
  db.query(
    'SELECT branch, revision, repository, codebase FROM sourcestamps WHERE id IN (SELECT sourcestampid FROM buildset_sourcestamps WHERE buildsetid = ?)',
    [id],
  );

for (const engine of engines) {
  test(`${engine}: forced, as by Buildbot's form`, async (t) => {
    const on = await stage(t, engine, 'press');
    const context = await on.master();
    const ask = { owner: 'A <a@b>', reason: 'why not', properties: { n: 1 }, stamps: [{ codebase: '', revision: 'abc' }] }; // prettier-ignore
    const config = { ...forceConfig, builders: ['quick', 'slow', 'gone'] };
    const { buildsetId, requestIds, warning } = await context.fenced(scheduleTables, (tx) => force(tx, config, ask));
    t.regex(warning ?? '', /^Scheduler press names builders .*: gone\.$/);
    t.is(requestIds.size, 2);
    t.deepEqual(context.announced, ['requests']);
    t.deepEqual(await propertiesOf(on.db, buildsetId), {
      n: '[1, "Force Build Form"]',
      reason: '["why not", "Force Build Form"]',
      owner: '["A <a@b>", "Force Build Form"]',
      scheduler: '["press", "Scheduler"]',
    });
    t.deepEqual(await stampsOf(on.db, buildsetId), [{ branch: '', revision: 'abc', repository: '', codebase: '' }]);
    const [row] = await on.db.query('SELECT reason FROM buildsets WHERE id = ?', [buildsetId]);
    t.is(row?.['reason'], "A build was forced by 'A <a@b>': why not");
    const one = await context.fenced(scheduleTables, (tx) => force(tx, config, { owner: 'A', builders: ['slow'] }));
    t.is(one.requestIds.size, 1);
    t.deepEqual(await stampsOf(on.db, one.buildsetId), [{ branch: '', revision: '', repository: '', codebase: '' }]);
  });

  test(`${engine}: forced with what the scheduler does not have: refused, and nothing is written`, async (t) => {
    const on = await stage(t, engine, 'press');
    const context = await on.master();
    const before = await on.db.dump();
    const refused = (ask: object) => t.throwsAsync(context.fenced(scheduleTables, (tx) => force(tx, forceConfig, { owner: 'A', ...ask })), { name: 'Failure' }); // prettier-ignore
    t.regex((await refused({ builders: ['slow'] })).message, /it has no builder slow\.$/);
    t.regex((await refused({ builders: [] })).message, /no builder was named\.$/);
    t.regex((await refused({ stamps: [{ codebase: 'lib' }] })).message, /it has no codebase lib\.$/);
    t.deepEqual(await on.db.dump(), before);
  });

  test(`${engine}: triggered by a build, which may wait for it`, async (t) => {
    const on = await stage(t, engine, 'downstream');
    const context = await on.master();
    const [build] = await on.db.query('SELECT MAX(id) AS id FROM builds');
    const parentBuildId = Number(build?.['id']);
    const sourceStamps = [{ codebase: '', branch: 'main', revision: 'abc', repository: 'r', project: 'p' }];
    const ask = { sourceStamps, properties: { level: 2, reason: 'because' }, waitedFor: true, parentBuildId };
    const config = { ...triggerConfig, properties: { level: 1 } };
    const { buildsetId } = await context.fenced(scheduleTables, (tx) => trigger(tx, config, ask));
    t.deepEqual(await propertiesOf(on.db, buildsetId), {
      level: '[1, "Scheduler"]',
      reason: '["because", "Trigger"]',
      scheduler: '["downstream", "Scheduler"]',
    });
    t.deepEqual(await stampsOf(on.db, buildsetId), [
      { branch: 'main', revision: 'abc', repository: 'r', codebase: '' },
    ]);
    const [row] = await on.db.query('SELECT reason, parent_buildid, parent_relationship FROM buildsets WHERE id = ?', [buildsetId]); // prettier-ignore
    t.deepEqual(row, { reason: 'because', parent_buildid: parentBuildId, parent_relationship: 'Triggered from' });
    const [request] = await on.db.query('SELECT waited_for FROM buildrequests WHERE buildsetid = ?', [buildsetId]);
    t.is(request?.['waited_for'], 1);
    const plain = await context.fenced(scheduleTables, (tx) => trigger(tx, config, { waitedFor: false, parentBuildId: null })); // prettier-ignore
    const [other] = await on.db.query('SELECT reason, parent_buildid FROM buildsets WHERE id = ?', [plain.buildsetId]);
    t.deepEqual(other, { reason: "The Triggerable scheduler named 'downstream' triggered this build", parent_buildid: null }); // prettier-ignore
  });
}

test('neither is a service that a master has to hold', (t) => {
  t.is(makeScheduler(forceConfig), null);
  t.is(makeScheduler(triggerConfig), null);
});
