import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { until } from '../../../_helpers/buildbot/until.js';
import { clusterOf } from '../../../_helpers/building-masters.js';
import { engines } from '../../../_helpers/database.js';

for (const engine of engines) {
  test(`${engine}: a build that others have ended as RETRY, before its master came back, is built again`, async (t) => {
    const open = path.join(mkdtempSync(path.join(tmpdir(), 'bbctl-ended-')), 'open');
    const { database, start } = await clusterOf(
      t,
      engine,
      `
masters: {blue: {name: blue}}
workers: {local: {local: true}}
builders:
  tests: {workers: [local], collapseRequests: false, steps: [{shell: "while [ ! -e ${open} ]; do sleep 0.05; done"}]}
schedulers: {force: {type: force, builders: [tests]}}
`,
    );
    const blue = start('blue');
    await until('blue is active', () => blue.master.state === 'active');
    await blue.force('force');
    await until('it runs', () => blue.master.running.length === 1);
    // What a survivor does first, and goes no further when the master's heart beats again.
    await database.query('update builds set complete_at = started_at, results = 5');
    writeFileSync(open, '');
    await until('it is complete', async () => (await database.query('select id from buildsets where complete = 1')).length === 1); // prettier-ignore
    t.deepEqual(await database.query('select number, results from builds order by id'), [{ number: 1, results: 5 }, { number: 2, results: 0 }]); // prettier-ignore
    t.deepEqual(await database.query('select complete, results from buildrequests'), [{ complete: 1, results: 0 }]);
    await blue.stop();
  });
}
