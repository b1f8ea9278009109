import test from 'ava';
import type { ExecutionContext } from 'ava';
import { until } from '../../../_helpers/buildbot/until.js';
import { clusterOf } from '../../../_helpers/building-masters.js';
import { isRunning } from '../../../_helpers/processes.js';
import { StepGate } from '../../../_helpers/step-gate.js';
import type { TestDatabase } from '../../../_helpers/database.js';

function yaml(gate: StepGate): string {
  return `
masters: {blue: {name: blue}}
workers:
  local: {local: true, slots: 2}
  single: {local: true}
  none: {local: true}
builders:
  slow:
    workers: [local]
    steps: [{shell: ${JSON.stringify(gate.command)}}, {shell: "true"}, {shell: {command: ["echo", "cleaned"], alwaysRun: true}}]
  parent: {workers: [single], steps: [{trigger: {schedulers: [down, idle], waitForFinish: true}}]}
  child: {workers: [local], steps: [{shell: ${JSON.stringify(gate.command)}}]}
  waiting: {workers: [none], steps: [{shell: "true"}]}
schedulers:
  slow: {type: force, builders: [slow]}
  top: {type: force, builders: [parent]}
  waiting: {type: force, builders: [waiting]}
  down: {type: triggerable, builders: [child]}
  idle: {type: triggerable, builders: [waiting]}
`;
}

async function areComplete(database: TestDatabase, count: number): Promise<boolean> {
  const rows = await database.query('select complete from buildsets');
  return rows.length === count && rows.every((row) => row['complete'] === 1);
}

test('a build that is stopped says why, and does what is always done', async (t) => {
  const gate = new StepGate();
  const { database, start } = await clusterOf(t, 'sqlite', yaml(gate));
  const blue = start('blue');
  await until('blue is active', () => blue.master.state === 'active');
  await blue.force('slow');
  await until('it runs', () => gate.begun.length === 1);
  const [build] = blue.master.running;
  t.is(blue.master.orders.stopBuild(build!.id, 'not\nneeded'), 'stopping');
  // Asked again, it changes nothing.
  t.is(blue.master.orders.stopBuild(build!.id, 'not\nneeded'), 'stopping');
  await until('it has ended', () => areComplete(database, 1));
  t.false(isRunning(gate.begun[0]!));
  const [ended] = await database.query('select results, state_string from builds');
  t.is(ended?.['results'], 6);
  t.regex(String(ended?.['state_string']), /^cancelled \(not\nneeded\)/);
  t.deepEqual(await database.query('select name, results from steps order by number'), [
    { name: 'shell', results: 6 },
    { name: 'shell_2', results: 0 },
  ]);
  const [log] = await database.query(`select id, stepid, type, complete, num_lines from logs where slug = 'cancelled'`);
  t.like(log, { stepid: 1, type: 't', complete: 1, num_lines: 2 });
  const [chunk] = await database.query(`select content, first_line, last_line from logchunks where logid = ${String(log?.['id'])}`); // prettier-ignore
  t.is(Buffer.from(chunk?.['content'] as Uint8Array).toString(), 'not\nneeded');
  t.like(chunk, { first_line: 0, last_line: 1 });
  await blue.stop();
});

/** A build of `blue` that waits for two children, of which one runs and the other has no worker. */
async function waitingForBoth(t: ExecutionContext) {
  const gate = new StepGate();
  const { database, start } = await clusterOf(t, 'sqlite', yaml(gate));
  const blue = start('blue');
  await until('blue is active', () => blue.master.state === 'active');
  // Paused, it leaves what it could build alone.
  await database.query(`update workers set paused = 1 where name = 'none'`);
  await blue.force('top');
  await until('its child runs', () => gate.begun.length === 1);
  await until('it waits for both', async () => (await database.query('select id from buildsets')).length === 3);
  return { gate, database, blue };
}

test('what a build that is stopped has triggered is stopped too, or never begun', async (t) => {
  const { database, blue } = await waitingForBoth(t);
  const parent = blue.master.running.find(({ builder }) => builder === 'parent');
  blue.master.orders.stopBuild(parent!.id, 'enough');
  await until('all have ended', () => areComplete(database, 3));
  t.deepEqual(await database.query('select results from buildsets order by id'), [{ results: 6 }, { results: 6 }, { results: 6 }]); // prettier-ignore
  t.deepEqual(await database.query('select results from builds order by id'), [{ results: 6 }, { results: 6 }]);
  t.deepEqual(await database.query(`select state_string from steps where name = 'trigger'`), [{ state_string: 'interrupted' }]); // prettier-ignore
  await blue.stop();
});

test('a worker that is paused is given nothing, until it is not', async (t) => {
  const gate = new StepGate();
  gate.open();
  const { database, start } = await clusterOf(t, 'sqlite', yaml(gate));
  const blue = start('blue');
  await until('blue is active', () => blue.master.state === 'active');
  await database.query(`update workers set paused = 1 where name = 'none'`);
  await blue.force('waiting');
  await blue.force('slow');
  await until('the other is built', async () => (await database.query('select id from builds where results = 0')).length === 1); // prettier-ignore
  t.deepEqual(await database.query('select buildrequestid from builds'), [{ buildrequestid: 2 }]);
  await database.query(`update workers set paused = 0 where name = 'none'`);
  await until('it is built as well', () => areComplete(database, 2));
  await blue.stop();
});

test('who drains still builds what a running build waits for', async (t) => {
  const { gate, database, blue } = await waitingForBoth(t);
  blue.master.orders.drain();
  await blue.force('waiting');
  await database.query(`update workers set paused = 0 where name = 'none'`);
  gate.open();
  await blue.ended;
  t.deepEqual(await database.query('select results from buildrequests order by id'), [0, 0, 0, -1].map((results) => ({ results }))); // prettier-ignore
  t.deepEqual(await database.query('select id from builds where complete_at is null'), []);
});
