// One real Buildbot master and two of bbctl's own: each is killed in turn, and the others go on with what it had.
import {
  countOpenRequests,
  readBuilds,
  readClaim,
  readNotBuiltOnce,
  readResults,
  realTest,
  RETRY,
  SUCCESS,
  until,
  type ServerEngine,
} from '../_helpers/buildbot.js';
import { isStepRunning } from '../_helpers/buildbot/records.js';
import type { MasterProcess } from '../_helpers/master-process.js';
import {
  buildsetsOf,
  mixedCluster,
  own,
  periodSeconds,
  readChanges,
  shared,
  untilBuilt,
  untilHeld,
  type Key,
  type MixedCluster,
} from '../_helpers/mixed-cluster.js';

const everything = [...shared, ...own];
const ours = ['blue', 'green'] as const;

interface Pair {
  readonly blue: MasterProcess;
  readonly green: MasterProcess;
}

/** What the real master holds, it keeps; the masters of bbctl's own share the rest, and bbctl says so. */
async function share(c: MixedCluster): Promise<Pair> {
  await c.openGate();
  await c.real.start();
  await untilHeld(c, shared, ['real']);
  c.configure(false);
  const blue = c.start('blue');
  await untilHeld(c, own, ['blue']);
  const green = c.start('green');
  await blue.logged('handed over to green');
  await untilHeld(c, shared, ['real']);
  await tellTheTruth(c, ['real']);
  return { blue, green };
}

/** What bbctl's schedulers ask for is built by the real master as soon as somebody tells it, and not before. */
async function wake(c: MixedCluster, pair: Pair): Promise<void> {
  const { t, db, real } = c;
  const asked = await until('"own" fires', async () => (await buildsetsOf(c, 'own'))[0]);
  const { requestId: other } = await real.force('quick');
  await until('the real master has built something else', async () => (await readResults(db, other)) === SUCCESS);
  t.false(asked.complete);
  t.like(await buildsetsOf(c, 'own'), [{ id: asked.id, complete: false }]);
  tellAddress(c, pair);
  await until('the real master has built it', async () => (await buildsetsOf(c, 'own'))[0]?.complete);
}

/** The port of its web server is another one after each start. */
function tellAddress(c: MixedCluster, { blue, green }: Pair): void {
  c.configure(true);
  for (const master of [blue, green]) master.signal('SIGHUP');
}

/** Killed, its services are another's within seconds, and what the real master has is not touched. */
async function loseBlue(c: MixedCluster, { blue, green }: Pair): Promise<Pair> {
  await blue.kill9();
  await untilHeld(c, own, ['green']);
  await untilHeld(c, shared, ['real']);
  const again = c.start('blue');
  await green.logged('handed over to blue');
  return { blue: again, green };
}

/** What the real master lets go is not taken before its stop can have deleted claims that are no more its own. */
async function stopReal(c: MixedCluster, pair: Pair): Promise<void> {
  const { t, real, repository } = c;
  await repository.commit('one');
  await untilBuilt(c, 'on-commit', 'one');
  await untilBuilt(c, 'own-branch', 'one');
  quiet(c);
  const before = Date.now();
  await real.stop();
  await repository.commit('two');
  await untilHeld(c, everything, ours);
  t.true(Date.now() - before > 25_000);
  await returnReal(c, pair);
  await untilBuilt(c, 'on-commit', 'two');
  await untilBuilt(c, 'own-branch', 'two');
  await tellTheTruth(c, ours);
}

/** It accepts what it finds, and takes nothing. */
async function returnReal(c: MixedCluster, pair: Pair): Promise<void> {
  await c.real.start();
  tellAddress(c, pair);
  await untilHeld(c, everything, ours);
}

/** The real master expires both, takes what it knows, and goes on where they were: also with a tree that is not stable yet. */
async function loseBoth(c: MixedCluster, { blue, green }: Pair): Promise<Pair> {
  const { t, db, repository, ownRepository } = c;
  await repository.commit('three');
  await until('the change waits', async () => (await db.query('SELECT changeid FROM scheduler_changes')).length > 0);
  await Promise.all([blue.kill9(), green.kill9()]);
  await ownRepository.commit('own one');
  t.is((await buildsetsOf(c, 'on-commit')).length, 2);
  for (const key of ours) await c.age(key);
  await untilHeld(c, shared, ['real']);
  await untilBuilt(c, 'on-commit', 'three');
  await repository.commit('four');
  await untilBuilt(c, 'on-commit', 'four');
  const pair = { blue: c.start('blue'), green: c.start('green') };
  await untilHeld(c, own, ours);
  await untilHeld(c, shared, ['real']);
  await untilBuilt(c, 'own-branch', 'four');
  const ownOne = await untilBuilt(c, 'own-branch', 'own one');
  // Buildbot's schedulers hear of the changes of their own process only.
  t.false((await buildsetsOf(c, 'on-commit')).some(({ stamp }) => stamp === ownOne.stamp));
  return pair;
}

/** Its services are taken over, and its build is built again when it is back. */
async function loseReal(c: MixedCluster, pair: Pair): Promise<void> {
  const { t, db, real, repository } = c;
  await c.closeGate();
  const { requestId: stuck } = await real.force('slow');
  await until('the build runs', () => isStepRunning(db, stuck));
  quiet(c);
  await real.kill9();
  await repository.commit('five');
  await c.age('real');
  await untilHeld(c, everything, ours);
  await until('the claim is gone', async () => (await readClaim(db, stuck)) === null);
  // What it has missed while the change source was another's is made up for.
  await untilBuiltLater(c, 'on-commit', 'own one');
  await c.openGate();
  await returnReal(c, pair);
  await untilBuilt(c, 'on-commit', 'five');
  await untilBuilt(c, 'own-branch', 'five');
  await until('the request is built', async () => (await readResults(db, stuck)) === SUCCESS);
  t.deepEqual((await readBuilds(db, stuck)).map(({ results }) => results), [RETRY, SUCCESS]); // prettier-ignore
  await tellTheTruth(c, ours);
}

/** Asked for: nobody is there to build it. */
async function untilBuiltLater(c: MixedCluster, scheduler: string, comments: string): Promise<void> {
  await until(`${scheduler} asks for "${comments}"`, async () => {
    const change = (await readChanges(c)).find((one) => one.comments === comments);
    return (await buildsetsOf(c, scheduler)).some(({ stamp }) => stamp === change?.stamp);
  });
}

/** Three masters are active, the shared services are with some of these, and nothing is wrong. */
async function tellTheTruth(c: MixedCluster, sharing: readonly Key[]): Promise<void> {
  const { t, real } = c;
  const { masters } = (await c.bbctl('masters', '--json')).json() as { masters: { name: string; state: string }[] };
  const all: readonly Key[] = [...ours, 'real'];
  const shown = masters.map(({ name, state }) => [name === real.name ? 'real' : name, state]).sort();
  t.deepEqual(shown, all.map((key) => [key, 'active'])); // prettier-ignore
  const { services } = (await c.bbctl('services', '--json')).json() as { services: { name: string; holder: string | null }[] }; // prettier-ignore
  t.deepEqual([...new Set(services.map(({ name }) => name))].sort(), [...everything, 'force'].sort());
  const names = sharing.map((key) => (key === 'real' ? real.name : key));
  for (const { name, holder } of services) if (shared.some((one) => one === name)) t.true(names.includes(holder ?? ''), `${name}: ${holder}`); // prettier-ignore
  const { status, stdout, stderr } = await c.bbctl('doctor');
  t.is(status, 0, stdout + stderr);
}

function quiet({ t, real }: MixedCluster): void {
  t.notRegex(real.log(), /Traceback|Unhandled/);
}

/** Each thing once. */
async function settle(c: MixedCluster): Promise<void> {
  const { t, db } = c;
  // Whoever would have woken it for what was asked for last has stopped.
  await c.real.reconfig();
  await until('nothing waits', async () => (await countOpenRequests(db)) === 0);
  t.deepEqual(c.processes.flatMap((master) => master.log()).filter(({ level }) => level === 'error'), []); // prettier-ignore
  const changes = await readChanges(c);
  t.deepEqual(changes.map(({ comments }) => comments).sort(), ['five', 'four', 'one', 'own one', 'three', 'two']);
  const stamps = changes.map(({ stamp }) => stamp).sort((a, b) => a - b);
  for (const scheduler of ['on-commit', 'own-branch'])
    t.deepEqual(
      (await buildsetsOf(c, scheduler)).map(({ stamp }) => stamp).sort((a, b) => a - b),
      stamps,
      scheduler,
    );
  t.is((await buildsetsOf(c, 'own')).length, 1);
  const ticks = (await slotsOf(c, 'periodic')).sort((a, b) => a - b);
  t.deepEqual(ticks.filter((at, index) => index > 0 && at - (ticks[index - 1] ?? 0) < periodSeconds - 1), []); // prettier-ignore
  const minutes = (await slotsOf(c, 'nightly')).map((at) => Math.floor(at / 60));
  t.deepEqual(minutes, [...new Set(minutes)]);
  t.deepEqual(await readNotBuiltOnce(db), []);
}

/** The times for which it has fired; masters of bbctl's own tell, where they were late. */
async function slotsOf(c: MixedCluster, scheduler: string): Promise<number[]> {
  const lines = c.processes.flatMap((master) => master.log()).filter((line) => line['scheduler'] === scheduler && line['slot'] !== undefined); // prettier-ignore
  const told = new Map(lines.map((line) => [Number(line['buildset']), Number(line['slot'])]));
  return (await buildsetsOf(c, scheduler)).map(({ id, at }) => told.get(id) ?? at);
}

/** The real master's REST API has no trouble with anything that masters of bbctl's own have written. */
async function show({ t, real }: MixedCluster): Promise<void> {
  const kinds = ['masters', 'schedulers', 'changesources', 'buildsets', 'changes', 'buildrequests', 'builders', 'workers', 'builds', 'sourcestamps']; // prettier-ignore
  for (const kind of kinds) {
    const answer = (await real.rest(kind)) as Record<string, unknown[]>;
    t.true((answer[kind]?.length ?? 0) > 0, kind);
  }
  const { masters } = (await real.rest('masters')) as { masters: { name: string; active: boolean }[] };
  t.deepEqual(masters.map(({ active }) => active), [true, true, true]); // prettier-ignore
}

async function story(c: MixedCluster): Promise<void> {
  const started = performance.now();
  const tell = (what: string): void => c.t.log(`${((performance.now() - started) / 1000).toFixed(1)} s: ${what}`);
  const first = await share(c);
  tell('shared');
  await wake(c, first);
  tell('woken');
  const second = await loseBlue(c, first);
  tell('one of ours killed and back');
  await stopReal(c, second);
  tell('the real one stopped and back');
  const third = await loseBoth(c, second);
  tell('both of ours killed and back');
  await loseReal(c, third);
  tell('the real one killed and back');
  await show(c);
  for (const master of [third.blue, third.green]) await master.stop();
  await settle(c);
  quiet(c);
}

const servers: readonly (readonly [ServerEngine, string])[] = [
  ['postgres', 'PostgreSQL'],
  ['myisam', 'MariaDB'],
];

for (const [engine, name] of servers) {
  realTest(engine, `${name}: whoever is killed, the others go on, and nothing is lost or done twice`, async (t) => {
    await story(await mixedCluster(t, engine));
  });
}
