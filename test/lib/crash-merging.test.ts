// "builders merge" killed (SIGKILL) at places drawn by lot, in its steps and between them: run again, completed, or
// taken back, the database is as if nobody had interrupted it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { restore } from '../_helpers/clusters.js';
import { diffDumps, engines, type Dump, type EngineName, type TestDatabase } from '../_helpers/database.js';
import { complete, entriesOf, mergeForced, temporaryFolder, throughGate, undo } from '../_helpers/gate-hooks.js';
import type { Place } from '../_helpers/killed-gate.js';
import { addBuild, addManyBuilds, renamedBuilder } from '../_helpers/renamed.js';

const merge = () => mergeForced('quick', 'slow');

/** Statements that write, of each step: it tells where it can be killed. */
interface Uninterrupted {
  readonly writes: readonly number[];
  readonly merged: Dump;
}

interface Scene extends Uninterrupted {
  readonly db: TestDatabase;
  readonly before: Dump;
}

async function prepare(t: ExecutionContext, engine: EngineName): Promise<Scene> {
  const { db, from, into } = await renamedBuilder(t, engine);
  for (const builder of [from, into]) await addManyBuilds(db, builder.id, 550);
  for (const builder of [from, into, from]) await addBuild(db, builder.id);
  const before = await db.dump();
  const journal = await temporaryFolder(t);
  await throughGate(db.url, merge(), { journal });
  const [entry] = entriesOf(journal);
  const merged = await db.dump();
  await restore(db, before);
  const writes = (entry?.steps ?? []).map(({ sets }) => sets.reduce((sum, set) => sum + (set.kind === 'replace' ? set.rows.length : 1), 0)); // prettier-ignore
  return { db, before, merged, writes };
}

/** The same lots each time. */
function* lots(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

function placeBy(draw: Generator<number, never>, writes: readonly number[], round: number): Place {
  const among = (count: number): number => Math.floor(draw.next().value * count);
  // Every other time in the builds, where most is written.
  const step = round % 2 === 0 ? among(2) : among(writes.length);
  const at = (['before write', 'before write', 'before commit', 'after commit'] as const)[among(4)] ?? 'before write';
  return at === 'before write' ? { at, step, write: among(writes[step] ?? 1) } : { at, step };
}

async function killAt(place: Place, url: string, journal: string): Promise<void> {
  const program = new URL('../_helpers/killed-gate.js', import.meta.url);
  const child = fork(program, [url, journal, JSON.stringify(place), 'merge quick slow']);
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (signal !== 'SIGKILL') throw new Error(`it was not killed at ${JSON.stringify(place)}`);
}

const ways = {
  'run again': async ({ db, merged }: Scene, journal: string) => {
    await throughGate(db.url, merge(), { journal });
    return diffDumps(merged, await db.dump());
  },
  completed: async ({ db, merged }: Scene, journal: string) => {
    await complete(db.url, journal, 1);
    return diffDumps(merged, await db.dump());
  },
  'taken back': async ({ db, before }: Scene, journal: string) => {
    await undo(db.url, journal, 1);
    return diffDumps(before, await db.dump());
  },
};

for (const engine of engines) {
  for (const seed of engine === 'myisam' ? [1, 2, 3] : [1]) {
    test(`${engine}: killed anywhere (${seed}), it is run again, completed, or taken back`, async (t) => {
      const scene = await prepare(t, engine);
      const draw = lots(seed);
      for (let round = 0; round < 4; round++) {
        const place = placeBy(draw, scene.writes, round);
        const journal = await temporaryFolder(t);
        await restore(scene.db, scene.before);
        await killAt(place, scene.db.url, journal);
        const killed = await scene.db.dump();
        for (const [way, go] of Object.entries(ways)) {
          await restore(scene.db, killed);
          const copy = await temporaryFolder(t);
          await cp(journal, copy, { recursive: true });
          t.deepEqual(await go(scene, copy), [], `${way} after ${JSON.stringify(place)}`);
        }
      }
    });
  }
}
