// What cron and monitoring see: an answer in every case, and never the wrong one.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { account } from '../_helpers/accounts.js';
import { bbctl, temporaryHome, type CliOptions, type CliResult } from '../_helpers/cli.js';
import { addLivingMaster, deadMaster, epochSeconds, heartbeat } from '../_helpers/clusters.js';
import {
  databaseFrom,
  diffDumps,
  engines,
  shiftTimes,
  type EngineName,
  type TestDatabase,
} from '../_helpers/database.js';
import { closedPort, freezingAfter, listening } from '../_helpers/network.js';
import { promtoolOn, samplesIn } from '../_helpers/prometheus.js';
import { databaseAged, insertRevision } from '../_helpers/recordings.js';
import { testWith } from '../_helpers/skip.js';

const formats = ['text', 'nagios', 'prometheus', 'json'] as const;
const statuses = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
type Status = keyof typeof statuses;

function home(t: ExecutionContext): string {
  const folder = temporaryHome();
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function fresh(t: ExecutionContext, engine: EngineName = 'sqlite'): Promise<TestDatabase> {
  const db = await databaseFrom(engine, '3.7.0/fresh');
  t.teardown(() => db.close());
  await insertRevision(db, '3.7.0/fresh');
  return db;
}

function health(args: string, options: CliOptions): Promise<CliResult> {
  return bbctl(['health', ...args.split(' ').filter(Boolean)], options);
}

/** The same status in every format, each as its readers expect it. */
async function answers(t: ExecutionContext, status: Status, options: CliOptions, args = ''): Promise<void> {
  for (const format of formats) {
    const result = await health(`${args} --format ${format}`, options);
    t.is(result.status, statuses[status], `${format}: ${result.stdout}${result.stderr}`);
    t.is(result.stderr, '', format);
    readers[format](t, result, status);
  }
}

const readers: Record<(typeof formats)[number], (t: ExecutionContext, result: CliResult, status: Status) => void> = {
  text: (t, { stdout }, status) => t.true(stdout.startsWith(`${status}: `), stdout),
  nagios: (t, { stdout }, status) => {
    const [first = '', ...others] = stdout.trimEnd().split('\n');
    const [text = '', data, ...more] = first.split(' | ');
    t.true(text.startsWith(`BUILDBOT ${status} - `), first);
    t.deepEqual(more, []);
    t.is(data === undefined, status === 'UNKNOWN', first);
    for (const one of data?.split(' ') ?? []) t.regex(one, /^[a-z_]+=\d+(s?)(;\d*){3}$/);
    t.false(others.join('').includes('|'));
  },
  prometheus: (t, { stdout }, status) => {
    const samples = samplesIn(stdout);
    const value = (name: string) => samples.find((sample) => sample.name === name)?.value;
    t.is(value('bbctl_up'), status === 'UNKNOWN' ? 0 : 1);
    t.is(value('bbctl_health_status'), statuses[status]);
    t.true(Math.abs((value('bbctl_checked_timestamp_seconds') ?? 0) - epochSeconds()) < 60);
  },
  json: (t, { json }, status) => {
    const told = json() as { status: string; error: string | null; figures: object | null; findings: unknown[] };
    t.is(told.status, status.toLowerCase());
    t.is(told.error === null, status !== 'UNKNOWN');
    t.is(told.figures === null, status === 'UNKNOWN');
  },
};

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

test('3: a database that is not there or is not Buildbot’s', async (t) => {
  await answers(t, 'UNKNOWN', { db: 'sqlite:////no/such/file.sqlite' });
  await answers(t, 'UNKNOWN', { db: `postgresql://u:p@127.0.0.1:${await closedPort()}/b` });
  const db = await fresh(t);
  await db.exec('DROP TABLE alembic_version');
  await answers(t, 'UNKNOWN', { db: db.url });
});

for (const scheme of ['postgresql', 'mysql']) {
  test(`3: a ${scheme} server that never answers, within --deadline`, async (t) => {
    const port = await listening(t, () => {});
    const db = `${scheme}://u:p@127.0.0.1:${port}/b`;
    const started = Date.now();
    const result = await health('--deadline 1s --format json', { db, timeoutMs: 15_000 });
    t.is(result.status, 3, result.stderr);
    t.is((result.json() as { error: string }).error, 'No answer within 1 seconds.');
    t.true(Date.now() - started < 10_000, `${Date.now() - started} ms`);
  });
}

for (const engine of engines.filter((one) => one === 'postgres' || one === 'innodb')) {
  test(`3: ${engine} behind a network that stops at any moment, within --deadline`, async (t) => {
    const db = await deadMaster(t, engine);
    for (const bytes of [50, 500, 2000, 8000]) {
      const url = await freezingAfter(t, db.url, bytes);
      const started = Date.now();
      const { status, stdout } = await health('--deadline 2s --timeout 30s', { db: url, timeoutMs: 40_000 });
      t.is(status, 3, `${bytes} bytes: ${stdout}`);
      t.true(Date.now() - started < 10_000, `${bytes} bytes: ${Date.now() - started} ms`);
    }
  });
}

test('an unknown revision is a warning, not unknown', async (t) => {
  const db = await fresh(t);
  await db.query('UPDATE alembic_version SET version_num = ?', ['099']);
  const { status, stdout } = await health('--only schema-unknown', { db: db.url });
  t.is(status, 1);
  t.regex(stdout, /^WARNING: 1 warning: The schema revision 099 is newer/);
});

for (const engine of engines.filter((one) => one !== 'sqlite')) {
  test(`${engine}: a user who may only read is enough`, async (t) => {
    const db = await deadMaster(t, engine);
    const { url } = await account(t, db, 'select');
    t.is((await health('', { db: url })).status, 2);
  });
}

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

interface Told {
  readonly status: string;
  readonly repair: { readonly status: string; readonly journal: number | null } | null;
}

/** What Buildbot's survivors leave of a master that they have declared dead. */
async function makeUnclean(db: TestDatabase): Promise<void> {
  await db.query('UPDATE masters SET active = 0 WHERE id = 1');
  await db.exec('DELETE FROM configured_workers');
  for (const table of ['builder_masters', 'scheduler_masters', 'changesource_masters'])
    await db.query(`DELETE FROM ${table} WHERE masterid = 1`);
}

for (const engine of engines) {
  test(`${engine}: --repair mends an unclean master beside a living one, is journaled, and can be undone`, async (t) => {
    const db = await deadMaster(t, engine);
    await addLivingMaster(db);
    await makeUnclean(db);
    const options = { db: db.url, home: home(t) };
    const before = await db.dump();
    const { repair } = (await health('--repair --format json', options)).json() as Told;
    t.deepEqual(repair, { status: 'done', journal: 1 });
    t.deepEqual(await db.query('SELECT brid FROM buildrequest_claims WHERE masterid = 1 AND brid IN (SELECT id FROM buildrequests WHERE complete = 0)'), []); // prettier-ignore
    t.deepEqual(await db.query('SELECT id FROM connected_workers WHERE masterid = 1'), []);
    const { changes } = (await bbctl(['journal', '--json'], options)).json() as { changes: Record<string, unknown>[] };
    t.like(changes[0], { operation: 'health --repair', state: 'done', reason: 'health --repair' });
    t.is(((await health('--repair --format json', options)).json() as Told).repair, null);
    t.is((await bbctl(['undo', '1', '--yes'], options)).status, 0);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });

  test(`${engine}: --repair mends nothing when every heart has stopped, nor a master that is dead for minutes`, async (t) => {
    const db = await deadMaster(t, engine);
    const options = { db: db.url, home: home(t) };
    const untouched = async (args = '') => {
      const before = await db.dump();
      const { repair } = (await health(`--repair --format json ${args}`, options)).json() as Told;
      t.is(repair, null);
      t.deepEqual(diffDumps(before, await db.dump()), []);
    };
    await untouched('--repair-after 10m');
    await addLivingMaster(db);
    await untouched();
    await shiftTimes(db, -7200);
    await untouched();
    await heartbeat(db, 2);
    const { repair } = (await health('--repair --format json', options)).json() as Told;
    t.is(repair?.status, 'done');
  });
}

test('a repair that is not possible is told, and the answer comes all the same', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  await addLivingMaster(db);
  await makeUnclean(db);
  const folder = home(t);
  writeFileSync(join(folder, 'file'), '');
  const env = { XDG_STATE_HOME: join(folder, 'file') };
  const before = await db.dump();
  const result = await health('--repair', { db: db.url, env });
  t.is(result.status, 2);
  t.regex(result.stdout, /^CRITICAL: [\s\S]*\nrepair: .+\n$/);
  t.deepEqual(diffDumps(before, await db.dump()), []);
});
