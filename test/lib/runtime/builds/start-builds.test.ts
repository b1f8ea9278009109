import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { Failure } from '../../../../src/lib/errors.js';
import { cancelRequest } from '../../../../src/lib/runtime/cancel-request.js';
import type { Store } from '../../../../src/lib/runtime/store.js';
import { until } from '../../../_helpers/buildbot/until.js';
import { clusterOf } from '../../../_helpers/building-masters.js';
import { engines, type TestDatabase } from '../../../_helpers/database.js';

const yaml = (command: string): string => `
masters: {blue: {name: blue}}
workers: {local: {local: true, slots: 2}}
builders:
  tests: {workers: [local], collapseRequests: false, steps: [{shell: ${JSON.stringify(command)}}]}
schedulers: {force: {type: force, builders: [tests]}}
`;

/** Has something happen before, or after, the next transaction that it writes. */
function atNextWrite(store: Store, { before, after }: { before?: () => Promise<void>; after?: () => void }): void {
  const write = store.write.bind(store);
  store.write = async (tables, work) => {
    store.write = write;
    await before?.();
    const result = await write(tables, work);
    after?.();
    return result;
  };
}

async function areComplete(database: TestDatabase, count: number): Promise<boolean> {
  const rows = await database.query('select complete from buildsets');
  return rows.length === count && rows.every((row) => row['complete'] === 1);
}

for (const engine of engines) {
  test(`${engine}: a request that is cancelled as it is about to be claimed is not built`, async (t) => {
    const { database, start } = await clusterOf(t, engine, yaml('true'));
    const blue = start('blue');
    await until('blue is active', () => blue.master.state === 'active');
    atNextWrite(blue.stores.builds, { before: async () => void t.is(await cancelRequest(blue.stores.work, 1), 'cancelled') }); // prettier-ignore
    await blue.force('force');
    await until('it is cancelled', () => areComplete(database, 1));
    await blue.force('force');
    await until('the next one is built', () => areComplete(database, 2));
    t.deepEqual(await database.query('select results from buildrequests order by id'), [{ results: 6 }, { results: 0 }]); // prettier-ignore
    t.deepEqual(await database.query('select buildrequestid, results from builds'), [{ buildrequestid: 2, results: 0 }]); // prettier-ignore
    await blue.stop();
  });
}

// Without transactions it is known what was written.
for (const engine of engines.filter((one) => one !== 'myisam')) {
  test(`${engine}: what has begun, unknown to a master that begins nothing more, is built`, async (t) => {
    const open = path.join(mkdtempSync(path.join(tmpdir(), 'bbctl-begun-')), 'open');
    const { database, start } = await clusterOf(t, engine, yaml(`while [ ! -e ${open} ]; do sleep 0.05; done`));
    const blue = start('blue');
    await until('blue is active', () => blue.master.state === 'active');
    const lose = (): never => {
      blue.master.orders.drain();
      throw new Failure('unreachable', 'The answer is lost.');
    };
    atNextWrite(blue.stores.builds, { after: lose });
    await blue.force('force');
    await until('it runs', () => blue.master.running.length === 1);
    writeFileSync(open, '');
    await until('it is built', () => areComplete(database, 1));
    await blue.ended;
    t.deepEqual(await database.query('select number, results from builds'), [{ number: 1, results: 0 }]);
  });
}
