// When Buildbot masters are told of requests, and when they are left alone. With a real one: test/real/mixed-cluster.test.ts.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import type { Control } from '../../../src/lib/model/inventory.js';
import { systemClock, type Clock } from '../../../src/lib/runtime/clock.js';
import { openStores } from '../../../src/lib/runtime/stores.js';
import { wakeBuildbots } from '../../../src/lib/runtime/wake-buildbots.js';
import { WakeUps } from '../../../src/lib/runtime/wake-ups.js';
import { until } from '../../_helpers/buildbot/until.js';
import { databaseFrom, type TestDatabase } from '../../_helpers/database.js';
import { everything } from '../../_helpers/facts.js';
import { insertRevision } from '../../_helpers/recordings.js';
import { rememberingLog, type Said } from '../../_helpers/service-context.js';

const master = 'host:/srv/real';

interface Scene {
  readonly folder: string;
  readonly said: readonly Said[];
  isMine: boolean;
  /** How often the master was woken. */
  woken(): number;
  ask(id: number): Promise<void>;
  claim(id: number): Promise<void>;
  release(id: number): Promise<void>;
  /** Until it looks again, unless something is announced. */
  restMs(): number;
  readonly db: TestDatabase;
  /** One more look, to its end: after an announcement, or because a minute is over. */
  look(why: 'announced' | 'minute'): Promise<void>;
  stop(): Promise<void>;
}

/** A Buildbot master that lives and configures the builder `tests`; what wakes it adds a line to a file. */
async function scene(t: ExecutionContext, control?: (folder: string) => Control): Promise<Scene> {
  const db = await database(t);
  const folder = mkdtempSync(path.join(tmpdir(), 'bbctl-waking-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'woken');
  const wake = control?.(folder) ?? { exec: ['sh', '-c', 'echo >> woken'] };
  const inventory = everything({ file: path.join(folder, 'cluster.yaml'), masters: [{ key: 'real', name: master, kind: 'buildbot', listen: null, control: { wake } }] }); // prettier-ignore
  const rest = resting();
  const [wakeUps, log, life] = [new WakeUps(rest.clock), rememberingLog(), new AbortController()];
  const stores = openStores({ location: parseDatabaseUrl(db.url), expireAfterMs: 5000, clock: systemClock });
  const made: Scene = {
    folder,
    db,
    restMs: rest.lastMs,
    said: log.said,
    isMine: true,
    woken: () => (existsSync(file) ? readFileSync(file, 'utf8').length : 0),
    ask: (id) => ask(db, id),
    claim: (id) => db.query('INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES (?, 1, 1)', [id]).then(() => {}),
    release: (id) => db.query('DELETE FROM buildrequest_claims WHERE brid = ?', [id]).then(() => {}),
    async look(why) {
      const before = await rest.begun();
      if (why === 'announced') wakeUps.announce(['requests']);
      else rest.end();
      await rest.begun(before);
    },
    stop: () => (life.abort(), ended),
  }; // prettier-ignore
  const ended = wakeBuildbots({ store: stores.work, clock: rest.clock, log, wakeUps, inventory: () => inventory, isMine: () => made.isMine }, life.signal); // prettier-ignore
  t.teardown(async () => {
    life.abort();
    await ended;
    await Promise.all([stores.work.close(), stores.heart.close()]);
  });
  await rest.begun();
  return made;
}

async function database(t: ExecutionContext): Promise<TestDatabase> {
  const db = await databaseFrom('sqlite', '3.7.0/fresh');
  t.teardown(() => db.close());
  await insertRevision(db, '3.7.0/fresh');
  await db.query('INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (1, ?, ?, 1, ?)', [master, 'h', Math.floor(Date.now() / 1000)]); // prettier-ignore
  await db.query("INSERT INTO builders (id, name, name_hash) VALUES (1, 'tests', 'h')");
  await db.query('INSERT INTO builder_masters (id, builderid, masterid) VALUES (1, 1, 1)');
  return db;
}

async function ask(db: TestDatabase, id: number): Promise<void> {
  await db.query('INSERT INTO buildsets (id, submitted_at, complete) VALUES (?, 1, 0)', [id]);
  await db.query('INSERT INTO buildrequests (id, buildsetid, builderid, submitted_at, complete, results) VALUES (?, ?, 1, 1, 0, -1)', [id, id]); // prettier-ignore
}

/** A clock whose long waits end when the test wants it, and whose short ones are none. */
function resting() {
  let count = 0;
  let lastMs = 0;
  let end = (): void => {};
  const clock: Clock = {
    monotonicMs: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms <= 1000) return resolve();
        count++;
        lastMs = ms;
        end = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
  /** The number of the rest that it takes now: later than that one. */
  const begun = (before = 0): Promise<number> => until('it rests', () => count > before && count, { everyMs: 5 });
  return { clock, begun, end: () => end(), lastMs: () => lastMs };
}

test('who would build it is woken once for each request, and again for one that was released', async (t) => {
  const c = await scene(t);
  await c.look('announced');
  t.is(c.woken(), 0);
  await c.ask(1);
  await c.ask(2);
  await c.look('announced');
  t.is(c.woken(), 1);
  t.like(c.said.at(-1), { level: 'info', fields: { master, builders: 'tests' } });
  await c.look('announced');
  await c.look('minute');
  t.is(c.woken(), 1);
  await c.ask(3);
  await c.look('announced');
  t.is(c.woken(), 2);
  await c.claim(1);
  await c.look('minute');
  t.is(c.woken(), 2);
  await c.release(1);
  await c.look('minute');
  t.is(c.woken(), 3);
});

test('after a look that failed it does not wait for a minute', async (t) => {
  const c = await scene(t);
  await c.db.query('ALTER TABLE builder_masters RENAME TO away');
  await c.ask(1);
  await c.look('announced');
  t.like(c.said.at(-1), { level: 'warn' });
  t.is(c.restMs(), 5000);
  await c.db.query('ALTER TABLE away RENAME TO builder_masters');
  await c.look('minute');
  t.is(c.woken(), 1);
  t.is(c.restMs(), 60_000);
});

test('of several masters one does it', async (t) => {
  const c = await scene(t);
  c.isMine = false;
  await c.ask(1);
  await c.look('announced');
  t.is(c.woken(), 0);
  c.isMine = true;
  await c.look('announced');
  t.is(c.woken(), 1);
});

test('a trouble is told once, and tried again until it is over', async (t) => {
  const c = await scene(t, () => ({ exec: ['sh', '-c', 'echo >> woken; echo not today; test -e open'] }));
  await c.ask(1);
  await c.look('announced');
  await c.look('minute');
  t.is(c.woken(), 2);
  t.deepEqual(c.said.map(({ level }) => level), ['warn']); // prettier-ignore
  t.regex(c.said[0]?.message ?? '', /sh ended with status 1: not today$/);
  writeFileSync(path.join(c.folder, 'open'), '');
  await c.look('minute');
  t.is(c.said.at(-1)?.level, 'info');
  await c.look('minute');
  t.is(c.woken(), 3);
});

test('what hangs does not keep a master that stops', async (t) => {
  const c = await scene(t, () => ({ exec: ['sh', '-c', 'echo >> woken; exec sleep 30'] }));
  await c.ask(1);
  const looking = c.look('announced');
  looking.catch(() => {});
  await until('it is being woken', () => c.woken() === 1, { everyMs: 5 });
  await c.stop();
  t.deepEqual(c.said, []);
});
