// One real Buildbot master and two of bbctl's own build for one cluster: what each of them writes, all of them read.
import {
  readBuilds,
  readClaim,
  readResults,
  realTest,
  RETRY,
  SUCCESS,
  until,
  type BuildRow,
  type Forced,
} from '../_helpers/buildbot.js';
import { comparable } from '../_helpers/comparable.js';
import {
  buildersOf,
  get,
  mixedBuilds,
  printed,
  startOurs,
  untilBuilding,
  type MixedBuilds,
} from '../_helpers/mixed-builds.js';
import { buildsetsOf, type Key } from '../_helpers/mixed-cluster.js';

const SKIPPED = 3;
const CANCELLED = 6;
/** How bbctl compresses; the real master is told to do otherwise. */
const GZ = 1;
const ours = ['blue', 'green'] as const;
const all: readonly Key[] = ['real', ...ours];

function untilResult({ db }: MixedBuilds, { requestId }: Forced, results: number): Promise<true> {
  return until(`request ${requestId} ends`, async () => {
    const found = await readResults(db, requestId);
    if (found !== null && found !== results) throw new Error(`request ${requestId} ended with ${found}`);
    return found === results;
  });
}

/** Both kinds build the same; returns the builds: the real master's first. */
async function print(c: MixedBuilds): Promise<readonly number[]> {
  await c.openGate();
  await c.real.start();
  const theirs = await c.force('real', 'print');
  await untilResult(c, theirs, SUCCESS);
  c.configure(true);
  await startOurs(c, ...ours);
  const own = await c.force('blue', 'print');
  await untilResult(c, own, SUCCESS);
  c.t.is((await buildersOf(c, theirs.requestId))[0]?.by, 'real');
  c.t.not((await buildersOf(c, own.requestId))[0]?.by, 'real');
  return (await c.db.query('SELECT id FROM builds ORDER BY id')).map(({ id }) => Number(id));
}

/** Line by line what was printed, by either API, of the log of either. */
async function readLogs(c: MixedBuilds, builds: readonly number[]): Promise<void> {
  const { t } = c;
  for (const id of builds) {
    const log = `builds/${id}/steps/command/logs/stdio`;
    for (const key of ['real', 'blue'] as const) {
      const lines = await linesOf(c, key, log);
      const marked = (mark: string): string[] => lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(1)); // prettier-ignore
      t.deepEqual(marked('o'), printed.stdout, `${log}, by ${key}`);
      t.deepEqual(marked('e'), printed.stderr, `${log}, by ${key}`);
      t.true(marked('h').length > 0);
      t.is(marked('h').length + printed.stdout.length + printed.stderr.length, lines.length);
    }
    const [theirs, own] = await Promise.all((['real', 'blue'] as const).map((key) => fetch(`${c.url(key)}api/v2/${log}/raw`).then((answer) => answer.text()))); // prettier-ignore
    t.true(own?.trimEnd() === theirs?.trimEnd(), `${log}/raw`);
  }
}

async function linesOf(c: MixedBuilds, key: Key, log: string): Promise<string[]> {
  const { logchunks } = (await get(c, key, `${log}/contents`)) as { logchunks: Chunk | Chunk[] };
  const { content } = [logchunks].flat()[0] ?? { content: '' };
  return content.replace(/\n$/, '').split('\n');
}

interface Chunk {
  readonly content: string;
}

const lists = ['masters', 'builders', 'workers', 'schedulers', 'changesources', 'sourcestamps', 'buildrequests?order=buildrequestid', 'buildsets?order=bsid', 'builds?order=buildid&property=*']; // prettier-ignore
const placesOfBuild = ['', '/steps', '/steps/0/logs', '/properties', '/changes'];

/** Both REST APIs tell the same of everything, whoever made it. */
async function showAlike(c: MixedBuilds): Promise<void> {
  const { t, db } = c;
  // One of each kind.
  const builds = await db.query('SELECT MIN(id) AS id FROM builds GROUP BY masterid, builderid, results');
  const requests = await db.query('SELECT MIN(id) AS id, MIN(buildsetid) AS buildset FROM buildrequests GROUP BY builderid, results'); // prettier-ignore
  const paths = [
    ...lists,
    ...builds.flatMap(({ id }) => placesOfBuild.map((place) => `builds/${Number(id)}${place}`)),
    ...requests.flatMap(({ id, buildset }) => [
      `buildrequests/${Number(id)}/builds`,
      `buildsets/${Number(buildset)}/properties`,
    ]),
  ];
  for (const path of paths) {
    const [theirs, own] = [await get(c, 'real', path), await get(c, 'green', path)];
    t.deepEqual(comparable(path, own), comparable(path, theirs), path);
  }
}

type Entity = Record<string, unknown>;

/** What differs between a build of the one kind and of the other is where and when it was built, and one step. */
async function areTwins(c: MixedBuilds, [theirs = 0, own = 0]: readonly number[]): Promise<void> {
  const { t } = c;
  const twins = await Promise.all([theirs, own].map(async (id) => {
    const { builds } = (await get(c, 'real', `builds/${id}`)) as { builds: Entity[] };
    const { steps } = (await get(c, 'real', `builds/${id}/steps`)) as { steps: Entity[] };
    const { logs } = (await get(c, 'real', `builds/${id}/steps/command/logs`)) as { logs: Entity[] };
    const { properties } = (await get(c, 'real', `builds/${id}/properties`)) as { properties: [Record<string, [unknown, string]>] }; // prettier-ignore
    return { builds, logs, steps: steps.filter(({ name }) => name !== 'worker_preparation'), properties: properties[0] }; // prettier-ignore
  })); // prettier-ignore
  const [one, other] = twins.map(({ properties, ...rest }) => ({
    ...Object.fromEntries(Object.entries(rest).map(([kind, entities]) => [kind, entities.map(withoutPlace)])),
    properties: Object.entries(properties).map(([name, [value, source]]) => [name, source, /number|name|dir/.test(name) ? typeof value : value]), // prettier-ignore
  }));
  t.deepEqual(other, one);
}

function withoutPlace(entity: Entity): Entity {
  const place = /^(.*_at|(build|step|log|buildrequest|master|worker)id|number|num_lines)$/;
  return Object.fromEntries(Object.entries(entity).map(([name, value]) => [name, place.test(name) ? typeof value : value])); // prettier-ignore
}

/** Beside a master that does not run, Buildbot takes the chunks of all logs apart and makes new ones, in another way. */
async function compressAnew(c: MixedBuilds): Promise<void> {
  const ways = async (): Promise<number[]> => (await c.db.query('SELECT DISTINCT compressed AS way FROM logchunks')).map(({ way }) => Number(way)); // prettier-ignore
  c.t.true((await ways()).includes(GZ));
  await c.real.cleanUpDatabase();
  c.t.false((await ways()).includes(GZ));
}

/** As many as can run at once, all of them asked of one master, are built by all: two on each of bbctl's own, and one. */
async function fill(c: MixedBuilds, by: Key): Promise<Forced[]> {
  await c.closeGate();
  const asked = await Promise.all(Array.from({ length: 5 }, () => c.force(by, 'slow')));
  const building: Key[] = [];
  for (const { requestId } of asked) building.push(await untilBuilding(c, requestId, ...all));
  c.t.deepEqual(building.sort(), ['blue', 'blue', 'green', 'green', 'real'], `asked of ${by}`);
  return asked;
}

async function empty(c: MixedBuilds, asked: readonly Forced[]): Promise<void> {
  await c.openGate();
  for (const one of asked) await untilResult(c, one, SUCCESS);
}

/** Commands say of builds and requests of either kind what is so. */
async function tellTheTruth(c: MixedBuilds, asked: readonly Forced[]): Promise<void> {
  const { t } = c;
  const ids = asked.map(({ requestId }) => requestId).sort((a, b) => a - b);
  const { builds } = (await c.bbctl('builds', '--running', '--json')).json() as { builds: { request: number; masterState: string }[] }; // prettier-ignore
  t.deepEqual(builds.map(({ request }) => request).sort((a, b) => a - b), ids); // prettier-ignore
  t.true(builds.every(({ masterState }) => masterState === 'active'));
  const { requests } = (await c.bbctl('requests', '--json')).json() as { requests: { id: number; state: string }[] };
  t.deepEqual(requests.map(({ id, state }) => [id, state]).sort(), ids.map((id) => [id, 'claimed']).sort()); // prettier-ignore
  const why = await c.bbctl('why', String(await builtBy(c, asked, 'real')));
  t.true(why.stdout.includes(`${c.real.name} builds it since`), why.stdout);
  t.regex((await c.bbctl('status')).stdout, /Nothing is wrong[^]*5 open requests: 0 pending, 5 claimed/);
  const { status, stdout, stderr } = await c.bbctl('doctor');
  t.is(status, 0, stdout + stderr);
}

async function builtBy(c: MixedBuilds, asked: readonly Forced[], key: Key): Promise<number | undefined> {
  for (const { requestId } of asked) if ((await buildersOf(c, requestId))[0]?.by === key) return requestId;
  return undefined;
}

/** Killed in turn, what each was building is built by the others, or when it is back. */
async function loseEach(c: MixedBuilds): Promise<void> {
  const asked = await fill(c, 'blue');
  await tellTheTruth(c, asked);
  await c.real.kill9();
  await c.age('real');
  await loseBuilds(c, asked, 1);
  await lose(c, 'blue');
  await loseBuilds(c, asked, 3);
  await c.real.start();
  c.configure(true);
  await startOurs(c, 'blue');
  await untilAllBuild(c, asked);
  await lose(c, 'green');
  await loseBuilds(c, asked, 5);
  await startOurs(c, 'green');
  await untilAllBuild(c, asked);
  await empty(c, asked);
  for (const { requestId } of asked)
    c.t.deepEqual((await readBuilds(c.db, requestId)).filter(({ results }) => results !== RETRY).map(({ results }) => results), [SUCCESS]); // prettier-ignore
}

function lose(c: MixedBuilds, key: Key): Promise<void> {
  return c.processes.findLast((one) => one.key === key)!.kill9();
}

async function loseBuilds(c: MixedBuilds, asked: readonly Forced[], count: number): Promise<void> {
  await until(`${count} builds are lost`, async () => {
    const builds: BuildRow[] = [];
    for (const { requestId } of asked) builds.push(...(await readBuilds(c.db, requestId)));
    return builds.filter(({ results }) => results === RETRY).length === count;
  });
}

async function untilAllBuild(c: MixedBuilds, asked: readonly Forced[]): Promise<void> {
  for (const { requestId } of asked) await untilBuilding(c, requestId, ...all);
}

/** What a build of bbctl's waits for is built by the real master, who is woken for it; the build lends its slot meanwhile. */
async function askTheirs(c: MixedBuilds): Promise<void> {
  const parent = await c.force('blue', 'asks-theirs');
  await untilResult(c, parent, SUCCESS);
  c.t.deepEqual(
    (await childrenOf(c, parent)).map(({ by, results }) => [by, results]),
    [['real', SUCCESS]],
  );
}

interface Child extends Forced {
  /** Who has built it; `null`: nobody yet. */
  readonly by: Key | null;
  readonly results: number | null;
}

/** The requests that the last build of this one has triggered. */
async function childrenOf(c: MixedBuilds, { requestId }: Forced): Promise<Child[]> {
  const rows = await c.db.query(
    'SELECT r.id AS id, r.buildsetid AS buildset FROM buildrequests r JOIN buildsets s ON s.id = r.buildsetid JOIN builds b ON b.id = s.parent_buildid WHERE b.buildrequestid = ?',
    [requestId],
  );
  const children: Child[] = [];
  for (const { id, buildset } of rows) {
    const child = { requestId: Number(id), buildsetId: Number(buildset) };
    const builds = await buildersOf(c, child.requestId);
    children.push({ ...child, by: builds.at(-1)?.by ?? null, results: await readResults(c.db, child.requestId) });
  }
  return children;
}

function untilTriggered(c: MixedBuilds, parent: Forced): Promise<Child> {
  return until('it has triggered something', async () => (await childrenOf(c, parent))[0]);
}

/** Buildbot hears of the end of its own builds only: so what its builds wait for is left to it where it can build that. */
async function askShared(c: MixedBuilds): Promise<void> {
  const { t } = c;
  const asked = await fill(c, 'real');
  const parent = await c.force('real', 'asks-shared');
  const child = await untilTriggered(c, parent);
  const later = await c.force('blue', 'slow');
  const mine = await stopOne(c, asked);
  await untilBuilding(c, later.requestId, ...ours);
  t.is(await readClaim(c.db, child.requestId), null);
  await empty(c, [...asked.filter((one) => one !== mine), later]);
  await untilResult(c, parent, SUCCESS);
  t.deepEqual((await childrenOf(c, parent)).map(({ by }) => by), ['real']); // prettier-ignore
}

/** A build on blue is stopped. */
async function stopOne(c: MixedBuilds, asked: readonly Forced[]): Promise<Forced> {
  const requestId = await builtBy(c, asked, 'blue');
  const one = asked.find((some) => some.requestId === requestId)!;
  const [build] = await readBuilds(c.db, one.requestId);
  await c.tell('blue', `builds/${build?.id}`, 'stop', { reason: 'enough' });
  await untilResult(c, one, CANCELLED);
  return one;
}

/** What only bbctl's masters could build waits, and ends with the build that waits for it: else that could not even be stopped. */
async function askOurs(c: MixedBuilds): Promise<void> {
  const { t } = c;
  const parent = await c.force('real', 'asks-ours');
  const child = await untilTriggered(c, parent);
  await untilResult(c, await c.force('blue', 'ours'), SUCCESS);
  t.is(await readClaim(c.db, child.requestId), null);
  t.regex((await c.bbctl('why', String(child.requestId))).stdout, /waits for it, and would not hear/);
  const [build] = await readBuilds(c.db, parent.requestId);
  await c.tell('real', `builds/${build?.id}`, 'stop', { reason: 'nobody builds its child' });
  await untilResult(c, child, CANCELLED);
  await untilResult(c, parent, CANCELLED);
}

/** Each kind collapses what it adds, or claims; nothing is built twice or not at all. */
async function collapse(c: MixedBuilds): Promise<void> {
  await c.closeGate();
  const running: Forced[] = [];
  for (const by of ['real', 'blue', 'green'] as const) {
    running.push(await c.force(by, 'merged'));
    await untilBuilding(c, running.at(-1)!.requestId, ...all);
  }
  const first = await c.force('blue', 'merged');
  const second = await c.force('real', 'merged');
  await untilResult(c, first, SKIPPED);
  const [third, last] = [await c.force('blue', 'merged'), await c.force('blue', 'merged')];
  await empty(c, [...running, last]);
  await untilResult(c, second, SKIPPED);
  await untilResult(c, third, SKIPPED);
}

/** A Buildbot scheduler that depends on another hears of buildsets that its own master completes; being enabled, it looks. */
async function dependOn(c: MixedBuilds): Promise<void> {
  const { t, repository } = c;
  const light = await idOf(c, 'workers', 'light');
  await c.tell('real', `workers/${light}`, 'pause', { reason: 'test' });
  await repository.commit('one');
  await until('the change is built', async () => (await buildsetsOf(c, 'on-commit'))[0]?.complete);
  t.deepEqual(await buildsetsOf(c, 'dependent'), []);
  const dependent = await idOf(c, 'schedulers', 'dependent');
  for (const enabled of [false, true]) await c.tell('real', `schedulers/${dependent}`, 'enable', { enabled });
  await until('what depends on it is asked for', async () => (await buildsetsOf(c, 'dependent')).length > 0);
  await c.tell('real', `workers/${light}`, 'unpause');
  await until('and built', async () => (await buildsetsOf(c, 'dependent'))[0]?.complete);
}

async function idOf({ db }: MixedBuilds, table: 'workers' | 'schedulers', name: string): Promise<number> {
  return Number((await db.query(`SELECT id FROM ${table} WHERE name = ?`, [name]))[0]?.id);
}

/** A person cleans up after masters of both kinds; those that come back build what was theirs. */
async function expireAll(c: MixedBuilds): Promise<void> {
  const { t } = c;
  const asked = await fill(c, 'green');
  await Promise.all([c.real.kill9(), lose(c, 'blue'), lose(c, 'green')]);
  for (const key of all) await c.age(key);
  const { status, stdout, stderr } = await c.bbctl('masters', 'expire', '--yes');
  t.is(status, 0, stdout + stderr);
  await loseBuilds(c, asked, 5);
  for (const { requestId } of asked) t.is(await readClaim(c.db, requestId), null);
  await compressAnew(c);
  await c.real.start();
  c.configure(true);
  await startOurs(c, ...ours);
  await untilAllBuild(c, asked);
  await empty(c, asked);
}

/** Nothing is open, and of each request there is one build that was not to be done anew, or none, where it was not needed. */
async function settle(c: MixedBuilds): Promise<void> {
  const { t, db } = c;
  for (const table of ['builds', 'steps', 'buildrequests', 'buildsets'])
    t.deepEqual(await db.query(`SELECT id FROM ${table} WHERE complete_at IS NULL`), [], table);
  t.deepEqual(await db.query('SELECT id FROM logs WHERE complete = 0'), []);
  const odd = await db.query(
    'SELECT r.id AS id, r.results AS results, COUNT(b.id) AS n FROM buildrequests r LEFT JOIN builds b ON b.buildrequestid = r.id AND b.results <> 5 GROUP BY r.id, r.results HAVING COUNT(b.id) <> 1',
  );
  t.deepEqual(
    odd.filter(({ n, results }) => Number(n) > 0 || ![SKIPPED, CANCELLED].includes(Number(results))),
    [],
  );
  t.deepEqual(await db.query('SELECT s.id FROM buildsets s JOIN buildrequests r ON r.buildsetid = s.id WHERE r.complete_at > s.complete_at'), []); // prettier-ignore
  t.notRegex(c.real.log(), /Traceback|Unhandled/);
  t.deepEqual(c.processes.flatMap((master) => master.log()).filter(({ level }) => level === 'error'), []); // prettier-ignore
  await until('doctor is quiet', async () => (await c.bbctl('doctor')).status === 0);
}

type Scene = (c: MixedBuilds) => Promise<void>;

async function story(c: MixedBuilds, scenes: readonly Scene[]): Promise<void> {
  const builds = await print(c);
  await readLogs(c, builds);
  await areTwins(c, builds);
  for (const scene of scenes) {
    const started = performance.now();
    await scene(c);
    c.t.log(`${scene.name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  await readLogs(c, builds);
  await showAlike(c);
  await settle(c);
}

const wholeStory = [askTheirs, askShared, askOurs, collapse, dependOn, loseEach, expireAll];

realTest('postgres', 'PostgreSQL: masters of both kinds build, wait for each other, and are killed; each request is built once', async (t) => {
  await story(await mixedBuilds(t, 'postgres'), wholeStory);
}); // prettier-ignore

realTest('myisam', 'MariaDB: masters of both kinds build, and are killed; each request is built once', async (t) => {
  await story(await mixedBuilds(t, 'myisam'), [loseEach]);
});
