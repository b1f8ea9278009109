import type { ExecutionContext } from 'ava';
import { isStepRunning, until } from '../buildbot.js';
import type { EngineName } from '../database.js';
import { services } from './cluster-file.js';
import type { Key } from './sides.js';
import { upgradeScene, type Kinds, type SceneDatabase, type UpgradeScene } from './upgrade-scene.js';

/** Blue runs, holds every service and has every worker that it may have; it builds, a request waits behind that, and more come all the time. */
export async function begin(
  t: ExecutionContext,
  engine: EngineName,
  kinds: Kinds,
  own?: SceneDatabase,
): Promise<UpgradeScene> {
  const scene = await upgradeScene(t, engine, kinds, own);
  const { sides, asking, haproxy, db } = scene;
  await Promise.all([sides.blue.start(), scene.connectRoving()]);
  await held(scene, 'blue');
  if (haproxy && kinds.blue === 'buildbot') await until('workers have come through HAProxy', async () => (await haproxy.stats())['blue']?.sessions === 2); // prettier-ignore
  await building(scene, 'blue');
  await until('the repository was polled', async () => (await db.query('SELECT 1 AS one FROM object_state WHERE name = ?', ['lastRev'])).length > 0); // prettier-ignore
  await scene.commit('before');
  await scene.connectFresh();
  asking.start();
  await asking.more(5);
  return scene;
}

/** A build that waits for the gate runs on this master, and another one waits for its worker. */
export async function building({ asking, db }: UpgradeScene, by: Key): Promise<number> {
  const ask = (): Promise<number> => until(`${by} takes a request`, async () => (await asking.ask(by, 'slow')) ?? undefined);
  const slow = await ask();
  await until('the build waits at the gate', () => isStepRunning(db, slow));
  await ask();
  return slow;
} // prettier-ignore

async function held({ db, sides }: UpgradeScene, by: Key): Promise<void> {
  const sql =
    'SELECT s.name AS name FROM scheduler_masters c JOIN schedulers s ON s.id = c.schedulerid JOIN masters m ON m.id = c.masterid WHERE m.name = ? ' +
    'UNION ALL SELECT s.name FROM changesource_masters c JOIN changesources s ON s.id = c.changesourceid JOIN masters m ON m.id = c.masterid WHERE m.name = ?';
  await until(`${by} holds every service`, async () => {
    const rows = await db.query(sql, [sides[by].name, sides[by].name]).catch(() => []);
    return services.every((service) => rows.some(({ name }) => name === service));
  });
}
