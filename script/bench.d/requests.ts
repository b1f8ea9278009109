import { announceNow } from '../../src/lib/runtime/run-service.js';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { systemClock } from '../../src/lib/runtime/clock.js';
import { openStores } from '../../src/lib/runtime/stores.js';
import type { Bare } from './bare.js';
import { secondsNow } from './stamp.js';

const rowsAtOnce = 1000;

/** Adds buildsets with a request each, spread over these builders; returns their ids. */
export async function addRequests(bare: Bare, count: number, builderIds: readonly number[]): Promise<number[]> {
  const [row] = await bare.query('SELECT max(id) AS id FROM buildsets');
  const ids = Array.from({ length: count }, (_, i) => Number(row?.['id'] ?? 0) + 1 + i);
  const stamp = await stampId(bare);
  const now = secondsNow();
  const insert = async (into: string, values: (id: number) => string): Promise<void> => {
    for (let from = 0; from < count; from += rowsAtOnce)
      await bare.query(`INSERT INTO ${into} VALUES ${ids.slice(from, from + rowsAtOnce).map(values).join(', ')}`); // prettier-ignore
  };
  const builderOf = (id: number): number => builderIds[id % builderIds.length] ?? 0;
  await bare.query('BEGIN');
  await insert('buildsets (id, reason, submitted_at, complete, results)', (id) => `(${id}, 'bench', ${now}, 0, -1)`);
  await insert('buildset_sourcestamps (buildsetid, sourcestampid)', (id) => `(${id}, ${stamp})`);
  await insert('buildrequests (id, buildsetid, builderid, priority, complete, results, submitted_at, waited_for)', (id) => `(${id}, ${id}, ${builderOf(id)}, 0, 0, -1, ${now}, 0)`); // prettier-ignore
  await bare.query('COMMIT');
  return ids;
}

async function stampId(bare: Bare): Promise<number> {
  const find = () => bare.query(`SELECT id FROM sourcestamps WHERE ss_hash = 'bench'`);
  const found = await find();
  if (found.length === 0)
    await bare.query(`INSERT INTO sourcestamps (ss_hash, repository, codebase, project, created_at) VALUES ('bench', '', '', '', ${secondsNow()})`); // prettier-ignore
  return Number((await find())[0]?.['id']);
}

/** Tells masters that there are requests, as whoever adds them does. */
export async function announceRequests(url: string): Promise<void> {
  const stores = openStores({ location: parseDatabaseUrl(url), expireAfterMs: 60_000, clock: systemClock });
  await announceNow(stores.work, ['requests']);
  await stores.work.close();
}

export async function idsOf(bare: Bare, table: string): Promise<number[]> {
  return (await bare.query(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => Number(id));
}
