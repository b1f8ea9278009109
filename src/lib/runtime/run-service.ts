import { holdClaim, holdMembership, NotHolder, NotMember } from '../db/fence.js';
import { mark, notify } from '../db/announcements.js';
import type { Topic } from '../db/announcements.js';
import type { Transaction } from '../db/connect.js';
import { claimTables } from '../db/service-claims.js';
import type { ServiceView } from '../model/cluster-view.js';
import type { Clock } from './clock.js';
import type { Fields, Log } from './log.js';
import type { Membership } from './membership.js';
import type { ClusteredService, FencedTransaction, ServiceContext } from './service.js';
import type { Store } from './store.js';
import type { Alarm, WakeUps } from './wake-ups.js';

/** What services run on. */
export interface Ground {
  readonly membership: Membership;
  readonly store: Store;
  readonly clock: Clock;
  readonly wakeUps: WakeUps;
  readonly log: Log;
}

/** After a turn that failed: doubled each time. */
const retryMs = { first: 1000, most: 60_000 };

/** Gives an active service one turn after the other. Returns when it was told to stop, or does not hold the service. */
export async function runService(
  ground: Ground,
  service: ClusteredService,
  view: ServiceView,
  { alarm, signal }: { readonly alarm: Alarm; readonly signal: AbortSignal },
): Promise<'stopped' | 'not holder'> {
  const context = contextOf(ground, view, signal);
  try {
    for (let failures = 0; !signal.aborted;) {
      const again = await takeTurn(service, context);
      if (again === 'not holder') return 'not holder';
      failures = again === 'failed' ? failures + 1 : 0;
      await alarm.wait(again === 'failed' ? backoff(failures) : again, signal);
    }
    return 'stopped';
  } finally {
    alarm.close();
  }
}

/** In how many milliseconds it wants the next one. */
async function takeTurn(
  service: ClusteredService,
  context: ServiceContext,
): Promise<number | null | 'failed' | 'not holder'> {
  try {
    return await service.turn(context);
  } catch (error) {
    if (error instanceof NotHolder || error instanceof NotMember) return 'not holder';
    context.log.error(`a turn failed: ${(error as Error).message}`);
    return 'failed';
  }
}

function backoff(failures: number): number {
  return Math.min(retryMs.most, retryMs.first * 2 ** (failures - 1));
}

function contextOf(ground: Ground, { kind, id, name }: ServiceView, signal: AbortSignal): ServiceContext {
  const told = new ToldLater(ground.log, { [kind]: name });
  return {
    kind,
    id,
    name,
    log: told.log,
    signal,
    fenced: (tables, work) =>
      told.after(() =>
        fenced(ground, tables, (tx) => (told.forget(), work(tx)), (tx, masterId) => holdClaim(tx, kind, id, masterId)),
      ),
  };
} // prettier-ignore

/** What is told in a transaction is told once it is committed, and once, however often it was tried. */
class ToldLater {
  readonly log: Log;
  private held: (() => void)[] | null = null;

  constructor(log: Log, about: Fields) {
    const say = (level: keyof Log) => (message: string, fields?: Fields) => {
      const tell = (): void => log[level](message, { ...about, ...fields });
      if (this.held) this.held.push(tell);
      else tell();
    };
    this.log = { info: say('info'), warn: say('warn'), error: say('error') };
  }

  forget(): void {
    this.held = [];
  }

  async after<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      for (const tell of this.held ?? []) tell();
      return result;
    } finally {
      this.held = null;
    }
  }
}

/** A transaction of this run of the master; `hold` makes sure of what else must be so. */
export async function fenced<T>(
  { membership, store, wakeUps }: Pick<Ground, 'membership' | 'store' | 'wakeUps'>,
  tables: readonly string[],
  work: (tx: FencedTransaction) => Promise<T>,
  hold: (tx: Transaction, masterId: number) => Promise<void> = () => Promise.resolve(),
): Promise<T> {
  const me = membership.trusted;
  if (!me) throw new NotHolder('it does not trust its claims');
  const all = [...new Set([...claimTables, ...tables])];
  const { result, announced } = await store.write(all, async (tx) => {
    await holdMembership(tx, me);
    await hold(tx, me.id);
    const topics = new Set<Topic>();
    const now = await tx.dialect.now(tx.sql);
    const value = await work({ ...tx, now, announce: (topic) => void topics.add(topic) });
    await notify(tx, [...topics]);
    return { result: value, announced: [...topics] };
  });
  wakeUps.announce(announced);
  await announceElsewhere(store, announced);
  return result;
}

/** After a transaction that has notified: for where the database cannot. It is a courtesy; who misses it looks later. */
export async function announceElsewhere(store: Store, topics: readonly Topic[]): Promise<void> {
  if (topics.length > 0) await store.glance((tx) => mark(tx, topics)).catch(() => {});
}

/** Outside of any transaction. */
export async function announceNow(store: Store, topics: readonly Topic[]): Promise<void> {
  const announce = async (tx: Transaction): Promise<void> => {
    await notify(tx, topics);
    await mark(tx, topics);
  };
  await store.glance(announce).catch(() => {});
}
