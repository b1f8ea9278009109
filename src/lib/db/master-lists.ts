import type { Knex } from 'knex';
import type { OpenBuild } from '../model/build.js';
import { silentHearts } from '../model/cluster.js';
import type { Facts } from '../model/cluster.js';
import { groupBy } from '../model/group-by.js';
import type { MasterFacts, Possessions } from '../model/master.js';
import type { OpenRequest } from '../model/request.js';
import { retry } from '../model/results.js';
import { noOffer, runOf } from '../model/run.js';
import type { Transaction } from './connect.js';
import { chunks } from './chunks.js';
import { readPublished } from './published.js';

type Raw = Record<string, unknown>;

export async function readMasters(
  tx: Transaction,
  has: (id: number) => Possessions,
  claimed: readonly OpenRequest[],
): Promise<Pick<Facts, 'masters' | 'pins'>> {
  const rows = await tx.sql('masters').orderBy('id').select<Raw[]>('id', 'name', 'name_hash', 'active', 'last_active');
  const published = await readPublished(tx);
  const claims = groupBy(claimed, (request) => request.claim?.masterId);
  const masters = rows.map((row): MasterFacts => {
    const [id, lastActive] = [Number(row['id']), Number(row['last_active'])];
    const own = published.masters.get(String(row['name_hash']));
    const run = runOf(own, lastActive);
    return {
      id,
      name: String(row['name']),
      active: Number(row['active']) !== 0,
      lastActive,
      run,
      condition: run && own ? { state: own.state, listen: own.listen } : null,
      offer: run ? (own?.offer ?? noOffer) : noOffer,
      otherSign: null,
      clockBehind: clockBehind(claims.get(id) ?? []),
      has: has(id),
    };
  });
  return { masters, pins: published.pins };
}

/** A claim is made after its request was submitted; where the rows say otherwise the claimer's clock is behind. */
function clockBehind(claimed: readonly OpenRequest[]): number {
  return claimed.reduce(
    (most, { claim, submittedAt }) => Math.max(most, submittedAt - (claim?.claimedAt ?? submittedAt)),
    0,
  );
}

/** The newest claim, build and step of the masters whose heart is silent; the others prove by it that they live. */
export async function withSigns(tx: Transaction, facts: Facts): Promise<MasterFacts[]> {
  const silent = silentHearts(facts);
  if (silent.length === 0) return [...facts.masters];
  const running = groupBy(facts.builds, (build) => build.masterId);
  const looked = silent.flatMap(({ id }) => (running.get(id) ?? []).slice(0, mostBuilds));
  const signs = [...(await claimsAndBuilds(tx, silent)), ...(await stepsOf(tx, looked))];
  const newest = new Map<number, number>();
  for (const { masterId, at } of signs) newest.set(masterId, Math.max(at, newest.get(masterId) ?? -Infinity));
  return facts.masters.map((master) => ({ ...master, otherSign: newest.get(master.id) ?? null }));
}

interface Sign {
  readonly masterId: number;
  readonly at: number;
}

/** Builds whose steps are looked at; one that lives shows itself in any of them. */
const mostBuilds = 1000;

/**
 * The silent are found by their silence: with an id in the statement MySQL knows how many builds are that master's,
 * and takes a scan of all builds to be quicker than its index.
 */
async function claimsAndBuilds(tx: Transaction, silent: readonly MasterFacts[]): Promise<Sign[]> {
  const own = (table: string): Knex.QueryBuilder => tx.sql(`${table} as x`).where('x.masterid', tx.sql.ref('m.id'));
  const rows = await tx
    .sql('masters as m')
    .where('m.active', '<>', 0)
    .where('m.last_active', '<=', Math.max(...silent.map((master) => master.lastActive)))
    .select<Raw[]>(
      'm.id',
      own('buildrequest_claims').max('x.claimed_at').as('claimed'),
      own('builds').select(newestTime(tx)).as('built'),
    );
  return rows.flatMap((row) => [...sign(row['id'], row['claimed']), ...sign(row['id'], row['built'])]);
}

async function stepsOf(tx: Transaction, builds: readonly OpenBuild[]): Promise<Sign[]> {
  const masterIds = new Map(builds.map((build) => [build.id, build.masterId]));
  const signs: Sign[][] = [];
  for (const some of chunks([...masterIds.keys()])) {
    const rows = await tx
      .sql('steps as x')
      .whereIn('x.buildid', some)
      .groupBy('x.buildid')
      .select<Raw[]>('x.buildid', tx.sql.raw('? as newest', [newestTime(tx)]));
    signs.push(rows.flatMap((row) => sign(masterIds.get(Number(row['buildid'])), row['newest'])));
  }
  return signs.flat();
}

/**
 * An end as RETRY is no sign: the housekeeping of a survivor, and of bbctl, writes it. It must not bring a dead master
 * back to life when the one who cleans up after it dies half-way.
 */
function newestTime(tx: Transaction): Knex.Raw {
  const isEnd = 'x.results <> ? and (x.started_at is null or x.complete_at > x.started_at)';
  return tx.sql.raw(`max(case when ${isEnd} then x.complete_at else x.started_at end)`, [retry]);
}

function sign(masterId: unknown, at: unknown): Sign[] {
  return at === null ? [] : [{ masterId: Number(masterId), at: Number(at) }];
}
