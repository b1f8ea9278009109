import { nameHash } from '../../src/lib/db/builders.js';
import { withBare, type Bare } from './bare.js';
import type { Bench } from './bench.js';
import { Crew } from './crew.js';
import { bbctl, median, run } from './process.js';
import type { Result } from './report.js';
import { addRequests, idsOf } from './requests.js';
import { onServers, type Place } from './servers.js';

const rounds = 5;
const slots = 100;
const builders = Array.from({ length: 10 }, (_, i) => `b${i}`);
const masters = ['m1', 'm2', 'm3', 'm4'];

/** How fast masters claim what waits, beside bare claims by as many connections, each in a process of its own. */
export function claims(bench: Bench): AsyncGenerator<Result> {
  return onServers(bench, 'claims', (place) => onServer(bench, place));
}

async function* onServer(bench: Bench, { engine, url }: Place): AsyncGenerator<Result> {
  await run(bbctl(bench.dir, ['db', 'init', '--yes', '--db', url]));
  await withBare(url, addCluster);
  const count = Math.max(400, Math.round(1000 * bench.settings.scale));
  for (const crew of [1, 4]) {
    const found: Rates[] = [];
    for (let round = 0; round < rounds; round++) found.push(await compare(url, crew, count));
    const of = (rate: keyof Rates): number => median(found.map((one) => one[rate]));
    const who = `${crew} ${crew === 1 ? 'master' : 'masters'}, ${engine}`;
    yield line(`claims, ${slots} at a time: ${who} / INSERTs of one claim`, of('claims'), of('single'), {
      atLeast: 0.7,
    });
    yield line(`the same / INSERTs of ${slots} claims`, of('claims'), of('together'), {});
    yield line(`claims with the rows of their builds: ${who} / INSERTs of one claim`, of('builds'), of('single'), {});
  }
}

interface Rates {
  readonly claims: number;
  readonly builds: number;
  readonly single: number;
  readonly together: number;
}

const line = (what: string, own: number, bare: number, target: { atLeast?: number }): Result => ({
  ...{ what, measured: `${Math.round(own)} / ${Math.round(bare)} a second`, value: own / bare, unit: 'x', target },
});

/** One after the other, each on requests of its own. */
function compare(url: string, crew: number, count: number): Promise<Rates> {
  return withBare(url, async (bare) => ({
    single: await bareRate(url, bare, crew, count, 1),
    claims: await ownRate(url, bare, crew, count, 'claims'),
    builds: await ownRate(url, bare, crew, count, 'builds'),
    together: await bareRate(url, bare, crew, count, slots),
  }));
}

async function bareRate(url: string, bare: Bare, crew: number, count: number, together: number): Promise<number> {
  const ids = await fresh(url, bare, count);
  const [master = 0] = await idsOf(bare, 'masters');
  const each = Math.ceil(count / crew);
  const share = (i: number): string[] => [(ids[0] ?? 0) + i * each, Math.min((ids[0] ?? 0) + (i + 1) * each, (ids.at(-1) ?? 0) + 1) - 1].map(String); // prettier-ignore
  const members = Array.from({ length: crew }, (_, i) => ['bare', url, `${master}`, ...share(i), `${together}`]);
  return rateOf(members, count);
}

async function ownRate(
  url: string,
  bare: Bare,
  crew: number,
  count: number,
  mode: 'claims' | 'builds',
): Promise<number> {
  await fresh(url, bare, count);
  const members = masters.slice(0, crew).map((name) => [mode, url, name, `${slots}`, ...builders]);
  const rate = await rateOf(members, count);
  const [row] = await bare.query('SELECT count(*) AS begun FROM builds WHERE complete_at IS NULL');
  const begun = Number(row?.['begun']);
  if (begun !== (mode === 'builds' ? count : 0)) throw new Error(`${begun} builds were begun for ${count} requests`);
  await bare.query('UPDATE builds SET complete_at = started_at, results = 0');
  return rate;
}

async function rateOf(members: string[][], count: number): Promise<number> {
  const crew = await Crew.start('claimer.js', members);
  try {
    crew.go();
    return await crew.perSecond(count);
  } finally {
    await crew.end();
  }
}

/** What was claimed before is complete by now, and the masters of before are gone. */
async function fresh(url: string, bare: Bare, count: number): Promise<number[]> {
  await bare.query('UPDATE buildrequests SET complete = 1, results = 0, complete_at = submitted_at WHERE complete = 0');
  await bare.query('UPDATE masters SET active = 0');
  const builderIds = await idsOf(bare, 'builders');
  const ids = await addRequests(bare, count, builderIds);
  if (url.startsWith('postgresql:')) await bare.query('VACUUM ANALYZE');
  else await bare.query('ANALYZE TABLE buildrequests, buildrequest_claims, builds, buildsets, buildset_sourcestamps');
  return ids;
}

async function addCluster(bare: Bare): Promise<void> {
  for (const name of builders)
    await bare.query(`INSERT INTO builders (name, name_hash) VALUES ('${name}', '${nameHash(name)}')`);
  await bare.query(`INSERT INTO workers (name, info, paused, graceful) VALUES ('local', '{}', 0, 0)`);
  await bare.query(`INSERT INTO masters (name, name_hash, active, last_active) VALUES ('bare', 'bare', 0, 0)`);
}
