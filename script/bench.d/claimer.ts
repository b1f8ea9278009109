/*
 * A process that claims requests: `bare` by INSERTs of the driver; `claims` as a master does it that has many free slots,
 * without anything else; `builds` by such a master's distributor, which begins their builds in the database, too. None is run.
 */
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { findBuilderIds } from '../../src/lib/db/buildsets.js';
import type { Me } from '../../src/lib/db/fence.js';
import { lockFree, readPending } from '../../src/lib/db/pending-requests.js';
import { claimOpen } from '../../src/lib/db/request-claims.js';
import type { BuilderConfig } from '../../src/lib/model/cluster-config.js';
import type { PendingRequest } from '../../src/lib/model/pending.js';
import { noOffer } from '../../src/lib/model/run.js';
import { Distributor } from '../../src/lib/runtime/builds/distributor.js';
import { LostClaims } from '../../src/lib/runtime/builds/lost-claims.js';
import { Scribe } from '../../src/lib/runtime/builds/scribe.js';
import { Slots } from '../../src/lib/runtime/builds/slots.js';
import { systemClock as clock } from '../../src/lib/runtime/clock.js';
import { noLog as log } from '../../src/lib/runtime/log.js';
import { Membership } from '../../src/lib/runtime/membership.js';
import type { FencedTransaction } from '../../src/lib/runtime/service.js';
import type { Store } from '../../src/lib/runtime/store.js';
import { openStores } from '../../src/lib/runtime/stores.js';
import { WakeUps } from '../../src/lib/runtime/wake-ups.js';
import { openBare } from './bare.js';
import { ready, Tally } from './crew-member.js';

const [mode = '', url = '', ...rest] = process.argv.slice(2);
const tally = new Tally();
/** What is done so often before, and taken back, is compiled by then: masters run for long. */
const warmUps = 5;
class TakenBack extends Error {}

const modes = { bare: claimBare, claims: claimAlone, builds: beginBuilds };
await modes[mode as keyof typeof modes](rest);

/** `from` to `to`, for the master `masterId`; so many in each statement. */
async function claimBare(numbers: string[]): Promise<void> {
  const [masterId = 0, from = 0, to = 0, together = 1] = numbers.map(Number);
  const bare = await openBare(url);
  const claim = async (first: number): Promise<number> => {
    const ids = Array.from({ length: Math.min(together, to - first + 1) }, (_, i) => first + i);
    const rows = ids.map((id) => `(${id}, ${masterId}, 1700000000)`).join(', ');
    await bare.query(`INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES ${rows}`);
    return ids.length;
  };
  for (let i = 0; i < warmUps; i++) {
    await bare.query('BEGIN');
    for (let first = from; first <= Math.min(to, from + 99); first += together) await claim(first);
    await bare.query('ROLLBACK');
  }
  await ready();
  tally.begin();
  for (let first = from; first <= to; first += together) tally.add(await claim(first));
}

interface Claiming {
  readonly me: Me;
  readonly membership: Membership;
  readonly store: Store;
  readonly scribe: Scribe;
  readonly wakeUps: WakeUps;
}

async function join(name: string): Promise<Claiming> {
  const expireAfterMs = 600_000;
  const stores = openStores({ location: parseDatabaseUrl(url), expireAfterMs, clock });
  const membership = new Membership({ name, expireAfterMs, store: stores.heart, clock, log });
  await membership.join(noOffer, new AbortController().signal);
  const me = membership.run;
  if (!me) throw new Error('it is no member');
  const wakeUps = new WakeUps(clock);
  const store = stores.builds;
  return { me, membership, store, scribe: new Scribe({ me, store, clock, wakeUps, log }), wakeUps };
}

/** As the master of that name, so many at a time. */
async function claimAlone([name = '', slots = '', ...builderNames]: string[]): Promise<void> {
  const { me, store, scribe } = await join(name);
  const builders = await store.glance((tx) => findBuilderIds(tx, builderNames));
  const wanted = { builderIds: [...builders.values()], which: 'all', limit: 4 * Number(slots) + 100 } as const;
  const look = (reach: number) => store.glance((tx) => readPending(tx, { ...wanted, limit: reach * wanted.limit }));
  const claim = async (tx: FencedTransaction, pending: readonly PendingRequest[]): Promise<Set<number>> => {
    const free = await lockFree(tx, pending, Number(slots));
    return claimOpen(tx, me.id, free.map(({ id }) => id), tx.now); // prettier-ignore
  };
  for (let i = 0; i < warmUps; i++) {
    const pending = await look(1);
    const isTakenBack = scribe.write(async (tx) => Promise.reject(new TakenBack(`${(await claim(tx, pending)).size}`)));
    await isTakenBack.catch((error: unknown) => {
      if (!(error instanceof TakenBack)) throw error;
    });
  }
  await ready();
  tally.begin();
  for (let reach = 1; ;) {
    const pending = await look(reach);
    if (pending.length === 0) return;
    const mine = await scribe.write((tx) => claim(tx, pending));
    tally.add(mine.size);
    if (mine.size < Math.min(pending.length, Number(slots)) / 2) reach = Math.min(8, 2 * reach);
  }
}

/** As the master of that name, with so many slots, for these builders. */
async function beginBuilds([name = '', slotCount = '', ...builderNames]: string[]): Promise<void> {
  const { wakeUps, ...claiming } = await join(name);
  const alarm = wakeUps.alarm(['requests']);
  const slots = new Slots('/nowhere', () => alarm.ringAnyhow());
  slots.configure(new Map([['local', Number(slotCount)]]));
  const builder = { description: null, tags: [], workers: ['local'], steps: [], properties: {}, env: {} };
  const builders = new Map<string, BuilderConfig>(
    builderNames.map((one) => [one, { ...builder, name: one, collapseRequests: false }]),
  );
  const building = { builders, slots: new Map(), triggerables: new Map(), leftAlone: [] };
  const begun = new Set<number>();
  const lostClaims = new LostClaims({ ...claiming, clock, log, building: () => begun });
  const distributor = new Distributor({
    ...{ ...claiming, slots, log, alarm, lostClaims },
    building: () => building,
    which: () => 'all',
    onStarted: ({ request, seat }) => {
      begun.add(request.id);
      seat.release();
      tally.add(1);
    },
  });
  await ready();
  tally.begin();
  await distributor.run(new AbortController().signal);
}
