import type { OpenBuild } from '../model/build.js';
import { silentHearts } from '../model/cluster.js';
import type { Facts } from '../model/cluster.js';
import { groupBy } from '../model/group-by.js';
import type { MasterFacts, Possessions } from '../model/master.js';
import type { OpenRequest } from '../model/request.js';
import { retry } from '../model/results.js';
import type { Transaction } from './connect.js';

type Raw = Record<string, unknown>;

export async function readMasters(
  tx: Transaction,
  has: (id: number) => Possessions,
  claimed: readonly OpenRequest[],
): Promise<MasterFacts[]> {
  const rows = await tx.sql('masters').orderBy('id').select<Raw[]>('id', 'name', 'active', 'last_active');
  const claims = groupBy(claimed, (request) => request.claim?.masterId);
  return rows.map((row) => {
    const id = Number(row['id']);
    return {
      id,
      name: String(row['name']),
      active: Number(row['active']) !== 0,
      lastActive: Number(row['last_active']),
      otherSign: null,
      clockBehind: clockBehind(claims.get(id) ?? []),
      has: has(id),
    };
  });
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
  const signs = new Map<number, number | null>();
  for (const { id } of silent) signs.set(id, await newestSign(tx, id, facts.builds));
  return facts.masters.map((master) => ({ ...master, otherSign: signs.get(master.id) ?? null }));
}

/**
 * An end as RETRY is no sign: the housekeeping of a survivor, and of bbctl, writes it. It must not bring a dead master
 * back to life when the one who cleans up after it dies half-way.
 */
async function newestSign(tx: Transaction, masterId: number, builds: readonly OpenBuild[]): Promise<number | null> {
  const running = builds.filter((build) => build.masterId === masterId).map((build) => build.id);
  const ended = tx.sql.raw('max(case when results <> ? then complete_at end) as ended', [retry]);
  const claims = tx.sql('buildrequest_claims').where('masterid', masterId).max({ claimed: 'claimed_at' });
  const ownBuilds = tx.sql('builds').where('masterid', masterId).max({ started: 'started_at' }).select(ended);
  const steps = tx
    .sql('steps')
    .whereIn('buildid', running.slice(0, mostSteps))
    .max({ started: 'started_at' })
    .select(ended);
  const signs: number[] = [];
  for (const query of [claims, ownBuilds, steps]) {
    const row = await query.first<Raw>();
    signs.push(
      ...Object.values(row)
        .filter((time) => time !== null)
        .map(Number),
    );
  }
  return signs.length === 0 ? null : Math.max(...signs);
}

/** Builds whose steps are looked at; one that lives shows itself in any of them. */
const mostSteps = 1000;
