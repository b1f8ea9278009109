import test from 'ava';
import type { ExecutionContext } from 'ava';
import { buildTables } from '../../../../src/lib/db/build-tables.js';
import { addRow } from '../../../../src/lib/db/add-row.js';
import { addBuildset, findBuilderIds } from '../../../../src/lib/db/buildsets.js';
import { claimRequests } from '../../../../src/lib/db/request-claims.js';
import { findOrAddSourceStamp } from '../../../../src/lib/db/source-stamps.js';
import { until } from '../../../_helpers/buildbot/until.js';
import { clusterOf } from '../../../_helpers/building-masters.js';
import type { BuildingMaster } from '../../../_helpers/building-masters.js';
import { engines, type TestDatabase } from '../../../_helpers/database.js';

const yaml = `
masters: {blue: {name: blue}}
workers: {local: {local: true, slots: 2}}
builders:
  tests: {workers: [local], collapseRequests: false, steps: [{shell: "true"}]}
schedulers: {force: {type: force, builders: [tests]}}
`;

/** A request of which a claim is there, and perhaps a build, as what fails half way leaves it without transactions. */
async function leave(
  { master, stores }: BuildingMaster,
  isBegun: boolean,
  { masterId: masterid = master.membership.run!.id, results = null as number | null } = {},
): Promise<void> {
  await stores.work.write(buildTables, async (tx) => {
    const stamp = { branch: null, revision: null, repository: '', project: '', codebase: '' };
    const sourceStampIds = [await findOrAddSourceStamp(tx, stamp, 7)];
    const builderid = (await findBuilderIds(tx, ['tests'])).get('tests')!;
    const set = { reason: '', properties: {}, sourceStampIds, builderIds: [builderid] };
    const buildrequestid = (await addBuildset(tx, set, 7)).requestIds.get(builderid)!;
    await claimRequests(tx, masterid, [buildrequestid], 8);
    if (!isBegun) return;
    const begun = { started_at: 8, complete_at: results === null ? null : 9, state_string: '', results };
    const worker = await tx.sql('workers').first<{ id: number }>('id');
    const build = { number: 1, builderid, buildrequestid, workerid: worker.id, masterid, ...begun };
    const buildid = await addRow(tx, 'builds', 'id', build);
    const step = { number: 0, name: 'shell', buildid, urls_json: '[]', hidden: 0, ...begun };
    const stepid = await addRow(tx, 'steps', 'id', step);
    await tx.sql('logs').insert({ name: 'stdio', slug: 'stdio', stepid, complete: 0, num_lines: 0, type: 's' });
  });
}

async function built(t: ExecutionContext, database: TestDatabase, blue: BuildingMaster): Promise<void> {
  await until('it is built', async () => {
    const rows = await database.query('select complete from buildsets');
    return rows[0]?.['complete'] === 1;
  }).catch((error: unknown) => t.fail(`${String(error)}\n${blue.lines.join('\n')}`));
}

for (const engine of engines) {
  test(`${engine}: what a living master has claimed, and does not know of, is built all the same`, async (t) => {
    const { database, start } = await clusterOf(t, engine, yaml);
    const blue = start('blue');
    await until('blue is active', () => blue.master.state === 'active').catch((error: unknown) =>
      t.fail(`${String(error)}\n${blue.lines.join('\n')}`),
    );
    await leave(blue, engine !== 'innodb');
    await built(t, database, blue);
    const results = await database.query('select results, masterid from builds order by number');
    t.deepEqual(
      results,
      (engine === 'innodb' ? [0] : [5, 0]).map((one) => ({ results: one, masterid: 1 })),
    );
    t.deepEqual(await database.query('select id from steps where complete_at is null'), []);
    t.deepEqual(await database.query('select id from logs where complete = 0'), []);
    t.true(blue.lines.some((line) => line.includes('gave back what it had claimed')));
    await blue.stop();
  });
}

test('what was built, but stayed open when its master died, is completed with that result', async (t) => {
  const { database, start } = await clusterOf(t, 'sqlite', yaml);
  const blue = start('blue');
  await until('blue is active', () => blue.master.state === 'active');
  await database.query(
    `insert into masters (id, name, name_hash, active, last_active) values (9, 'gone', 'gone', 0, 5)`,
  );
  await leave(blue, true, { masterId: 9, results: 2 });
  await database.query('delete from buildrequest_claims');
  await built(t, database, blue);
  t.deepEqual(await database.query('select masterid, results from builds'), [{ masterid: 9, results: 2 }]);
  t.deepEqual(await database.query('select results from buildrequests'), [{ results: 2 }]);
  await blue.stop();
});
