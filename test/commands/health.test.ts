// What cron and monitoring see: an answer in every case, and never the wrong one.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { deadMaster, heartbeat } from '../_helpers/clusters.js';
import { answers, fresh, health, home } from '../_helpers/health.js';
import { promtoolOn, samplesIn } from '../_helpers/prometheus.js';
import { databaseAged } from '../_helpers/recordings.js';
import { testWith } from '../_helpers/test-with.js';

test('0: a fresh database, and one whose master lives', async (t) => {
  await answers(t, 'OK', { db: (await fresh(t)).url });
  const db = await deadMaster(t, 'sqlite');
  await heartbeat(db);
  await answers(t, 'OK', { db: db.url }, '--skip service-idle --skip request-unservable');
});

test('1: a master that is late', async (t) => {
  const db = await databaseAged(t, 'sqlite', '3.7.0/killed', 300);
  await answers(t, 'WARNING', { db: db.url });
});

test('2: a master that is dead, and nobody else', async (t) => {
  await answers(t, 'CRITICAL', { db: (await deadMaster(t, 'sqlite')).url });
});

test('thresholds and chosen checks decide', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const options = { db: db.url };
  t.is((await health('--only builder-orphaned', options)).status, 0);
  t.is((await health('--skip no-master-alive --skip master-dead --skip worker-ghost', options)).status, 0);
  await heartbeat(db);
  await db.query('UPDATE masters SET last_active = last_active + 200');
  t.is((await health('--only clock-skew', options)).status, 1);
  t.is((await health('--only clock-skew --critical clock-skew=100s', options)).status, 2);
  t.is((await health('--only clock-skew --warning clock-skew=off', options)).status, 0);
});

test('3: wrong calls, and the answer says so where monitoring looks', async (t) => {
  const { url } = await fresh(t);
  for (const args of ['--nonsense', 'toomuch', '--only nonsense', '--skip nonsense', '--warning nonsense=1', '--warning queue-long=x', '--critical master-dead=1', '--format xml', '--deadline soon', '--expire-after 1s', '--timeout 0s', '--only', '--db nonsense']) {
    const { status, stdout } = await health(args, { db: url });
    t.is(status, 3, args);
    t.regex(stdout, /^UNKNOWN: \S.*\n$/, args);
  } // prettier-ignore
  const { status, stdout } = await health('', { home: home(t) });
  t.is(status, 3);
  t.regex(stdout, /^UNKNOWN: /);
});

test('--output: the file is replaced whole, also by an answer that is unknown', async (t) => {
  const folder = home(t);
  const file = join(folder, 'bbctl.prom');
  const { url } = await fresh(t);
  const args = `--format prometheus --output ${file}`;
  t.like(await health(args, { db: url }), { status: 0, stdout: '', stderr: '' });
  t.true(samplesIn(readFileSync(file, 'utf8')).some(({ name }) => name === 'bbctl_masters'));
  t.is((await health(args, { db: 'sqlite:////no/such/file.sqlite' })).status, 3);
  t.deepEqual(samplesIn(readFileSync(file, 'utf8')).map(({ name }) => name), ['bbctl_up', 'bbctl_checked_timestamp_seconds', 'bbctl_health_status']); // prettier-ignore
  t.deepEqual(readdirSync(folder).filter((name) => name.includes('.prom')), ['bbctl.prom']); // prettier-ignore
});

test('--output: what cannot be written is unknown, what was there stays, and nothing is left beside it', async (t) => {
  const folder = home(t);
  const { url } = await fresh(t);
  const missing = join(folder, 'no', 'such', 'folder', 'bbctl.prom');
  t.is((await health(`--output ${missing}`, { db: url })).status, 3);
  t.false(existsSync(missing));
  const taken = join(folder, 'taken.prom');
  mkdirSync(taken);
  writeFileSync(join(taken, 'content'), 'before');
  t.is((await health(`--output ${taken}`, { db: url })).status, 3);
  t.is(readFileSync(join(taken, 'content'), 'utf8'), 'before');
  const file = join(folder, 'bbctl.prom');
  writeFileSync(file, 'before');
  t.is((await health(`--output ${file} --nonsense`, { db: url })).status, 3);
  t.is(readFileSync(file, 'utf8'), 'before');
  t.deepEqual(readdirSync(folder).filter((name) => name.includes('.prom')).sort(), ['bbctl.prom', 'taken.prom']); // prettier-ignore
});

test('the metrics are those of docs/monitoring.md', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  const { stdout } = await health('--format prometheus', { db: db.url });
  const names = [...new Set(samplesIn(stdout).map(({ name }) => name))];
  const documented = [...readFileSync('docs/monitoring.md', 'utf8').matchAll(/^\| `(bbctl_\w+)/gm)].map((match) => match[1]); // prettier-ignore
  t.deepEqual(names, documented as string[]);
});

testWith('promtool')('promtool takes the metrics, whatever the status is', async (t) => {
  for (const db of [(await deadMaster(t, 'sqlite')).url, (await fresh(t)).url, 'sqlite:////no/such/file.sqlite']) {
    const { stdout } = await health('--format prometheus', { db });
    t.deepEqual(promtoolOn(stdout), { status: 0, output: '' });
  }
});
