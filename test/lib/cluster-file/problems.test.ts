// Everything that is wrong is found, at its place; and whatever is in the file, nothing else is ever thrown.
import test from 'ava';
import fc from 'fast-check';
import { clusterTemplate } from '../../../src/lib/cluster-file/template.js';
import { readClusterConfig, readClusterFile } from '../../../src/lib/cluster-file.js';
import { clusterFile, wrongIn } from '../../_helpers/cluster-files.js';

/** A file that is right, with places to put something else in. */
const whole = `masters:
  blue: {listen: 8010}
workers:
  w: {local: true}
  theirs: {}
builders:
  b: {workers: [w], steps: [{shell: x}]}
schedulers:
  t: {type: triggerable, builders: [b]}
changeSources:
  g: {type: git-poller, repository: r}
`;

const long = (length: number) => 'x'.repeat(length);

/** What is put in the place of what, and what is said of it. */
const mistakes: readonly (readonly [from: string, to: string, said: RegExp])[] = [
  ['masters:', 'databse: x\nmasters:', /^databse, line 1: is not known here; did you mean "database"\?; there can be database, /],
  ['masters:', 'expireAfter: 4s\nmasters:', /^expireAfter, line 1: should be from 5s to 10m: the database keeps whole seconds/],
  ['masters:', 'expireAfter: 11m\nmasters:', /^expireAfter, line 1: should be from 5s to 10m/],
  ['masters:', 'expireAfter: soon\nmasters:', /^expireAfter, line 1: should be a duration like 90s/],
  ['masters:', 'database: oracle://x\nmasters:', /^database, line 1: .*not a database URL/],
  ['masters:', 'complete: on\nmasters:', /^complete, line 1: should be true or false: yes, no, on and off are text/],
  ['{listen: 8010}', '[listen]', /^masters\.blue, line 2: should be settings/],
  ['{listen: 8010}', '{kind: buildbot}', /^masters, line 1: should have a master of bbctl's own/],
  ['{listen: 8010}', '{kind: bot}', /^masters\.blue\.kind, line 2: should be bbctl or buildbot$/],
  ['{listen: 8010}', '{kind: buildbot, listen: 8010}', /^masters\.blue\.listen, line 2: is not known here; there can be name, kind, control, version$/],
  ['{listen: 8010}', '{listen: 8010, version: 4.3.0}', /^masters\.blue\.version, line 2: is not known here/],
  ['{listen: 8010}', '{listen: 8010}\n  red: {version: 4.3, kind: buildbot, name: n}', /^masters\.red\.version, line 3: should be text: write it in quotes$/],
  ['{listen: 8010}', '{listen: 8010}\n  red: {version: newest, kind: buildbot, name: n}', /^masters\.red\.version, line 3: should be a version of Buildbot/],
  ['{listen: 8010}', '{listen: 8010}\n  red: {version: 4.3.0.1, kind: buildbot, name: n}', /^masters\.red\.version, line 3: should be a version of Buildbot/],
  ['{listen: 8010}', '{listen: 99999}', /^masters\.blue\.listen, line 2: should be host:port/],
  ['{listen: 8010}', '{listen: "::1:80"}', /^masters\.blue\.listen, line 2: should be host:port/],
  ['{listen: 8010}', '{listen: "[1::2::3]:80"}', /^masters\.blue\.listen, line 2: should be host:port/],
  ['{listen: 8010}', '{listen: 8010, workerListen: 8010}', /^masters\.blue\.workerListen, line 2: should not be that of "listen"/],
  ['{listen: 8010}', '{roles: []}', /^masters\.blue\.roles, line 2: should not be empty/],
  ['{listen: 8010}', '{roles: [web, build]}', /^masters\.blue\.roles\[1\], line 2: should be schedulers, builders or web/],
  ['{listen: 8010}', '{control: {stpo: {http: "http://x"}}}', /^masters\.blue\.control\.stpo, line 2: is not known here; did you mean "stop"/],
  ['{listen: 8010}', '{control: {drain: {signal: URS1, pidFile: x}}}', /^masters\.blue\.control\.drain\.signal, line 2: should be the name of a signal, like USR1$/],
  ['{listen: 8010}', '{control: {drain: {http: "ftp://x"}}}', /^masters\.blue\.control\.drain\.http, line 2: should be a URL of http or https$/],
  ['{listen: 8010}', '{control: {drain: {exec: [x], timeout: 2h}}}', /^masters\.blue\.control\.drain\.timeout, line 2: should be from 1s to 1h$/],
  ['{listen: 8010}', '{control: {start: {signal: USR1, pidFile: x}}}', /^masters\.blue\.control\.start, line 2: cannot be a signal/],
  ['{listen: 8010}', '{control: {kill: {http: "http://x"}}}', /^masters\.blue\.control\.kill, line 2: cannot be a URL: it wants no master that answers$/],
  ['{listen: 8010}', '{control: {status: {signal: HUP, pidFile: x}}}', /^masters\.blue\.control\.status, line 2: should be \{exec: …\}/],
  ['{listen: 8010}', '{control: {stop: {signal: TERM, pidFile: x}}}', /^masters\.blue\.control\.stop, line 2: should not be a signal: the first one drains/],
  ['{listen: 8010}', '{listen: 8010}\n  red: {kind: buildbot, name: n, control: {drain: {http: "http://x"}}}', /^masters\.red\.control\.drain, line 3: cannot be a URL: Buildbot's REST/],
  ['{listen: 8010}', '{listen: 8010}\n  red:', /^masters\.red\.name, line 3: is missing: it would be called the same as "blue"/],
  ['{listen: 8010}', `{name: ${long(129)}}`, /^masters\.blue\.name, line 2: should not be longer than 128/],
  ['{listen: 8010}', '{name: n}\n  red: {name: n, kind: buildbot}', /^masters\.red\.name, line 3: is that of "blue"/],
  ['{local: true}', '{local: yes}', /^workers\.w\.local, line 4: should be true or false/],
  ['{local: true}', '{local: false}', /^workers\.w, line 4: should say local: true/],
  ['{local: true}', '{local: true, slots: 0}', /^workers\.w\.slots, line 4: should be a whole number/],
  ['{local: true}', '{local: true, passwordFile: x}', /^workers\.w, line 4: .*not both/],
  ['{local: true}', '{passwordFile: x, slots: 2}', /^workers\.w\.slots, line 4: is of local workers only/],
  ['{local: true}', '{local: true}\n  1w: {local: true}', /^workers\.1w, line 5: has a name that is no identifier/],
  ['{local: true}', '{local: true}\n  change: {local: true}', /^workers\.change, line 5: .*keeps for itself/],
  ['{local: true}', `{local: true}\n  ${long(51)}: {local: true}`, /line 5: has a name longer than 50/],
  ['workers: [w]', 'workers: w', /^builders\.b\.workers, line 7: should be a list/],
  ['workers: [w]', 'workers: []', /^builders\.b\.workers, line 7: should name a worker/],
  ['workers: [w]', 'workers: [v]', /^builders\.b\.workers\[0\], line 7: is no worker of this file/],
  ['workers: [w]', 'workers: [w, w]', /^builders\.b\.workers\[1\], line 7: is there twice/],
  ['workers: [w]', 'workers: [theirs]', /^builders\.b\.workers\[0\], line 7: is not a worker of bbctl's own/],
  ['workers: [w]', 'workers: [w], env: {A: 1}', /^builders\.b\.env, line 7: .*quotes/],
  ['workers: [w]', 'workers: [w], properties: {a: .nan}', /^builders\.b\.properties, line 7: should hold only what JSON can say/],
  ['workers: [w]', `workers: [w], properties: {${long(257)}: 1}`, /^builders\.b\.properties, line 7: should have no name longer than 256/],
  ['workers: [w]', 'workers: [w], tags: [1]', /^builders\.b\.tags\[0\], line 7: should be text: write it in quotes/],
  ['  b: {', '  _b: {', /^builders\._b, line 7: .*begins with "_"/],
  ['  b: {', '  "b\\e[0m": {', /^builders\."b\\u001b\[0m", line 7: .*cannot be seen/],
  ['  b: {', '  "": {', /^builders\."", line 7: .*empty/],
  ['{shell: x}', '{shel: x}', /^builders\.b\.steps\[0\], line 7: should be \{shell: …\}.*did you mean "shell"/],
  ['{shell: x}', 'x', /^builders\.b\.steps\[0\], line 7: should be \{shell: …\}/],
  ['{shell: x}', '{shell: x, name: y}', /^builders\.b\.steps\[0\]\.name, line 7: should stand in the settings of the step/],
  ['{shell: x}', '{shell: {}}', /^builders\.b\.steps\[0\]\.shell\.command, line 7: is missing/],
  ['{shell: x}', '{shell: 1}', /^builders\.b\.steps\[0\]\.shell\.command, line 7: should be a line for the shell/],
  ['{shell: x}', '{shell: "make %(prop:target)s"}', /\.shell\.command, line 7: should name no property in a line for the shell/],
  ['{shell: x}', '{shell: {command: "make %(prop:target)s"}}', /\.shell\.command, line 7: should name no property in a line for the shell/],
  ['{shell: x}', '{shell: [sh, -ec, "make %(prop:target:-all)s"]}', /line 7: .*should name no property in a line for the shell/],
  ['{shell: x}', `{shell: {command: x, name: ${long(51)}}}`, /\.name, line 7: should not be longer than 50/],
  ['{shell: x}', '{shell: {command: x, timeout: 0}}', /\.timeout, line 7: should be from 1s to 3650d/],
  ['{shell: x}', '{shell: {command: x, timeOut: 1m}}', /\.timeOut, line 7: is not known here; did you mean "timeout"/],
  ['{shell: x}', '{git: {repository: --upload-pack=x}}', /\.git\.repository, line 7: should not begin with "-"/],
  ['{shell: x}', '{git: {repository: x, branch: 1.10}}', /\.git\.branch, line 7: should be text: write it in quotes/],
  ['{shell: x}', '{trigger: {schedulers: [u]}}', /\.trigger\.schedulers\[0\], line 7: is no scheduler of this file/],
  ['{shell: x}', '{trigger: {schedulers: [t], timeout: 1m}}', /\.trigger\.timeout, line 7: is not known here/],
  ['builders: [b]', 'builders: [bb, theirs]', /^schedulers\.t\.builders\[0\], line 9: is no builder of this file/],
  ['builders: [b]', 'builders: []', /^schedulers\.t\.builders, line 9: should not be empty/],
  ['builders: [b]', 'reason: x', /^schedulers\.t\.builders, line 9: is missing/],
  ['type: triggerable', 'reason: x', /^schedulers\.t\.type, line 9: is missing: should be any-branch, /],
  ['type: triggerable', 'type: triggerabel', /^schedulers\.t\.type, line 9: should be any-branch, .*did you mean "triggerable"/],
  ['type: triggerable', 'type: toString', /^schedulers\.t\.type, line 9: should be any-branch/],
  ['type: triggerable', `type: triggerable, reason: ${long(257)}`, /^schedulers\.t\.reason, line 9: should not be longer than 256/],
  ['type: triggerable', 'type: periodic', /^schedulers\.t\.every, line 9: is missing/],
  ['type: triggerable', 'type: periodic, every: 0', /^schedulers\.t\.every, line 9: should be from 1s/],
  ['type: triggerable', 'type: single-branch', /^schedulers\.t\.branch, line 9: is missing/],
  ['type: triggerable', 'type: any-branch, branch: a, branches: [b]', /^schedulers\.t, line 9: should have branch or branches, not both/],
  ['type: triggerable', 'type: nightly', /^schedulers\.t\.cron, line 9: is missing/],
  ['type: triggerable', 'type: nightly, cron: "61 * * * *"', /^schedulers\.t\.cron, line 9: should be five fields.*61/],
  ['type: triggerable', 'type: nightly, cron: "* * * * * *"', /^schedulers\.t\.cron, line 9: should be five fields/],
  ['type: triggerable', 'type: nightly, cron: "0 0 31 2 *"', /^schedulers\.t\.cron, line 9: never comes/],
  ['type: triggerable', 'type: nightly, cron: "0 3 * * *", timezone: Mars', /^schedulers\.t\.timezone, line 9: should be a time zone/],
  ['type: triggerable', 'type: triggerable, codebases: [1]', /^schedulers\.t\.codebases\[0\], line 9: should be text/],
  ['type: triggerable', 'type: triggerable, codebases: {a: {repo: x}}', /^schedulers\.t\.codebases\.a\.repo, line 9: is not known here/],
  ['type: triggerable', 'type: triggerable, __proto__: 1', /^schedulers\.t\.__proto__, line 9: is not known here/],
  ['  t: {type: triggerable', '  a b: {type: force', /^schedulers\."a b", line 9: has a name that is no identifier/],
  ['  t: {', `  ${long(129)}: {`, /line 9: has a name longer than 128/],
  ['repository: r', 'every: 1m', /^changeSources\.g\.repository, line 11: is missing/],
  ['git-poller', 'git-pollr', /^changeSources\.g\.type, line 11: should be git-poller; did you mean "git-poller"/],
  ['repository: r', 'repository: "ext::sh -c x"', /^changeSources\.g\.repository, line 11: should be a path, or an address of https/],
  ['repository: r', 'repository: -x', /^changeSources\.g\.repository, line 11: should not begin with "-"$/],
  ['{shell: x}', '{git: {repository: "ext::sh -c x"}}', /\.git\.repository, line 7: should be a path, or an address/],
  ['repository: r', 'repository: r, branches: main', /^changeSources\.g\.branches, line 11: should be a list/],
  ['repository: r', 'repository: r, branches: ["-x"]', /^changeSources\.g\.branches\[0\], line 11: should not begin with "-"/],
]; // prettier-ignore

test('a file without mistakes is right', async (t) => {
  t.deepEqual(await wrongIn(readClusterConfig, clusterFile(t, whole)), []);
});

for (const [from, to, said] of mistakes) {
  test(`${to.slice(0, 60)} instead of ${from}`, async (t) => {
    t.true(whole.includes(from));
    const wrong = await wrongIn(readClusterConfig, clusterFile(t, whole.replace(from, to)));
    t.true(wrong.some((line) => said.test(line)), wrong.join('\n')); // prettier-ignore
  });
}

test('all mistakes are told at once, in the order of the file, each once', async (t) => {
  const file = clusterFile(t, whole.replace('[b]', '[c]').replace('[w]', '[x]').replace('8010', 'x, a: 1, b: 2'));
  const wrong = await wrongIn(readClusterConfig, file);
  t.deepEqual(wrong.map((line) => line.replace(/:.*/, '')), [
    'masters.blue.listen, line 2',
    'masters.blue.a, line 2',
    'masters.blue.b, line 2',
    'builders.b.workers[0], line 7',
    'schedulers.t.builders[0], line 9',
  ]); // prettier-ignore
});

test('for an inventory parts are enough, but what is there must be right', async (t) => {
  const part = `builders: {b: {workers: [w], steps: [{shell: {timeout: 1m}}]}}
schedulers: {n: {type: nightly, builders: [nowhere]}, m: {type: mail}}
changeSources: {https://example.org/x.git: {type: git-poller}}
`;
  t.deepEqual(await wrongIn(readClusterFile, clusterFile(t, part)), []);
  t.deepEqual(await wrongIn(readClusterFile, clusterFile(t, part.replace('1m', '1x'))), [
    'builders.b.steps[0].shell.timeout, line 1: should be a duration like 90s, 10m or 1h30m',
  ]);
});

test('of very many mistakes the first are told, and how many there are', async (t) => {
  const keys = Array.from({ length: 1200 }, (_, index) => `key${index}: 1`).join('\n');
  const wrong = await wrongIn(readClusterFile, clusterFile(t, keys));
  t.is(wrong.length, 101);
  t.is(wrong.at(-1), 'and 1,100 more');
});

test('what is no text is refused with its line, what is no file at all', async (t) => {
  t.deepEqual(await wrongIn(readClusterFile, clusterFile(t, Buffer.from('a: 1\nb: \xff\n', 'latin1'))), ['line 2: is not UTF-8']); // prettier-ignore
  await t.throwsAsync(readClusterFile(clusterFile(t, '#'.repeat(4 * 1024 * 1024 + 1))), { message: /larger than 4 MiB/ }); // prettier-ignore
  await t.throwsAsync(readClusterFile('/dev/zero'), { message: /larger than 4 MiB/ });
  await t.throwsAsync(readClusterFile('.'), { name: 'Failure', message: /cannot be read/ });
  t.deepEqual(await wrongIn(readClusterFile, clusterFile(t, '\ufeffcomplete: true # \ufffd\n')), []);
});

/** Values that a setting may be given by mistake. */
const value = fc.constantFrom('', '~', '1', '-1', '.nan', '1e400', 'true', 'yes', 'x', '"x\\0"', '[]', '[[]]', '[~]', '{}', '{a: 1}', '{? [a] : b}', '*a', '&a {a: 1}', '!!set {a}', '2020-01-01', "'*'", '{__proto__: 1, constructor: {}}', '[{}, {shell: }, {git: [1]}, {trigger: {schedulers: 3}}]'); // prettier-ignore

test('whatever is put in the place of a value, only failures are thrown, each with its line', async (t) => {
  const settings = clusterTemplate.replaceAll(/^(\s*)# (?=[- ]|[\w-]+:( |$))/gm, '$1');
  const places = [...settings.matchAll(/(?<=[\w-]: )[^\n,{}[\]]+|\[[^\]]*\]|\{[^}]*\}/g)];
  const file = clusterFile(t, '');
  const { writeFileSync } = await import('node:fs');
  const change = fc.tuple(fc.constantFrom(...places), value);
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const text = changes.reduce((all, [{ index, 0: old }, put]) => all.slice(0, index) + put + all.slice(index + old.length), settings); // prettier-ignore
      writeFileSync(file, text);
      for (const read of [readClusterConfig, readClusterFile]) {
        for (const line of await wrongIn(read, file)) t.regex(line, /line \d+: ./);
      }
    }),
    { numRuns: 60 },
  );
});
