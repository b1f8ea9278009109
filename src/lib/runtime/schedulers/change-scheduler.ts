import { findOrAddObject, readState, stateTables, writeState } from '../../db/object-state.js';
import { newestId } from '../../db/rows.js';
import { lockEnabled } from '../../db/scheduler-row.js';
import { addPending, newestChangeId, readChanges, readPending, removePending } from '../../db/scheduler-changes.js';
import { lookAgainMs } from '../../model/change-cursor.js';
import { importanceOf } from '../../model/change-filter.js';
import type { Change } from '../../model/change-filter.js';
import { keptState, parseState } from '../../model/change-state.js';
import type { ChangeState } from '../../model/change-state.js';
import type { SchedulerConfig } from '../../model/cluster-config.js';
import { isDue, keptTimers, nextDueMs, stableTimers } from '../../model/stable-timers.js';
import type { PendingChange, StableTimer } from '../../model/stable-timers.js';
import type { ClusteredService, FencedTransaction, ServiceContext } from '../service.js';
import { beginning, nextPage } from './change-pages.js';
import { classNames, reasonOf } from './classes.js';
import { schedule, scheduleTables } from './schedule.js';
import { takeOver } from './take-over.js';

export type ChangeConfig = Extract<SchedulerConfig, { kind: 'any-branch' | 'single-branch' }>;

const tables = ['schedulers', ...stateTables, ...scheduleTables];
const stateKey = 'bbctl_changes';

/** The master wakes it for each change; that is not to be relied on alone. */
const idleMs = 900_000;
/** Buildsets of timers that are due, in one transaction. */
const mostFired = 50;

/** `any-branch` and `single-branch`: every change once, whoever has the scheduler when it comes. */
export function changeScheduler(config: ChangeConfig): ClusteredService {
  return {
    kind: 'scheduler',
    name: config.name,
    watches: ['changes'],
    turn: (context) => context.fenced(tables, (tx) => new Turn(tx, context, config).run()),
  };
}

/** One transaction: a page of changes, or the timers that are due. The state is written last. */
class Turn {
  private readonly tx: FencedTransaction;
  private readonly context: ServiceContext;
  private readonly config: ChangeConfig;

  constructor(tx: FencedTransaction, context: ServiceContext, config: ChangeConfig) {
    this.tx = tx;
    this.context = context;
    this.config = config;
  }

  async run(): Promise<number> {
    const { tx, context, config } = this;
    const isEnabled = await lockEnabled(tx, context.id);
    const object = await findOrAddObject(tx, config.name, classNames[config.kind]);
    const before = parseState(await readState(tx, object, stateKey));
    const { state, waitMs } = isEnabled ? await this.act(before) : await this.skip(before);
    if (before === null || !isSame(before, state)) await writeState(tx, object, stateKey, keptState(state));
    return waitMs;
  }

  /** Changes that come while it is disabled are none of its. */
  private async skip(before: ChangeState | null): Promise<Acted> {
    const newest = await newestChangeId(this.tx);
    const isSettled = before?.cursor.seen === newest && before.cursor.gaps.length + before.timers.length === 0;
    if (isSettled) return { state: before, waitMs: idleMs };
    const buildset = await newestId(this.tx, 'buildsets');
    return { state: { cursor: { seen: newest, gaps: [] }, timers: [], buildset }, waitMs: idleMs };
  }

  private async act(before: ChangeState | null): Promise<Acted> {
    const { tx, context, config } = this;
    const known = before ?? (await beginning(tx, context.name));
    const { state, builtStamps } = await takeOver(tx, context, known);
    const page = await nextPage(tx, state.cursor);
    const parts = config.importantFiles === null ? 'bare' : 'with files';
    const fresh = (await readChanges(tx, page.ids, parts)).flatMap((change) => this.wanted(change));
    const next = { ...state, cursor: page.cursor };
    if (config.treeStableMs === null) return this.buildEach(next, fresh, page.isLast);
    return this.buildStable(next, fresh, page.isLast, builtStamps, config.treeStableMs);
  }

  private wanted(change: Change): PendingChange[] {
    const importance = importanceOf(change, this.config);
    return importance === null ? [] : [{ ...change, importance }];
  }

  private async buildEach(state: ChangeState, fresh: readonly PendingChange[], isLast: boolean): Promise<Acted> {
    const { tx, context } = this;
    for (const change of fresh) if (change.importance === 'important') await this.build([change]);
    // Of a time when it waited for the tree to be stable, or of a master that did.
    await removePending(tx, context.id, 'all');
    const waitMs = isLast ? Math.min(lookAgainMs(state.cursor, tx.now) ?? idleMs, idleMs) : 0;
    return { state: { ...state, timers: [], buildset: await this.newestBuildset(state, fresh.length > 0) }, waitMs };
  }

  private async buildStable(
    state: ChangeState,
    fresh: readonly PendingChange[],
    isLast: boolean,
    builtStamps: ReadonlySet<number>,
    stableMs: number,
  ): Promise<Acted> {
    const { tx, context, config } = this;
    await addPending(tx, context.id, fresh);
    const pending = await readPending(tx, context.id);
    const all = stableTimers(config.kind, pending, state.timers, new Set(fresh.map(({ id }) => id)), tx.now);
    const isBuilt = ({ changes }: StableTimer) => builtStamps.has(changes.at(-1)?.sourceStampId ?? 0);
    const timers = all.filter((timer) => !isBuilt(timer));
    const due = isLast ? timers.filter((timer) => isDue(timer, stableMs, tx.now)).slice(0, mostFired) : [];
    for (const { changes } of due) await this.build(changes);
    // Another master's, too, that has died before it could.
    const done = [...all.filter(isBuilt), ...due].flatMap(({ changes }) => changes.map(({ id }) => id));
    await removePending(tx, context.id, done);
    const running = timers.filter((timer) => !due.includes(timer));
    const waits = [nextDueMs(running, stableMs, tx.now), lookAgainMs(state.cursor, tx.now)].map((ms) => ms ?? idleMs);
    const buildset = await this.newestBuildset(state, due.length > 0);
    return {
      state: { ...state, timers: keptTimers(running), buildset },
      waitMs: isLast ? Math.min(idleMs, ...waits) : 0,
    };
  }

  /** Of each codebase its last change. */
  private async build(changes: readonly Change[]): Promise<void> {
    const { tx, context, config } = this;
    const changed = new Map(changes.map((change) => [change.codebase, change.sourceStampId]));
    const inOrder = new Map([...changed].sort(([a], [b]) => (a < b ? -1 : 1)));
    const { buildsetId, warning } = await schedule(tx, config, { reason: reasonOf(config), changed: inOrder });
    const last = changes.at(-1)?.id ?? 0;
    context.log.info(`Scheduler ${config.name} has changes built.`, { buildset: buildsetId, changes: changes.length, last }); // prettier-ignore
    if (warning !== null) context.log.warn(warning);
  }

  private async newestBuildset(state: ChangeState, hasBuilt: boolean): Promise<number> {
    return hasBuilt ? newestId(this.tx, 'buildsets') : state.buildset;
  }
}

interface Acted {
  readonly state: ChangeState;
  readonly waitMs: number;
}

function isSame(a: ChangeState, b: ChangeState): boolean {
  return JSON.stringify(keptState(a)) === JSON.stringify(keptState(b));
}
