/*
 * What the services of the simulation do: each numbers what it does, in the transaction in which it remembers how far it
 * is, so that whatever is done twice, by two, or not at all is seen in the table of acts.
 */
import { addChange, changeTables } from '../../../src/lib/db/changes.js';
import type { NewChange } from '../../../src/lib/db/changes.js';
import { findOrAddObject, readState, stateTables, writeState } from '../../../src/lib/db/object-state.js';
import type { ClusteredService, FencedTransaction, ServiceContext } from '../../../src/lib/runtime/service.js';
import { makeScheduler } from '../../../src/lib/runtime/schedulers/scheduler.js';
import type { Clock } from '../../../src/lib/runtime/clock.js';

export const actsTable = `create table acts
  (seq integer primary key, kind text, service text, number integer, process integer, at real);
  create table turns (service text primary key, process integer)`;

export interface Act {
  readonly seq: number;
  readonly kind: 'scheduler' | 'changesource';
  readonly service: string;
  readonly number: number;
  readonly process: number;
  readonly at: number;
}

/** What services are made of: the same on every master. */
export type ServiceSpec =
  | { readonly type: 'counter'; readonly name: string; readonly everySeconds: number }
  | { readonly type: 'poller'; readonly name: string; readonly everySeconds: number }
  | { readonly type: 'follower'; readonly name: string; readonly of: string }
  /** The real ones, whose buildsets are looked at. */
  | { readonly type: 'periodic'; readonly name: string; readonly everySeconds: number }
  | { readonly type: 'any-branch'; readonly name: string; readonly treeStableMs: number | null };

/** Commits of a repository: one after the other, at these times (epoch seconds). */
export type Repository = (now: number) => number;

export interface Surroundings {
  readonly process: number;
  readonly clock: Clock;
  readonly repository: Repository;
  /** How long a look into the repository takes. */
  readonly fetchMs: () => number;
  readonly epoch: number;
  readonly now: () => number;
}

export function kindOf({ type }: ServiceSpec): ClusteredService['kind'] {
  return type === 'poller' ? 'changesource' : 'scheduler';
}

export function serviceOf(spec: ServiceSpec, around: Surroundings): ClusteredService {
  if (spec.type === 'periodic' || spec.type === 'any-branch') return realScheduler(spec);
  return {
    kind: kindOf(spec),
    name: spec.name,
    watches: spec.type === 'follower' ? ['changes'] : [],
    turn: (context) => turns[spec.type](spec as never, around, context),
  };
}

const tables = [...stateTables, 'acts', 'turns'];

const turns = {
  /** Does each slot of its rhythm once, those that were missed too. */
  async counter({ everySeconds }: ServiceSpec & { type: 'counter' }, around: Surroundings, context: ServiceContext) {
    return context.fenced(tables, async (tx) => {
      await actUpTo(tx, context, around.process, Math.floor((tx.now - around.epoch) / everySeconds));
      return (everySeconds - ((tx.now - around.epoch) % everySeconds)) * 1000;
    });
  },
  /** Looks first and writes then, as whoever asks a repository does: what it has seen may be old by then. */
  async poller({ everySeconds }: ServiceSpec & { type: 'poller' }, around: Surroundings, context: ServiceContext) {
    const head = around.repository(around.now());
    await around.clock.sleep(around.fetchMs(), context.signal);
    if (context.signal.aborted) return 0;
    await context.fenced([...tables, ...changeTables], async (tx) => {
      const done = await actUpTo(tx, context, around.process, head);
      for (let commit = head - done + 1; commit <= head; commit++)
        await addChange(tx, changeOf(commit, tx.now), tx.now);
      if (done > 0) tx.announce('changes');
    });
    return everySeconds * 1000;
  },
  /** Does something for each act of another one, when it is woken, and at times by itself. */
  async follower({ of }: ServiceSpec & { type: 'follower' }, around: Surroundings, context: ServiceContext) {
    await context.fenced(tables, async (tx) => {
      const row = await tx.sql('acts').where('service', of).max<{ newest: number | null }[]>({ newest: 'number' });
      await actUpTo(tx, context, around.process, row[0]?.newest ?? 0);
    });
    return 20_000;
  },
};

async function actUpTo(
  tx: FencedTransaction,
  { kind, name }: ServiceContext,
  process: number,
  upTo: number,
): Promise<number> {
  // prettier-ignore
  await tx.sql('turns').insert({ service: name, process }).onConflict(['service']).merge();
  const objectId = await findOrAddObject(tx, name, 'bbctl.Simulated');
  const done = Number((await readState(tx, objectId, 'done')) ?? 0);
  for (let number = done + 1; number <= upTo; number++)
    await tx.sql('acts').insert({ kind, service: name, number, process, at: tx.now });
  if (upTo > done) await writeState(tx, objectId, 'done', upTo);
  return Math.max(0, upTo - done);
}

function realScheduler(spec: ServiceSpec & { type: 'periodic' | 'any-branch' }): ClusteredService {
  const codebases = { '': { repository: '', branch: null, revision: null } };
  const common = { name: spec.name, builders: ['tests'], properties: {}, reason: null, codebases };
  const filter = { branches: null, repositories: null, projects: null, categories: null };
  const service =
    spec.type === 'periodic'
      ? makeScheduler({ ...common, kind: 'periodic', everyMs: spec.everySeconds * 1000 })
      : makeScheduler({ ...common, kind: 'any-branch', filter, importantFiles: null, onlyImportant: false, treeStableMs: spec.treeStableMs }); // prettier-ignore
  if (!service) throw new Error(`${spec.name} is no clustered service`);
  return service;
}

function changeOf(commit: number, when: number): NewChange {
  const place = { branch: 'main', revision: `r${commit}`, repository: 'repo', codebase: '', project: '' };
  return { ...place, author: 'somebody', committer: 'somebody', comments: '', files: ['a'], when, category: null, properties: {}, vcs: 'git' }; // prettier-ignore
}
