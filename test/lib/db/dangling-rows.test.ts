// Rows that refer to a row that is gone, and log chunks whose log is, as those who delete without foreign keys leave them.
import test from 'ava';
import { deadMaster } from '../../_helpers/clusters.js';
import { engines, type EngineName } from '../../_helpers/database.js';
import { detailsOf, findingsOf, valueOf } from '../../_helpers/details.js';
import { withoutCascades } from '../../_helpers/killed.js';

const withoutForeignKeys: readonly EngineName[] = ['sqlite', 'myisam'];
const thorough = { thorough: true };

for (const engine of engines.filter((one) => withoutForeignKeys.includes(one))) {
  test(`${engine}: rows whose master is gone, only for those who look thoroughly`, async (t) => {
    const db = await deadMaster(t, engine);
    const connections = await valueOf(db, 'SELECT COUNT(*) FROM connected_workers WHERE masterid = 1');
    await withoutCascades(db, 'DELETE FROM masters WHERE id = 1');
    t.deepEqual((await detailsOf(t, db)).dangling, []);
    const { dangling } = await detailsOf(t, db, thorough);
    t.true(connections > 0);
    t.deepEqual(dangling.filter(({ table }) => table === 'connected_workers'), [{ table: 'connected_workers', column: 'masterid', rows: connections }]); // prettier-ignore
    t.true(dangling.every(({ column }) => column === 'masterid'));
  });
}

for (const engine of engines) {
  test(`${engine}: log chunks of the oldest logs and of one in between, only for those who look thoroughly`, async (t) => {
    const db = await deadMaster(t, engine);
    const found = () => findingsOf(t, db, 'log-chunks-dangling', thorough);
    t.deepEqual(await found(), []);
    await withoutCascades(db, 'DELETE FROM logs WHERE id IN (1, 2, 3, 7)');
    t.deepEqual((await detailsOf(t, db)).chunksWithoutLog, { older: null, logs: [] });
    t.deepEqual((await detailsOf(t, db, thorough)).chunksWithoutLog, { older: { from: 1, to: 3 }, logs: [7] });
    t.is((await found()).length, 2);
    await withoutCascades(db, 'DELETE FROM logchunks WHERE logid IN (1, 2, 3, 7)');
    t.deepEqual(await found(), []);
  });

  test(`${engine}: log chunks of the newest logs, of all logs, and none at all`, async (t) => {
    const db = await deadMaster(t, engine);
    const left = async () => (await detailsOf(t, db, thorough)).chunksWithoutLog;
    const newest = await valueOf(db, 'SELECT MAX(logid) FROM logchunks');
    await withoutCascades(db, `DELETE FROM logs WHERE id = ${newest}`);
    t.deepEqual(await left(), { older: null, logs: [newest] });
    await withoutCascades(db, 'DELETE FROM logs');
    t.deepEqual(await left(), { older: { from: 1, to: newest }, logs: [] });
    await withoutCascades(db, 'DELETE FROM logchunks');
    t.deepEqual(await left(), { older: null, logs: [] });
  });
}
