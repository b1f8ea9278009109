// Two masters from a cluster.yaml, with just the rights that "bbctl grants run" prints, through all that they do; and what
// the commands tell of them meanwhile.
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Workshop } from '../../../src/lib/runtime/make-work.js';
import { until } from '../../_helpers/buildbot/until.js';
import { bbctl } from '../../_helpers/cli.js';
import { configOf } from '../../_helpers/cluster-files.js';
import { engines, type TestDatabase } from '../../_helpers/database.js';
import { createRepository, temporaryFolder } from '../../_helpers/git-repository.js';
import { granted } from '../../_helpers/granted.js';
import { startWork, type StartedMaster } from '../../_helpers/masters-of-bbctl.js';
import { databaseAged } from '../../_helpers/recordings.js';

const names = { blue: 'ci1:/srv/own/blue', green: 'ci2:/srv/own/green' };

const clusterYaml = (repository: string): string => `masters:
  blue: {name: "${names.blue}"}
  green: {name: "${names.green}"}
workers: {own-worker: {local: true}}
builders: {own: {workers: [own-worker], steps: [{shell: "true"}]}}
schedulers:
  own-commit: {type: any-branch, builders: [own], treeStableTimer: 1s}
  own-hourly: {type: periodic, every: 1h, builders: [own]}
changeSources:
  own-repo: {type: git-poller, repository: "${repository}", branches: [main], every: 1s}
`;

type Start = (key: keyof typeof names) => StartedMaster;

async function startersOn(t: ExecutionContext, url: string, repository: string): Promise<Start> {
  const config = await configOf(t, clusterYaml(repository));
  const folder = temporaryFolder(t);
  return (key) => {
    const section = config.masters.find((master) => master.key === key);
    if (!section) throw new Error(`there is no ${key}`);
    const started = startWork(url, names[key], new Workshop(path.join(folder, key)).make(config, section));
    t.teardown(() => started.stop());
    return started;
  };
}

/** How often a scheduler has asked. */
async function asked(db: TestDatabase, scheduler: string): Promise<number> {
  const rows = await db.query('SELECT buildsetid FROM buildset_properties WHERE property_name = ? AND property_value = ?', ['scheduler', `["${scheduler}", "Scheduler"]`]); // prettier-ignore
  return rows.length;
}

const holds = ({ master }: StartedMaster, most: number): boolean => master.services.active.length === most;

for (const engine of engines) {
  test(`${engine}: they clean up after a dead Buildbot, poll, schedule, hand over and leave, and are told of as what they are`, async (t) => {
    t.timeout(300_000);
    const db = await databaseAged(t, engine, '3.7.0/killed', 700);
    const repository = createRepository(t);
    repository.commit('main', ['one']);
    const url = engine === 'sqlite' ? db.url : (await granted(t, db, 'run')).url;
    const start = await startersOn(t, url, repository.path);

    const blue = start('blue');
    await until('blue runs all', () => holds(blue, 3));
    await until('the periodic scheduler has fired', async () => (await asked(db, 'own-hourly')) === 1);
    const state = () => db.query("SELECT name FROM object_state WHERE name = 'lastRev' AND objectid IN (SELECT id FROM objects WHERE name = 'own-repo')"); // prettier-ignore
    await until('the poller has looked for the first time', async () => (await state()).length === 1);
    repository.commit('main', ['two']);
    await until('the commit is to be built', async () => (await asked(db, 'own-commit')) === 1);
    const dead = () => db.query('SELECT id FROM masters WHERE id = 1 AND active = 1');
    await until('the dead one is cleaned up after', async () => (await dead()).length === 0);

    const green = start('green');
    await until('green has its share', () => holds(green, 1) && holds(blue, 2));
    const [kept] = green.master.services.active;
    const moved = await bbctl(['services', 'move', kept?.name ?? '', '--to', names.green, '--yes'], { db: db.url });
    t.is(moved.status, 0, moved.stderr);
    await verifyViews(t, db, kept?.name ?? '', blue);

    await blue.stop();
    await until('green runs all', () => holds(green, 3));
    repository.commit('main', ['three']);
    await until('the next commit is to be built, too', async () => (await asked(db, 'own-commit')) === 2);
    await green.stop();
    t.is(await asked(db, 'own-hourly'), 1);
    const rest = await db.query('SELECT id FROM masters WHERE active = 1');
    t.deepEqual([rest, await db.query('SELECT masterid FROM scheduler_masters')], [[], []]);
    const wrong = [...blue.lines, ...green.lines].filter((line) => /denied|permission|failed|cannot/i.test(line));
    t.deepEqual(wrong, [], [...blue.lines, ...green.lines].join('\n'));
  });
}

async function verifyViews(t: ExecutionContext, db: TestDatabase, kept: string, blue: StartedMaster): Promise<void> {
  const shown = async (...args: string[]) => bbctl([...args, '--json'], { db: db.url }).then(({ json }) => json());
  const { masters } = (await shown('masters')) as { masters: Record<string, unknown>[] };
  t.deepEqual(masters.map(({ kind, state }) => [kind, state]).sort(), [[null, 'stopped'], ['bbctl', 'active'], ['bbctl', 'active']]); // prettier-ignore
  const table = (await bbctl(['masters'], { db: db.url })).stdout;
  t.regex(table, /^ID .* BUILDS +KIND\n/);
  t.regex(table, /own\/blue +active .* bbctl$/m);
  const show = await shown('masters', 'show', names.blue);
  const [details] = (show as { masters: { run: Record<string, unknown> }[] }).masters;
  const incarnation = blue.master.membership.trusted?.incarnation;
  const offers = { schedulers: ['own-commit', 'own-hourly'], changeSources: ['own-repo'] };
  t.like(details?.run, { incarnation, expireAfter: 5, offers });
  const { stdout } = await bbctl(['masters', 'show', names.blue], { db: db.url });
  t.regex(stdout, /Kind +one of bbctl's own, dead after 5s of silence\n +Runs since +\d{4}-.*\n +Incarnation +[\w-]+\n +Offers +own-commit, own-hourly, own-repo\n/); // prettier-ignore
  t.regex((await bbctl(['services'], { db: db.url })).stdout, /^KIND .* KEPT ON\n/);
  t.regex((await bbctl(['services', 'show', kept], { db: db.url })).stdout, /Kept on +ci2:\/srv\/own\/green\n/);
  const { findings } = (await shown('doctor')) as { findings: { id: string; message: string }[] };
  const aboutOwn = findings.filter(({ id, message }) => /^(master|service|clock)/.test(id) && /own/.test(message));
  t.deepEqual(aboutOwn, []);
}
