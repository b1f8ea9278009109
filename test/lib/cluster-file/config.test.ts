// A whole file becomes what masters run.
import path from 'node:path';
import test from 'ava';
import { clusterTemplate } from '../../../src/lib/cluster-file/template.js';
import { readClusterConfig, readClusterFile } from '../../../src/lib/cluster-file.js';
import { clusterFile, configOf } from '../../_helpers/cluster-files.js';

const step = {
  haltOnFailure: false,
  flunkOnFailure: true,
  warnOnFailure: false,
  alwaysRun: false,
  timeoutMs: 1_200_000,
  maxTimeMs: null,
};
const shellStep = { ...step, kind: 'shell', name: 'shell', workdir: null, env: {} };
const gitStep = { ...step, kind: 'git', name: 'git', haltOnFailure: true, branch: 'HEAD', codebase: '', workdir: null };
const defaults = { properties: {}, reason: null, codebases: { '': { repository: '', branch: null, revision: null } } };
const nothing = { masters: [], workers: [], builders: [], schedulers: [], changeSources: [] };

test('the file that "master init" writes', async (t) => {
  const file = clusterFile(t, clusterTemplate);
  t.deepEqual(await readClusterConfig(file), {
    file,
    database: `sqlite:///${path.join(path.dirname(file), 'state.sqlite')}`,
    expireAfterMs: 45_000,
    tokenFile: null,
    masters: [
      {
        key: 'blue',
        name: null,
        listen: { host: '127.0.0.1', port: 8010 },
        workerListen: null,
        roles: new Set(['schedulers', 'builders', 'web'] as const),
      },
    ],
    workers: [{ kind: 'local', name: 'local', slots: 2 }],
    builders: [
      {
        name: 'tests',
        description: null,
        tags: [],
        workers: ['local'],
        steps: [{ ...shellStep, command: 'echo It works' }] as never,
        properties: {},
        env: {},
        collapseRequests: true,
      },
    ],
    schedulers: [{ ...defaults, name: 'hourly', builders: ['tests'], kind: 'periodic', everyMs: 3_600_000 }],
    changeSources: [],
    elsewhere: nothing,
  });
});

test('so does all that it has in comments', async (t) => {
  const settings = clusterTemplate.replaceAll(/^(\s*)# (?=[- ]|[\w-]+:( |$))/gm, '$1');
  const file = clusterFile(t, settings);
  const config = await readClusterConfig(file);
  t.deepEqual(config.masters.map(({ key }) => key), ['blue', 'green']);
  t.deepEqual(config.elsewhere, { ...nothing, masters: ['legacy'] });
  t.deepEqual(config.schedulers.map(({ kind }) => kind), ['periodic', 'any-branch', 'single-branch', 'nightly', 'force', 'triggerable']);
  t.deepEqual(config.builders[0]?.steps.map(({ kind }) => kind), ['git', 'shell', 'shell', 'trigger']);
  t.is(config.tokenFile, path.join(path.dirname(file), 'token'));
  t.deepEqual([config.workers.length, config.changeSources.length], [2, 1]);
}); // prettier-ignore

const head = 'masters: {blue: }\nworkers: {w: {local: true}}\n';

test('steps: short and long, with defaults and without', async (t) => {
  const { builders } = await configOf(
    t,
    `${head}builders:
  b:
    workers: [w]
    steps:
      - shell: [make, test]
      - shell: {command: x, name: y, timeout: null, maxTime: 90, haltOnFailure: true, flunkOnFailure: false, warnOnFailure: true, alwaysRun: true, workdir: sub, env: {A: b}}
      - git: {repository: r, haltOnFailure: false, timeout: 1h30m}
      - git: {repository: r, branch: next, codebase: c}
      - trigger: {schedulers: [t], waitForFinish: true, setProperties: {a: [1, null]}}
schedulers: {t: {type: triggerable, builders: [b]}}
`,
  );
  t.deepEqual(builders[0]?.steps as unknown, [
    { ...shellStep, command: ['make', 'test'] },
    { kind: 'shell', command: 'x', name: 'y', timeoutMs: null, maxTimeMs: 90_000, haltOnFailure: true, flunkOnFailure: false, warnOnFailure: true, alwaysRun: true, workdir: 'sub', env: { A: 'b' } },
    { ...gitStep, repository: 'r', haltOnFailure: false, timeoutMs: 5_400_000 },
    { ...gitStep, repository: 'r', branch: 'next', codebase: 'c' },
    { ...step, kind: 'trigger', name: 'trigger', timeoutMs: null, schedulers: ['t'], waitForFinish: true, setProperties: { a: [1, null] } },
  ]);
}); // prettier-ignore

test('schedulers and change sources, with everything', async (t) => {
  const { schedulers, changeSources } = await configOf(
    t,
    `${head}builders: {b: {workers: [w], steps: [{shell: x}]}}
schedulers:
  a: {type: any-branch, builders: [b], branches: [x, y], repositories: [r], projects: [""], categories: [c], importantFiles: ["*.c"], onlyImportant: true, treeStableTimer: 0}
  s: {type: single-branch, builders: [b], branch: x, treeStableTimer: 1m, reason: why, properties: {a: true}, codebases: [p, q]}
  n: {type: nightly, builders: [b], cron: "*/5 * * * MON-FRI", timezone: Europe/Berlin, codebases: {p: {repository: r, branch: m, revision: "12"}, "": }}
  f: {type: force, builders: [b], label: Go}
changeSources: {g: {type: git-poller, repository: r, branches: ["v*"], every: 90, project: p, codebase: q, category: c, timeout: 5m}, h: {type: git-poller, repository: r}}
`,
  );
  const none = { repository: '', branch: null, revision: null };
  const base = { ...defaults, builders: ['b'] };
  t.deepEqual(schedulers as unknown, [
    { ...base, name: 'a', kind: 'any-branch', filter: { branches: ['x', 'y'], repositories: ['r'], projects: [''], categories: ['c'] }, importantFiles: ['*.c'], onlyImportant: true, treeStableMs: null },
    { ...base, name: 's', kind: 'single-branch', filter: { branches: ['x'], repositories: null, projects: null, categories: null }, importantFiles: null, onlyImportant: false, treeStableMs: 60_000, reason: 'why', properties: { a: true }, codebases: { p: none, q: none } },
    { ...base, name: 'n', kind: 'nightly', cron: '*/5 * * * MON-FRI', timezone: 'Europe/Berlin', codebases: { p: { repository: 'r', branch: 'm', revision: '12' }, '': none } },
    { ...base, name: 'f', kind: 'force', label: 'Go' },
  ]);
  t.deepEqual(changeSources as unknown, [
    { kind: 'git-poller', name: 'g', repository: 'r', branches: ['v*'], everyMs: 90_000, project: 'p', codebase: 'q', category: 'c', timeoutMs: 300_000 },
    { kind: 'git-poller', name: 'h', repository: 'r', branches: null, everyMs: 600_000, project: '', codebase: '', category: null, timeoutMs: 600_000 },
  ]);
}); // prettier-ignore

test('addresses, and names that look like numbers', async (t) => {
  const { masters, workers } = await configOf(
    t,
    `masters:
  1.10: {name: a, listen: 8010, workerListen: "0"}
  2.0: {name: b, listen: "[::1]:8010", workerListen: host.example.org:9989, roles: [web]}
workers: {w: {passwordFile: /etc/w}}
`,
  );
  t.deepEqual(masters.map(({ key, listen, workerListen, roles }) => [key, listen, workerListen, [...roles]]), [
    ['1.10', { host: '127.0.0.1', port: 8010 }, { host: '127.0.0.1', port: 0 }, ['schedulers', 'builders', 'web']],
    ['2.0', { host: '::1', port: 8010 }, { host: 'host.example.org', port: 9989 }, ['web']],
  ]);
  t.deepEqual(workers, [{ kind: 'remote', name: 'w', passwordFile: '/etc/w' }]);
}); // prettier-ignore

test('what has no settings is of Buildbot masters: known, and not run', async (t) => {
  const content = `masters: {blue: , legacy: {kind: buildbot}}
workers: {theirs: , ours: {local: true}}
builders: {installer: {workers: [theirs]}, bare: , empty: {steps: []}, tests: {workers: [ours], steps: [{shell: x}]}}
schedulers: {nightly: {type: nightly, cron: "0 3 * * *", builders: [installer, bare, tests]}, mail: {type: mail}, other: {}}
changeSources: {svn: {type: svn-poller}, hg: }
`;
  const { builders, schedulers, changeSources, elsewhere } = await configOf(t, content);
  t.deepEqual([builders, schedulers, changeSources].map((all) => all.map(({ name }) => name)), [['tests'], ['nightly'], []]);
  t.deepEqual(elsewhere, {
    masters: ['legacy'],
    workers: ['theirs'],
    builders: ['installer', 'bare', 'empty'],
    schedulers: ['mail', 'other'],
    changeSources: ['svn', 'hg'],
  });
  const { inventory } = await readClusterFile(clusterFile(t, content));
  t.deepEqual([inventory.builders.size, inventory.workers.size, inventory.schedulers.size, inventory.changeSources.size], [4, 2, 3, 2]);
}); // prettier-ignore
