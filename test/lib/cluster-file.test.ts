import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { readClusterFile } from '../../src/lib/cluster-file.js';
import { builderCertainty, masterCertainty, serviceCertainty, workerCertainty } from '../../src/lib/model/inventory.js';

function fileWith(text: string): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'bbctl-cluster-')), 'cluster.yaml');
  writeFileSync(file, text);
  return file;
}

const whole = `
database: postgresql://bb@db/buildbot
complete: true
masters:
  blue:
    kind: buildbot
    name: host:/srv/blue
    control:
      drain: {signal: USR1, pidFile: blue/twistd.pid}
      stop: {exec: [ssh, host, buildbot, stop, /srv/blue]}
      wake: {http: "http://host:8010"}
  green:
workers: {w1: }
builders: {tests: {workers: [w1], steps: []}, "a b/c": }
schedulers: {nightly: {type: nightly}}
changeSources: {repo: {}}
`.replace('  green:\n', '  green: {roles: [web]}\n');

test('what a cluster is meant to have', async (t) => {
  const file = fileWith(whole);
  const { database, inventory } = await readClusterFile(file);
  t.is(database, 'postgresql://bb@db/buildbot');
  t.true(inventory.complete);
  t.deepEqual([...inventory.builders], ['tests', 'a b/c']);
  t.deepEqual([...inventory.workers, ...inventory.schedulers, ...inventory.changeSources], ['w1', 'nightly', 'repo']);
  t.deepEqual(inventory.masters, [
    {
      key: 'blue',
      name: 'host:/srv/blue',
      kind: 'buildbot',
      listen: null,
      control: {
        drain: { signal: 'USR1', pidFile: path.join(path.dirname(file), 'blue/twistd.pid') },
        stop: { exec: ['ssh', 'host', 'buildbot', 'stop', '/srv/blue'] },
        wake: { http: 'http://host:8010' },
      },
    },
    { key: 'green', name: null, kind: 'bbctl', listen: null, control: {} },
  ]);
});

test('what is left out or empty is nothing', async (t) => {
  const { database, inventory } = await readClusterFile(fileWith('builders:\n'));
  t.is(database, null);
  t.false(inventory.complete);
  t.deepEqual([inventory.masters.length, inventory.builders.size], [0, 0]);
  t.is((await readClusterFile(fileWith(''))).inventory.builders.size, 0);
});

test('everything that is wrong is told at once, by path and line', async (t) => {
  const file = fileWith(`complete: yes please
masters:
  blue:
    kind: bot
    control: {drain: {exec: []}, foo: {http: "http://x"}, wake: {http: nowhere}, stop: {signal: TERM}}
  red: 1
builders: [tests]
bogus: 1
`);
  const failure = await t.throwsAsync(readClusterFile(file), { name: 'Failure' });
  t.like(failure, { code: 'usage', exitCode: 2 });
  const [first, ...places] = failure.message.split('\n');
  t.is(first, `${file} is not right:`);
  t.deepEqual(
    places.sort(),
    [
      '  complete, line 1: should be true or false',
      '  masters.blue.kind, line 4: should be bbctl or buildbot',
      '  masters.blue.control.drain.exec, line 5: should name a program',
      '  masters.blue.control.foo, line 5: is not known here; there can be start, drain, stop, kill, status, reconfig, wake',
      '  masters.blue.control.stop, line 5: should be {exec: [program, argument, …], timeout: DURATION}, {signal: NAME, pidFile: FILE} or {http: URL}',
      '  masters.blue.control.wake.http, line 5: should be a URL of http or https',
      '  masters.red, line 6: should be settings, like {…}',
      '  builders, line 7: should map names to settings',
      '  bogus, line 8: is not known here; there can be database, expireAfter, tokenFile, complete, masters, workers, builders, schedulers, changeSources',
    ].sort(),
  );
});

test('text that is no YAML, and a file that is not there', async (t) => {
  await t.throwsAsync(readClusterFile(fileWith('builders: {a: [}\n')), { message: /is not right:\n {2}line 1: / });
  await t.throwsAsync(readClusterFile(fileWith('a: 1\na: 2\n')), { message: /line 2: "a" is there twice/ });
  await t.throwsAsync(readClusterFile('/nowhere/cluster.yaml'), { message: /cannot be read/ });
});

test('how sure it is that a thing is an orphan', async (t) => {
  const { inventory } = await readClusterFile(fileWith(whole));
  const partial = { ...inventory, complete: false };
  t.is(builderCertainty(inventory, 'tests'), null);
  t.is(builderCertainty(inventory, 'old'), 'certain');
  t.is(builderCertainty(partial, 'old'), 'likely');
  t.is(builderCertainty(null, 'tests'), 'likely');
  t.is(workerCertainty(inventory, 'w1'), null);
  t.is(workerCertainty(inventory, 'w2'), 'certain');
  t.is(serviceCertainty(inventory, { kind: 'scheduler', name: 'nightly' }), null);
  t.is(serviceCertainty(inventory, { kind: 'changesource', name: 'nightly' }), 'certain');
  t.is(masterCertainty(inventory, 'host:/srv/blue'), null);
  t.is(masterCertainty(inventory, 'green'), null);
  t.is(masterCertainty(inventory, 'blue'), 'certain');
});
