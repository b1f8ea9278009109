// What is allowed and probably not meant; a file that is as it should be has no warnings.
import test from 'ava';
import { clusterWarnings } from '../../../src/lib/model/cluster-warnings.js';
import { configOf } from '../../_helpers/cluster-files.js';

const whole = `database: postgresql://bb@db/buildbot
tokenFile: token
masters:
  blue: {name: "host1:/blue", listen: 8010, workerListen: 9989}
  green: {name: "host2:/green", listen: 8010}
workers: {w1: {local: true}, w2: {passwordFile: x}}
builders:
  tests: {workers: [w1, w2], steps: [{trigger: {schedulers: [packages]}}]}
schedulers:
  on-commit: {type: any-branch, builders: [tests]}
  packages: {type: triggerable, builders: [tests]}
  force: {type: force, builders: [tests]}
changeSources: {repo: {type: git-poller, repository: r}}
`;

test('a file that is as it should be has none', async (t) => {
  t.deepEqual(clusterWarnings(await configOf(t, whole)), []);
});

const cases: readonly (readonly [from: string | RegExp, to: string, warning: RegExp])[] = [
  [/ {2}green.*\n/, '', /^There is one master: while it is down/],
  [/^database.*\n/, '', /^There is no "database"/],
  ['postgresql://bb@db/buildbot', 'sqlite:///state.sqlite', /^The database is SQLite, which serves one machine/],
  [/listen: 8010/g, 'roles: [builders, web], listen: 8010', /^No master has the role schedulers: nobody runs "on-commit", "packages", "repo"/], // prettier-ignore
  [/listen: 8010/g, 'roles: [schedulers, web], listen: 8010', /^No master has the role builders: nobody runs "tests"/],
  [/listen: 8010/g, 'roles: [schedulers, builders], listen: 8010', /^No master has the role web: nobody runs "force"/],
  ['listen: 8010, ', '', /^Without "listen" there is no REST.*"blue"\./],
  ['tokenFile: token\n', '', /^There is no "tokenFile"/],
  [', workerListen: 9989', '', /^No master that builds has "workerListen": "w2" cannot connect/],
  ['host2:/green', 'host1:/green', /^"blue" and "green" both listen on 127\.0\.0\.1:8010/],
  ['workers: [w1, w2]', 'workers: [w1]', /^No builder uses 1 worker: "w2"/],
  [/\n {2}on-commit.*\n.*\n.*\n/, '\n  packages: {type: triggerable, builders: [tests]}\n  t: {type: mail}\n', /^They have no settings, .*names none: "t"/], // prettier-ignore
  [/changeSources.*\n/, '', /^There is no change source: "on-commit" will wait for ever/],
  ['schedulers: [packages]', 'schedulers: [other]}}, {trigger: {schedulers: [other]', /^No step triggers "packages"/],
  ['  on-commit:', '  Packages: {type: periodic, every: 1h, builders: [tests]}\n  on-commit:', /^"Packages" and "packages" differ in case only/], // prettier-ignore
  ['  tests:', '  docs: {workers: [w1], steps: [{shell: x}]}\n  tests:', /^No scheduler starts 1 builder: "docs"/],
];

for (const [from, to, warning] of cases) {
  test(`${String(from)} → ${to.slice(0, 40)}`, async (t) => {
    const content = whole.replace(from, to).replace('  force:', to.includes('[other]') ? '  other: {type: triggerable, builders: [tests]}\n  force:' : '  force:'); // prettier-ignore
    const warnings = clusterWarnings(await configOf(t, content));
    t.true(warnings.some((one) => warning.test(one)), warnings.join('\n')); // prettier-ignore
  });
}
