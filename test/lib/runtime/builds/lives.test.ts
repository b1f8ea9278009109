import test from 'ava';
import type { ExecutionContext } from 'ava';
import { clusterOf } from '../../../_helpers/building-masters.js';
import type { BuildingMaster } from '../../../_helpers/building-masters.js';
import { until } from '../../../_helpers/buildbot/until.js';
import { Proxy } from '../../../_helpers/chaos/proxy.js';
import { engines } from '../../../_helpers/database.js';
import type { TestDatabase } from '../../../_helpers/database.js';
import { isRunning } from '../../../_helpers/processes.js';
import { StepGate } from '../../../_helpers/step-gate.js';

function yaml(gate: StepGate, more = ''): string {
  return `
masters:
  blue: {name: blue}
  green: {name: green}
workers:
  local: {local: true, slots: 2}
  single: {local: true}
builders:
  slow: {workers: [local], collapseRequests: false, steps: [{shell: ${JSON.stringify(gate.command)}}]}
  quick: {workers: [local], collapseRequests: false, steps: [{shell: "true"}]}
${more}
`;
}

const force = 'schedulers: {slow: {type: force, builders: [slow]}, quick: {type: force, builders: [quick]}}';

async function results(database: TestDatabase, sql = 'select results from builds order by id'): Promise<unknown[]> {
  return (await database.query(sql)).map((row) => row['results']);
}

async function allComplete(t: ExecutionContext, database: TestDatabase, masters: readonly BuildingMaster[]): Promise<void> {
  await until('all buildsets are complete', async () => {
    const rows = await database.query('select complete from buildsets');
    return rows.length > 0 && rows.every((row) => row['complete'] === 1);
  }).catch((error: unknown) => t.fail(`${String(error)}\n${masters.flatMap(({ lines }) => lines).join('\n')}`));
} // prettier-ignore

test('two masters share the requests, and each is built once', async (t) => {
  const gate = new StepGate();
  gate.open();
  const { database, start } = await clusterOf(t, 'sqlite', yaml(gate, force));
  const [blue, green] = [start('blue'), start('green')];
  await until('both are active', () => [blue, green].every(({ master }) => master.state === 'active'));
  for (let count = 0; count < 12; count++) await (count % 2 ? blue : green).force(count % 3 ? 'quick' : 'slow');
  await allComplete(t, database, [blue, green]);
  t.deepEqual(
    await results(database),
    Array.from({ length: 12 }, () => 0),
  );
  const numbers = await database.query('select builderid, number from builds');
  t.is(new Set(numbers.map((row) => JSON.stringify(row))).size, 12);
  await Promise.all([blue.stop(), green.stop()]);
});

test('who drains finishes what runs, begins nothing, and leaves; a drain can be taken back', async (t) => {
  const gate = new StepGate();
  const { database, start } = await clusterOf(t, 'sqlite', yaml(gate, force));
  const blue = start('blue');
  await until('blue is active', () => blue.master.state === 'active');
  await blue.force('slow');
  await until('a build runs', () => blue.master.running.length === 1 && gate.begun.length === 1);
  blue.master.orders.drain();
  t.is(blue.master.state, 'draining');
  await until('that is published', async () => {
    const rows = await database.query(`select value_json from object_state where name = 'state'`);
    return rows[0]?.['value_json'] === '"draining"';
  });
  await blue.force('quick');
  t.true(blue.master.orders.cancelDrain());
  await until('the other is built', async () => (await results(database)).includes(0));
  blue.master.orders.drain();
  await blue.force('quick');
  gate.open();
  await blue.ended;
  t.deepEqual(await results(database), [0, 0]);
  t.deepEqual(await results(database, 'select results from buildrequests order by id'), [0, 0, -1]);
  t.false(blue.master.orders.cancelDrain());
  t.is(blue.master.state, 'stopped');
});

test('stopped quickly, builds end as RETRY, and another master does them anew', async (t) => {
  const gate = new StepGate();
  const { database, start } = await clusterOf(t, 'sqlite', yaml(gate, force));
  const blue = start('blue');
  await until('blue is active', () => blue.master.state === 'active');
  await blue.force('slow');
  await until('a build runs', () => gate.begun.length === 1);
  const [pid = 0] = gate.begun;
  blue.master.orders.stop();
  await blue.ended;
  t.false(isRunning(pid));
  t.deepEqual(await database.query('select * from buildrequest_claims'), []);
  t.deepEqual(await results(database), [5]);
  t.deepEqual(await results(database, 'select results from steps'), [5]);
  t.deepEqual(await database.query('select id from logs where complete = 0'), []);
  gate.open();
  const green = start('green');
  await allComplete(t, database, [blue, green]);
  t.deepEqual(await results(database), [5, 0]);
  t.deepEqual(await database.query('select state_string from builds where results = 5'), [{ state_string: "retry (master stops) '" + 'echo $$' + " ...' (retry)" }]); // prettier-ignore
  await green.stop();
});

test('a build is stopped on demand: cancelled', async (t) => {
  const { database, start } = await clusterOf(t, 'sqlite', yaml(new StepGate(), force));
  const blue = start('blue');
  await until('blue is active', () => blue.master.state === 'active');
  await blue.force('slow');
  await until('a build runs', () => blue.master.running.length === 1);
  t.is(blue.master.orders.stopBuild(77, 'no'), 'not here');
  t.is(blue.master.orders.stopBuild(blue.master.running[0]!.id, 'enough'), 'stopping');
  await allComplete(t, database, [blue]);
  t.deepEqual(await results(database, 'select results from buildrequests'), [6]);
  await blue.stop();
});

test('a build that waits for what it has triggered lends its slot to it', async (t) => {
  const more = `
  parent: {workers: [single], steps: [{trigger: {schedulers: [down], waitForFinish: true, setProperties: {from: "%(prop:buildername)s"}}}]}
  child: {workers: [single], steps: [{shell: {command: ["sh", "-c", "exit 1"]}}]}
schedulers:
  top: {type: force, builders: [parent]}
  down: {type: triggerable, builders: [child]}`;
  const { database, start } = await clusterOf(t, 'sqlite', yaml(new StepGate(), more));
  const blue = start('blue');
  await until('blue is active', () => blue.master.state === 'active');
  await blue.force('top');
  await allComplete(t, database, [blue]);
  t.deepEqual(await results(database), [2, 2]);
  t.deepEqual(await database.query(`select state_string from steps where name = 'trigger'`), [{ state_string: 'triggered down, 1 failure' }]); // prettier-ignore
  t.deepEqual(await database.query('select waited_for, parent_buildid, parent_relationship from buildrequests join buildsets on buildsets.id = buildsetid where parent_buildid is not null'), [{ waited_for: 1, parent_buildid: 1, parent_relationship: 'Triggered from' }]); // prettier-ignore
  t.deepEqual(await database.query(`select property_value from buildset_properties where property_name = 'from'`), [{ property_value: '["parent", "Trigger"]' }]); // prettier-ignore
  await blue.stop();
});

test('of equal requests that wait the newest is built', async (t) => {
  const gate = new StepGate();
  const more = `
  again: {workers: [single], steps: [{shell: ${JSON.stringify(gate.command)}}]}
schedulers:
  again: {type: force, builders: [again]}`;
  const { database, start } = await clusterOf(t, 'sqlite', yaml(gate, more));
  const blue = start('blue');
  await until('blue is active', () => blue.master.state === 'active');
  await blue.force('again');
  await until('the first one runs', () => gate.begun.length === 1);
  for (let count = 0; count < 3; count++) await blue.force('again');
  await blue.force('again', { stamps: [{ codebase: '', branch: 'other' }] });
  gate.open();
  await allComplete(t, database, [blue]);
  t.deepEqual(await results(database, 'select results from buildrequests order by id'), [0, 3, 3, 0, 0]);
  t.deepEqual(await results(database, 'select results from buildsets order by id'), [0, 3, 3, 0, 0]);
  await blue.stop();
});

/** What is told by times comes one after the other: beside masters on SQLite, whose driver stops the process, none keeps its. */
const expireAfterMs = 5000;

for (const engine of engines.filter((one) => one !== 'sqlite')) {
  test.serial(`${engine}: an outage longer than the expiry costs no build`, async (t) => {
    const gate = new StepGate();
    const { database, start } = await clusterOf(t, engine, yaml(gate, force));
    const network = await Proxy.open(database.url);
    t.teardown(() => network.close());
    const blue = start('blue', network.url, expireAfterMs);
    t.teardown(() => t.log(blue.lines.join('\n')));
    await until('blue is active', () => blue.master.state === 'active');
    await blue.force('slow');
    await until('a build runs', () => gate.begun.length === 1);
    network.set('reset');
    await until('it is fenced', () => blue.master.state === 'fenced');
    gate.open();
    const [pid = 0] = gate.begun;
    await until('its process has ended', () => !isRunning(pid));
    await until('its expiry has passed', () => blue.master.membership.sinceBeatMs > expireAfterMs + 500);
    network.set('carry');
    await allComplete(t, database, [blue]);
    t.deepEqual(await results(database), [0]);
    await blue.stop();
  });
}

if (engines.includes('postgres')) {
  test.serial('declared dead, it kills what runs, and writes nothing of it in its new life', async (t) => {
    const gate = new StepGate();
    const { database, start } = await clusterOf(t, 'postgres', yaml(gate, force));
    const network = await Proxy.open(database.url);
    t.teardown(() => network.close());
    const blue = start('blue', network.url, expireAfterMs);
    const green = start('green', database.url, expireAfterMs);
    t.teardown(() => t.log([...blue.lines, ...green.lines].join('\n')));
    await until('both are active', () => [blue, green].every(({ master }) => master.state === 'active'));
    for (let count = 0; count < 4; count++) await green.force('slow');
    await until('blue builds', () => blue.master.running.length > 0 && gate.begun.length === 4);
    const numbers = blue.master.running.length;
    network.set('reset');
    await until('it was declared dead', async () => (await results(database)).filter((one) => one === 5).length === numbers); // prettier-ignore
    t.is(gate.begun.filter(isRunning).length, 4);
    network.set('carry');
    await until('blue knows', () => blue.lines.filter((line) => line.includes('build dropped')).length === numbers);
    t.true(gate.begun.filter((pid) => !isRunning(pid)).length >= numbers);
    gate.open();
    await allComplete(t, database, [blue, green]);
    t.is((await results(database)).filter((one) => one === 0).length, 4);
    t.is((await results(database)).filter((one) => one === 5).length, numbers);
    await Promise.all([blue.stop(), green.stop()]);
  });
}
