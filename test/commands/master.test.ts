// A new cluster.yaml, and what masters would run of one.
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { bbctl, temporaryHome } from '../_helpers/cli.js';

function homeOf(t: ExecutionContext): string {
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

test('init writes a file that check takes, and writes over none without --force', async (t) => {
  const home = homeOf(t);
  const made = await bbctl(['master', 'init'], { home });
  t.is(made.status, 0);
  t.regex(made.stdout, /^Wrote cluster\.yaml\. .*\n {2}bbctl master check --config cluster\.yaml\n {2}bbctl db init .*\n {2}bbctl master run --name blue /);
  const checked = await bbctl(['master', 'check'], { home });
  t.is(checked.status, 0);
  t.regex(checked.stdout, /^MASTER .*\nblue .* tests .* hourly .* local /);
  t.regex(checked.stderr, /^Warning: There is one master/);

  const file = path.join(home, 'cluster.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, '# mine\n');
  const again = await bbctl(['master', 'init'], { home });
  t.is(again.status, 4);
  t.regex(again.stderr, /there already.*\n.*--force/);
  t.is(readFileSync(file, 'utf8'), '# mine\n');
  t.is((await bbctl(['master', 'init', '--force'], { home })).status, 0);
  t.is(readFileSync(file, 'utf8'), text);
}); // prettier-ignore

const cluster = `database: postgresql://bb:hunter2@db/buildbot
tokenFile: token
masters:
  blue: {name: "a:/blue", listen: 8010}
  green: {name: "b:/green", workerListen: 9989, roles: [builders]}
  legacy: {kind: buildbot}
workers: {w1: {local: true}, w2: {passwordFile: w2.pass}}
builders: {tests: {workers: [w1, w2], steps: [{shell: x}]}}
schedulers: {hourly: {type: periodic, every: 1h, builders: [tests]}}
`;

test('check looks at the secrets that the masters read, and shows none', async (t) => {
  const home = homeOf(t);
  const file = path.join(home, 'c.yaml');
  writeFileSync(file, cluster);
  const env = { BBCTL_CONFIG: file };
  const without = await bbctl(['master', 'check'], { home, env });
  t.is(without.status, 2);
  t.regex(without.stderr, /\n {2}tokenFile, line 2: cannot be read: .*\n {2}workers\.w2\.passwordFile, line 7: cannot be read/);
  const own = await bbctl(['master', 'check', '--name', 'green'], { home, env });
  t.notRegex(own.stderr, /tokenFile/);

  for (const name of ['token', 'w2.pass']) writeFileSync(path.join(home, name), '', { mode: 0o600 });
  t.regex((await bbctl(['master', 'check'], { home, env })).stderr, /tokenFile, line 2: .*token is empty/);
  for (const name of ['token', 'w2.pass']) writeFileSync(path.join(home, name), 'sesame\n');
  chmodSync(path.join(home, 'token'), 0o644);
  const { status, stdout, json } = await bbctl(['master', 'check', '--json'], { home, env });
  t.is(status, 0);
  t.notRegex(stdout, /hunter2|sesame/);
  const checked = json() as { masters: { key: string; roles: string[] }[]; database: string; warnings: string[] };
  t.deepEqual(checked.masters.map(({ key, roles }) => [key, roles]), [['blue', ['schedulers', 'builders', 'web']], ['green', ['builders']]]);
  t.is(checked.database, 'postgresql://bb@db/buildbot');
  t.deepEqual(checked.warnings.filter((one) => /read by everybody/.test(one)).length, 1);
}); // prettier-ignore

test('check --name wants a master of bbctl’s own', async (t) => {
  const home = homeOf(t);
  writeFileSync(path.join(home, 'cluster.yaml'), cluster.replace('tokenFile: token\n', ''));
  const green = await bbctl(['master', 'check', '--name', 'gren'], { home });
  t.is(green.status, 3);
  t.regex(green.stderr, /no master "gren".*\nDid you mean "green"\?/);
  const legacy = await bbctl(['master', 'check', '--name', 'legacy'], { home });
  t.is(legacy.status, 2);
  t.regex(legacy.stderr, /a Buildbot master/);
  const blue = await bbctl(['master', 'check', '--name', 'blue', '--columns', 'key,roles'], { home });
  t.regex(blue.stdout, /^MASTER +ROLES\nblue +schedulers, builders, web\n$/);
});
