// Who is meant by --start, and what they would configure.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readClusterConfig, readClusterFile } from '../../../src/lib/cluster-file.js';
import { pythonOf, type LoadedConfiguration } from '../../../src/lib/control/load-config.js';
import type { MasterFacts } from '../../../src/lib/model/master.js';
import { newcomersOf, type Loaders } from '../../../src/lib/upgrade/newcomers.js';
import { clusterWith, masterFacts } from '../../_helpers/facts.js';
import { temporaryFolder } from '../../_helpers/gate-hooks.js';

const yaml = `
tokenFile: token
masters:
  blue: {name: "host1:/srv/blue", listen: "host1:8010", control: {start: {exec: [run-blue]}}}
  web: {name: "host1:/srv/web", roles: [web], control: {start: {exec: [run-web]}}}
  timers: {name: "host1:/srv/timers", roles: [schedulers], control: {start: {exec: [run-timers]}}}
  legacy: {kind: buildbot, name: "host2:/srv/legacy", version: 4.3.0, control: {start: {exec: [bin/buildbot, start]}}}
  here: {kind: buildbot, name: "HOST:FOLDER", version: 3.9.0, control: {start: {exec: [bin/buildbot, start]}}}
  old: {kind: buildbot, name: "host3:/srv/old"}
workers: {local: {local: true}, w1: {passwordFile: p}}
builders:
  tests: {workers: [w1, local], steps: [{shell: x}]}
  far: {workers: [w1], steps: [{shell: x}]}
  elsewhere: {workers: [w1]}
schedulers:
  nightly: {type: nightly, cron: "0 3 * * *", builders: [tests]}
  force: {type: force, builders: [tests]}
changeSources:
  repo: {type: git-poller, repository: "/srv/repo"}
`;

const loaded: LoadedConfiguration = {
  databaseUrl: 'sqlite:///state.sqlite',
  master: {
    name: '',
    builders: [{ name: 'b', workers: ['w'] }],
    workers: ['w', 'v'],
    schedulers: [{ name: 's', className: 'x' }],
    changeSources: [{ name: 'c', className: 'x' }],
  },
  version: '4.2.1',
  revision: 66,
};

async function site(t: ExecutionContext, masters: readonly MasterFacts[] = []) {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'cluster.yaml');
  writeFileSync(file, yaml.replace('HOST', hostname()).replace('FOLDER', folder));
  const { inventory } = await readClusterFile(file);
  const seen = { cluster: clusterWith({ masters }) };
  const loads: [string, string?][] = [];
  const load: Loaders['load'] = (...asked) => {
    loads.push(asked);
    return Promise.resolve(loaded);
  };
  const find = (words: readonly string[], loaders: Partial<Loaders> = {}) =>
    newcomersOf(words, seen, inventory, { config: () => readClusterConfig(file), load: null, ...loaders });
  return { folder, find, load, loads, seen, inventory };
}

test('by key or by name, each once; with the row, if there is one', async (t) => {
  const { find } = await site(t, [masterFacts({ id: 7, name: 'host2:/srv/legacy', active: false, has: { builderMasters: [] } })]); // prettier-ignore
  const found = await find(['blue', 'host1:/srv/blue', 'legacy', 'host2:/srv/legacy']);
  t.deepEqual(found.map(({ key, name, kind, version }) => [key, name, kind, version]), [['blue', 'host1:/srv/blue', 'bbctl', '2.10 to 4.3'], ['legacy', 'host2:/srv/legacy', 'buildbot', '4.3.0']]); // prettier-ignore
  t.deepEqual(found.map(({ controlled, master }) => [controlled.id, master?.state ?? null]), [[0, null], [7, 'stopped']]); // prettier-ignore
  t.deepEqual(found[0]?.controlled.control.drain, { http: 'http://host1:8010' });
  t.deepEqual(found[0]?.controlled.control.start, { exec: ['run-blue'] });
});

test("masters of bbctl's own configure what their roles say; they build on local workers alone", async (t) => {
  const { find } = await site(t);
  const [blue, web, timers] = await find(['blue', 'web', 'timers']);
  const schedulers = (one: typeof blue): string[] => [...(one?.configuration?.schedulers ?? [])];
  t.deepEqual([...blue!.configuration!.builders], [['tests', ['local']], ['far', []]]); // prettier-ignore
  t.deepEqual([...blue!.configuration!.workers, ...blue!.configuration!.changeSources], ['local', 'repo']);
  t.deepEqual([schedulers(blue), schedulers(web), schedulers(timers)], [['nightly', 'force'], ['force'], ['nightly']]);
  t.deepEqual([web, timers].map((one) => [one!.configuration!.builders.size, one!.configuration!.workers.size, one!.configuration!.changeSources.size]), [[0, 0, 0], [0, 0, 1]]); // prettier-ignore
});

test('a Buildbot master tells what it configures only where that was asked for, and its folder is here', async (t) => {
  const { folder, find, load, loads } = await site(t);
  const here = async (loaders: Partial<Loaders>) => (await find(['here', 'legacy'], loaders))[0]!;
  t.is((await here({ load })).configuration, null, 'there is no master in that folder');
  writeFileSync(path.join(folder, 'buildbot.tac'), '');
  const unasked = await here({});
  t.deepEqual([unasked.configuration, unasked.version, unasked.revision], [null, '3.9.0', undefined]);
  t.deepEqual(loads, []);
  const asked = await here({ load });
  t.deepEqual([asked.version, asked.revision], ['4.2.1', 66]);
  t.deepEqual(asked.configuration, { builders: new Map([['b', ['w']]]), workers: new Set(['w', 'v']), schedulers: new Set(['s']), changeSources: new Set(['c']) }); // prettier-ignore
  t.deepEqual(loads, [[folder]]);
  const silent = await here({ load: () => Promise.resolve({ ...loaded, version: null, revision: null }) });
  t.deepEqual([silent.version, silent.revision], ['3.9.0', undefined]);
});

test('its Buildbot is that of the program which starts it', async (t) => {
  const { folder, find, load, loads } = await site(t);
  writeFileSync(path.join(folder, 'buildbot.tac'), '');
  mkdirSync(path.join(folder, 'bin'));
  const program = path.join(folder, 'bin/buildbot');
  writeFileSync(program, '#!/opt/venv/bin/python3.11\n');
  chmodSync(program, 0o755);
  await find(['here'], { load });
  t.deepEqual(loads, [[folder, '/opt/venv/bin/python3.11']]);
  const texts = { '#!/bin/sh\n': null, '': null, '#!/usr/bin/env python3\n': null, '#! /usr/bin/python -E\n': '/usr/bin/python' }; // prettier-ignore
  for (const [text, python] of Object.entries(texts)) {
    writeFileSync(program, text);
    t.is(pythonOf('bin/buildbot', folder), python, text);
  }
  writeFileSync(path.join(folder, 'bin/python3'), '');
  t.is(pythonOf('./bin/python3', folder), path.join(folder, 'bin/python3'));
  t.is(pythonOf('bin/nothing', folder), null);
  t.is(pythonOf('bin', folder), null);
});

test('what is not in cluster.yaml cannot be started; the lines that are missing are told', async (t) => {
  const { find, seen } = await site(t, [masterFacts({ id: 7, name: 'host9:/srv/nine' })]);
  const failure = { name: 'Failure', code: 'notFound' };
  const nine = await t.throwsAsync(find(['host9:/srv/nine']), { ...failure, message: /^Nothing says how to start "host9:\/srv\/nine": it is not in \S+cluster\.yaml\.$/ }); // prettier-ignore
  t.regex((nine as unknown as { try: string }).try, /\n {4}nine:\n[^]* start: \{exec: \[ssh, host9, buildbot, start, \/srv\/nine\]\}$/); // prettier-ignore
  const typo = await t.throwsAsync(find(['bleu']), failure);
  t.regex((typo as unknown as { try: string }).try, /^Did you mean "blue"\?/);
  await t.throwsAsync(newcomersOf(['blue'], seen, null, { config: () => t.fail(), load: null }), { ...failure, message: /there is no cluster\.yaml \(--config\)/ }); // prettier-ignore
});

test('a word that is the name of one master and the key of another is refused', async (t) => {
  const { find } = await site(t, [masterFacts({ id: 7, name: 'blue' })]);
  const failure = await t.throwsAsync(find(['blue']), { name: 'Failure', code: 'usage', message: '"blue" is the name of one master, and the key of another.' }); // prettier-ignore
  t.regex((failure as unknown as { try: string }).try, /host1:\/srv\/blue is the one with that key/);
  t.is((await find(['host1:/srv/blue'])).length, 1);
});
