import type { Transaction } from '../../db/connect.js';
import { findBuilderIds } from '../../db/buildsets.js';
import { readReadyWorkers } from '../../db/local-workers.js';
import { lockFree, readPending } from '../../db/pending-requests.js';
import { NotMember } from '../../db/fence.js';
import type { Me } from '../../db/fence.js';
import { assigned } from '../../model/pending.js';
import type { Assignment, PendingRequest } from '../../model/pending.js';
import type { Log } from '../log.js';
import type { LostClaims } from './lost-claims.js';
import type { Membership } from '../membership.js';
import type { Store } from '../store.js';
import type { Alarm } from '../wake-ups.js';
import type { Building } from './building.js';
import type { Scribe } from './scribe.js';
import type { Slots } from './slots.js';
import { findStarted, startBuilds } from './start-builds.js';
import type { Candidate, StartedBuild } from './start-builds.js';

export interface DistributorOptions {
  readonly me: Me;
  readonly membership: Membership;
  readonly scribe: Scribe;
  readonly store: Store;
  readonly slots: Slots;
  readonly lostClaims: LostClaims;
  readonly log: Log;
  /** Rings when requests are announced, and when a slot is freed. */
  readonly alarm: Alarm;
  readonly building: () => Building;
  /** `waited for`: only what a running build waits for. */
  readonly which: () => 'all' | 'waited for' | 'none';
  readonly onStarted: (build: StartedBuild) => void;
}

interface Found {
  readonly pending: readonly PendingRequest[];
  /** `builders.id` → name. */
  readonly names: ReadonlyMap<number, string>;
  /** Workers that may be given work. */
  readonly ready: ReadonlySet<string>;
}

/** So many masters with as many free slots find something each when they look at the same moment. */
const mastersAtOnce = 4;
/** Beyond that: requests whose workers have no slot must not hide the others. */
const lookBeyond = 100;
const farthest = 8;
/** Others were quicker so often: then it waits a little. */
const mostInVain = 5;
const pauseMs = 1000;

/** Claims what this master can build at the moment, and has it begin. */
export class Distributor {
  private readonly options: DistributorOptions;
  private looking: Promise<unknown> = Promise.resolve();
  /** How much further it looks than it would alone: others are about to claim what comes first. */
  private reach = 1;
  /** Builder → `builders.id`, for the configuration that it was read for. */
  private known: { readonly building: Building; readonly ids: ReadonlyMap<string, number> } | null = null;

  constructor(options: DistributorOptions) {
    this.options = options;
  }

  /** Looks when woken, and at each beat: Buildbot's masters give requests back and tell nobody. */
  async run(signal: AbortSignal): Promise<void> {
    const { alarm, membership, log } = this.options;
    while (!signal.aborted) {
      try {
        const looking = this.options.lostClaims.giveBack().then(() => this.lookWhileThereIs(signal));
        this.looking = looking.catch(() => {});
        await alarm.wait((await looking) ? membership.beatMs : pauseMs, signal);
      } catch (error) {
        if (!(error instanceof NotMember)) log.warn(`cannot look for requests: ${(error as Error).message}`);
        await alarm.wait(membership.beatMs, signal);
      }
    }
  }

  /** When what it was about to claim when it was asked is claimed, and has begun. */
  async settled(): Promise<void> {
    await this.looking;
  }

  /** Returns whether nothing is left that it could begin. */
  private async lookWhileThereIs(signal: AbortSignal): Promise<boolean> {
    this.reach = 1;
    for (let inVain = 0; inVain < mostInVain && !signal.aborted;) {
      const { wanted, begun } = await this.look();
      if (begun < wanted / 2) this.reach = Math.min(farthest, this.reach * 2);
      if (wanted === 0) return true;
      inVain = begun === 0 ? inVain + 1 : 0;
    }
    return false;
  }

  private async look(): Promise<{ readonly wanted: number; readonly begun: number }> {
    const nothing = { wanted: 0, begun: 0 };
    const { membership, which, store, slots } = this.options;
    const count = [...slots.free.values()].reduce((sum, one) => sum + one, 0);
    const builders = await this.builders();
    const mode = which();
    if (!membership.trusted || count === 0 || builders.size === 0 || mode === 'none') return nothing;
    const wanted = {
      builderIds: [...builders.values()],
      which: mode,
      limit: (mastersAtOnce * count + lookBeyond) * this.reach,
    };
    const pending = await store.glance((tx) => readPending(tx, wanted));
    if (pending.length === 0) return nothing;
    const found = { pending, names: new Map([...builders].map(([name, id]) => [id, name])), ready: await this.readyWorkers() }; // prettier-ignore
    const first = this.assignedOf(found, pending);
    return first.length === 0 ? nothing : { wanted: first.length, begun: await this.start(found) };
  }

  private workersOf(builder = ''): readonly string[] {
    return this.options.building().builders.get(builder)?.workers ?? [];
  }

  private async readyWorkers(): Promise<ReadonlySet<string>> {
    const { store, slots } = this.options;
    return new Set((await store.glance((tx) => readReadyWorkers(tx, [...slots.free.keys()]))).keys());
  }

  private freeSlots({ ready }: Found): ReadonlyMap<string, number> {
    return new Map([...this.options.slots.free].filter(([worker, free]) => free > 0 && ready.has(worker)));
  }

  private assignedOf(found: Found, requests: readonly PendingRequest[]): Assignment[] {
    return assigned(requests, (id) => this.workersOf(found.names.get(id)), this.freeSlots(found));
  }

  private async start(found: Found): Promise<number> {
    const { scribe, me, membership, which, onStarted } = this.options;
    let candidates: readonly Candidate[] = [];
    let started: readonly StartedBuild[] = [];
    const mode = which();
    try {
      started = await scribe.write(async (tx, again) => {
        // It may have waited for the database, and all may be different now.
        if (!membership.trusted || which() !== mode) return again ? findStarted(tx, me.id, candidates) : [];
        // Done anew it is about the same requests: they may have been claimed already.
        if (!again) candidates = await this.choose(tx, found);
        // While it drains the newer one may be none that it builds.
        return startBuilds(tx, me.id, candidates, { again, collapses: mode === 'all' });
      });
    } finally {
      const used = new Set(started.map(({ seat }) => seat));
      for (const { seat } of candidates) if (!used.has(seat)) seat.release();
    }
    for (const build of started) onStarted(build);
    return started.length;
  }

  /** What comes first, but for what others are about to claim. */
  private async choose(tx: Transaction, found: Found): Promise<Candidate[]> {
    const free = this.freeSlots(found);
    const count = [...free.values()].reduce((sum, one) => sum + one, 0);
    const isWanted = ({ builderId }: PendingRequest) => this.workersOf(found.names.get(builderId)).some((one) => free.has(one)); // prettier-ignore
    const requests = await lockFree(tx, found.pending.filter(isWanted), count);
    return this.seated(this.assignedOf(found, requests), found.names);
  }

  private seated(assignments: readonly Assignment[], names: ReadonlyMap<number, string>): Candidate[] {
    const { builders } = this.options.building();
    return assignments.flatMap(({ request, worker }) => {
      const builder = builders.get(names.get(request.builderId) ?? '');
      return builder ? [{ request, builder, seat: this.options.slots.take(worker, builder.name) }] : [];
    });
  }

  /** Those that are registered by now. */
  private async builders(): Promise<ReadonlyMap<string, number>> {
    const building = this.options.building();
    if (this.known?.building === building) return this.known.ids;
    const names = [...building.builders.keys()];
    const ids = names.length === 0 ? new Map<string, number>() : await this.options.store.glance((tx) => findBuilderIds(tx, names)); // prettier-ignore
    if (ids.size === names.length) this.known = { building, ids };
    return ids;
  }
}
