import test from 'ava';
import { clusterOf } from '../../../_helpers/building-masters.js';
import { until } from '../../../_helpers/buildbot/until.js';
import { engines } from '../../../_helpers/database.js';

const yaml = `
masters:
  blue: {name: blue}
  green: {name: green}
workers:
  local: {local: true, slots: 2}
builders:
  tests:
    workers: [local]
    properties: {flavour: debug}
    steps:
      - shell: echo hello
      - shell: [echo, "%(prop:flavour)s", "%(prop:nothing:-else)s"]
schedulers:
  now: {type: force, builders: [tests]}
`;

for (const engine of engines) {
  test(`${engine}: a forced request is claimed, built and completed, as Buildbot writes it`, async (t) => {
    const { database, start } = await clusterOf(t, engine, yaml);
    const blue = start('blue');
    await until('blue is active', () => blue.master.state === 'active');
    const { buildsetId } = await blue.force('now', { properties: { flavour: 'release', extra: [1, true] } });
    await until('the buildset is complete', async () => {
      const [row] = await database.query(`select complete from buildsets where id = ${buildsetId}`);
      return row?.['complete'] === 1;
    }).catch((error: unknown) => t.fail(`${String(error)}\n${blue.lines.join('\n')}`));
    const rows = async (sql: string): Promise<unknown[]> => database.query(sql);
    t.deepEqual(await rows('select number, results, state_string from builds'), [{ number: 1, results: 0, state_string: 'build successful' }]); // prettier-ignore
    t.deepEqual(await rows('select number, name, results, state_string, hidden from steps order by number'), [
      { number: 0, name: 'shell', results: 0, state_string: "'echo hello'", hidden: 0 },
      { number: 1, name: 'shell_1', results: 0, state_string: "'echo debug ...'", hidden: 0 },
    ]);
    t.deepEqual(await rows('select complete, results from buildsets'), [{ complete: 1, results: 0 }]);
    t.log(await rows('select * from logs'), await rows('select name, value, source from build_properties order by name'));
    await blue.stop();
    t.deepEqual(await rows('select masterid from connected_workers'), []);
  });
}
