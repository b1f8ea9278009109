// One real Buildbot master and two of bbctl's own: each is killed in turn, and the others go on with what it had.
import {
  countOpenRequests,
  readBuilds,
  readClaim,
  readMaster,
  readNotBuiltOnce,
  readResults,
  realTest,
  SUCCESS,
  until,
  type ServerEngine,
} from '../_helpers/buildbot.js';
import { isStepRunning } from '../_helpers/buildbot/records.js';
import type { MasterProcess } from '../_helpers/master-process.js';
import {
  buildsetsOf,
  holders,
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

/** What the real master holds, it keeps; the masters of bbctl's own share the rest; and bbctl says so. */
async function sharing(c: MixedCluster): Promise<{ blue: MasterProcess; green: MasterProcess }> {
  const { t, real } = c;
  await c.openGate();
  await real.start();
  await untilHeld(c, shared, ['real']);
  c.configure(false);
  const blue = c.start('blue');
  await untilHeld(c, own, ['blue']);
  const green = c.start('green');
  const held = await until('green has its share', async () => {
    const now = await holders(c);
    return own.some((service) => now[service] === 'green') && now;
  });
  for (const service of shared) t.is(held[service], 'real');
  await tellsTheTruth(c, { real: 'active', blue: 'active', green: 'active' });
  return { blue, green };
}

async function tellsTheTruth(c: MixedCluster, states: Partial<Record<Key, string>>): Promise<void> {
  const { t, real } = c;
  const masters = (await c.bbctl('masters', '--json')).json() as { masters: { name: string; state: string }[] };
  const shown = new Map(masters.masters.map(({ name, state }) => [name === real.name ? 'real' : name, state]));
  for (const [key, state] of Object.entries(states)) t.is(shown.get(key), state, key);
  const { status, stdout, stderr } = await c.bbctl('doctor');
  t.is(status, 0, stdout + stderr);
}

/** What bbctl's schedulers ask for is built by the real master: as soon as somebody tells it. */
async function waking(c: MixedCluster, { blue, green }: { blue: MasterProcess; green: MasterProcess }): Promise<void> {
  const { t, db, real } = c;
  const [first] = await until('"own" has fired', async () => {
    const some = await buildsetsOf(c, 'own');
    return some.length > 0 && some;
  });
  const { requestId } = await real.force('quick');
  await until('the real master has built something else', async () => (await readResults(db, requestId)) === SUCCESS);
  t.false(first?.complete);
  c.configure(true);
  for (const master of [blue, green]) master.signal('SIGHUP');
  await until('the real master has built it', async () => (await buildsetsOf(c, 'own'))[0]?.complete);
}

/** Killed, and taken over from within seconds; what the real master has is not touched. */
async function oneOfOursDies(c: MixedCluster, blue: MasterProcess, green: MasterProcess): Promise<MasterProcess> {
  const { t } = c;
  await blue.kill9();
  const held = await untilHeld(c, own, ['green']);
  for (const service of shared) t.is(held[service], 'real');
  const again = c.start('blue');
  await green.logged('handed over to blue');
  return again;
}

/** It releases what it held; bbctl's masters wait, and then nothing takes it from them. */
async function theRealOneStops(c: MixedCluster): Promise<void> {
  const { t, real, repository } = c;
  await repository.commit('one');
  await untilBuilt(c, 'on-commit', 'one');
  await untilBuilt(c, 'own-branch', 'one');
  const before = Date.now();
  await real.stop();
  await repository.commit('two');
  await untilHeld(c, everything, ['blue', 'green']);
  t.true(Date.now() - before > 25_000);
  quiet(c);
  await real.start();
  c.configure(true);
}

function quiet({ t, real }: MixedCluster): void {
  t.notRegex(real.log(), /Traceback|Unhandled/);
}

async function story(c: MixedCluster): Promise<void> {
  const { t, db, real, repository, ownRepository } = c;
  const started = Date.now();
  const mark = (what: string): void => t.log(`${((Date.now() - started) / 1000).toFixed(1)} s: ${what}`);
  const { blue, green } = await sharing(c);
  mark('shared');
  await waking(c, { blue, green });
  mark('woken');
  const blueAgain = await oneOfOursDies(c, blue, green);
  mark('one of ours died and is back');
  await theRealOneStops(c);
  for (const master of [blueAgain, green]) master.signal('SIGHUP');
  await untilBuilt(c, 'on-commit', 'two');
  await untilBuilt(c, 'own-branch', 'two');
  const held = await holders(c);
  for (const service of everything) t.not(held[service], 'real');
  await tellsTheTruth(c, { real: 'active', blue: 'active', green: 'active' });
  mark('real stopped and is back');

  // Ours die; a change waits for its tree to be stable.
  await repository.commit('three');
  await until('the change waits', async () => (await db.query('SELECT changeid FROM scheduler_changes')).length > 0);
  await Promise.all([blueAgain.kill9(), green.kill9()]);
  await ownRepository.commit('own one');
  t.is((await buildsetsOf(c, 'on-commit')).length, 2);
  for (const key of ['blue', 'green'] as const) await c.age(key);
  await untilHeld(c, shared, ['real']);
  mark('real has taken over');
  await untilBuilt(c, 'on-commit', 'three');
  await repository.commit('four');
  await untilBuilt(c, 'on-commit', 'four');
  const [blue3, green3] = [c.start('blue'), c.start('green')];
  const now = await untilHeld(c, own, ['blue', 'green']);
  for (const service of shared) t.is(now[service], 'real');
  await untilBuilt(c, 'own-branch', 'four');
  await untilBuilt(c, 'own-branch', 'own one');
  mark('ours are back');

  // The real one dies, with a build.
  await c.closeGate();
  const { requestId: stuck } = await real.force('slow');
  await until('the build runs', () => isStepRunning(db, stuck));
  quiet(c);
  await real.kill9();
  await repository.commit('five');
  await c.age('real');
  await untilHeld(c, everything, ['blue', 'green']);
  await until('the claim is gone', async () => (await readClaim(db, stuck)) === null);
  mark('ours have taken over');
  await c.openGate();
  await real.start();
  c.configure(true);
  for (const master of [blue3, green3]) master.signal('SIGHUP');
  await untilBuilt(c, 'on-commit', 'five');
  await untilBuilt(c, 'own-branch', 'five');
  await until('the request is built', async () => (await readResults(db, stuck)) === SUCCESS);
  t.is((await readBuilds(db, stuck)).length, 2);
  await tellsTheTruth(c, { real: 'active', blue: 'active', green: 'active' });
  mark('real is back');
  for (const master of [blue3, green3]) await master.stop();
  await until('nothing waits', async () => (await countOpenRequests(db)) === 0);
  await accounts(c);
  mark('end');
}

/** Each thing once. */
async function accounts(c: MixedCluster): Promise<void> {
  const { t, db, real } = c;
  const changes = await readChanges(c);
  t.deepEqual(changes.map(({ comments }) => comments).sort(), ['five', 'four', 'one', 'own one', 'three', 'two']);
  const stampsOf = async (name: string): Promise<number[]> => (await buildsetsOf(c, name)).map(({ stamp }) => stamp).sort((a, b) => a - b); // prettier-ignore
  t.deepEqual(
    await stampsOf('own-branch'),
    changes.map(({ stamp }) => stamp).sort((a, b) => a - b),
  );
  t.log(await stampsOf('on-commit'), changes);
  t.is((await buildsetsOf(c, 'own')).length, 1);
  const ticks = (await buildsetsOf(c, 'periodic')).map(({ at }) => at);
  t.deepEqual(
    ticks.filter((at, index) => index > 0 && at - (ticks[index - 1] ?? 0) < periodSeconds - 1),
    [],
  );
  const minutes = (await buildsetsOf(c, 'nightly')).map(({ at }) => Math.floor(at / 60));
  t.deepEqual(minutes, [...new Set(minutes)]);
  t.deepEqual(await readNotBuiltOnce(db), []);
  await shows(c);
  quiet(c);
  await readMaster(db, real);
}

/** The real master's REST has no trouble with anything that bbctl's have written. */
async function shows({ t, real }: MixedCluster): Promise<void> {
  for (const kind of ['masters', 'schedulers', 'changesources', 'buildsets', 'changes', 'buildrequests', 'builders', 'workers', 'builds', 'sourcestamps']) {
    const answer = (await real.rest(kind)) as Record<string, unknown[]>;
    t.true((answer[kind]?.length ?? 0) > 0, kind);
  }
} // prettier-ignore

for (const [engine, name] of [
  ['postgres', 'PostgreSQL'],
  ['myisam', 'MariaDB'],
] as const satisfies readonly (readonly [ServerEngine, string])[]) {
  realTest(engine, `${name}: whoever is killed, the others go on, and nothing is lost or done twice`, async (t) => {
    await story(await mixedCluster(t, engine));
  });
}
