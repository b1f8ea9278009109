/*
 * Takes back what a journal entry did, row by row, in the opposite order. All or nothing for each subject (a master, a
 * request): where one row of it is not as the change left it, somebody has gone on from there, and it is left alone.
 */
import { masterName } from '../model/cluster.js';
import type { Cluster } from '../model/cluster.js';
import { count, list, printable } from '../model/names.js';
import { inverse, isBulk, keyOf, keysOf, onlyKeys } from '../model/rows.js';
import type { Key, Row, RowSet } from '../model/rows.js';
import { wakeUps } from '../model/wake.js';
import type { Woken } from '../model/wake.js';
import type { Database, Transaction } from '../db/connect.js';
import { ChangedMeanwhile, lockRows, readRows, stateOfRows } from '../db/rows.js';
import type { Written } from '../db/rows.js';
import { snapshot } from '../db/snapshot.js';
import { allWrittenTables } from '../db/tables.js';
import type { Entry } from '../journal.js';
import type { Blocker, Operation, Plan, Step } from '../operation.js';
import { adviseBuilders } from './advice.js';

export interface UndoStep extends Step {
  /** What the step that is undone says of itself. */
  readonly undoes: string;
  /** Written in this order: already the inverse of what was done. */
  readonly sets: readonly RowSet[];
}

/** What has become of the rows of one set. */
export interface SetState {
  readonly step: number;
  readonly subject: string;
  readonly set: RowSet;
  readonly rows: ReadonlyMap<Key, Written>;
}

export interface UndoWorld {
  readonly cluster: Cluster;
  readonly states: readonly SetState[];
  /** `builders.id` of the requests that the change had claimed: taken back, they wait for a master again. */
  readonly builderOf: ReadonlyMap<number, number>;
}

export function undoChange(
  entry: Entry,
  describeStep: (step: Step) => string,
  force: boolean,
): Operation<UndoWorld, UndoStep> {
  return {
    name: 'undo',
    ...undoSteps,
    // Without transactions all of them are locked: no more than are needed.
    tables: [...new Set(['masters', ...entry.steps.flatMap((step) => step.sets.map((set) => set.table))])],
    read: (database) => readStates(database, entry),
    plan: (world) => planUndo(entry, world, describeStep, force),
    wakes: (world, done) => wakeUps(world.cluster, buildersOf(world, unclaimedBy(done))),
    advise,
  };
}

/** What needs no entry: an undo that was interrupted is finished by this. */
export const undoSteps = {
  tables: allWrittenTables,
  describe: (step: UndoStep): string => `take back: ${step.undoes}`,
  work: restore,
};

export function readStates(database: Database, entry: Entry): Promise<UndoWorld> {
  return database.read(async (tx) => {
    const states: SetState[] = [];
    for (const { step, sets } of entry.steps) {
      const subject = entry.plan.steps[step]?.subject ?? '';
      for (const set of sets) states.push({ step, subject, set, rows: await stateOfRows(tx, set) });
    }
    const claimed = requestsIn(entry.steps.flatMap(({ sets }) => sets), 'insert'); // prettier-ignore
    const requests = await readRows(tx, 'buildrequests', 'id', claimed, ['id', 'builderid']);
    const builderOf = new Map(requests.map((row) => [Number(row['id']), Number(row['builderid'])]));
    return { cluster: await snapshot(tx, database.location.label), states, builderOf };
  });
}

/** Requests whose claims these sets write. */
function requestsIn(sets: readonly RowSet[], kind: 'insert' | 'delete'): number[] {
  return sets.flatMap((set) =>
    set.kind === kind && set.table === 'buildrequest_claims' ? set.rows.map((row) => Number(row['brid'])) : [],
  );
}

function unclaimedBy(done: readonly UndoStep[]): number[] {
  return requestsIn(done.flatMap((step) => step.sets), 'delete'); // prettier-ignore
}

function buildersOf({ builderOf }: UndoWorld, requestIds: readonly number[]): Set<number> {
  return new Set(requestIds.flatMap((id) => builderOf.get(id) ?? []));
}

function advise(world: UndoWorld, done: readonly UndoStep[], woken: readonly Woken[]): string[] {
  const requests = unclaimedBy(done);
  return requests.length === 0 ? [] : adviseBuilders(world.cluster, requests, buildersOf(world, requests), woken);
}

export function planUndo(
  entry: Entry,
  world: UndoWorld,
  describeStep: (step: Step) => string,
  force: boolean,
): Plan<UndoStep> {
  const changed = changedRows(entry, world);
  const subjects = [...new Set(world.states.map((state) => state.subject))];
  const kept = new Set(subjects.filter((subject) => (changed.get(subject) ?? []).length === 0));
  const steps = stepsOf(entry, world, describeStep).filter((step) => kept.has(step.subject));
  return {
    title: `Undo ${entry.id}: ${entry.title}`,
    steps,
    notes: notes(entry, world, changed, force),
    warnings: [],
    blockers: [...orderBlockers(entry), ...(force ? [] : changedBlockers(entry, world, changed, kept.size > 0))],
    secondLook: null,
  };
}

/** The last is taken back first: what came later counts on what came before. */
function orderBlockers(entry: Entry): Blocker[] {
  const later = [...new Set([...(entry.completedBy === null ? [] : [entry.completedBy]), ...entry.followedBy])].sort(
    (a, b) => b - a,
  );
  if (entry.state === 'undone' || later.length === 0) return [];
  const message = `Change ${entry.id} was followed by change ${list(later, 5)} of the same ${later.length === 1 ? 'thing' : 'things'}.`;
  return [{ message, try: `Undo ${later[0]} first.`, override: null }];
}

function changedBlockers(
  entry: Entry,
  world: UndoWorld,
  changed: ReadonlyMap<string, readonly string[]>,
  isRest: boolean,
): Blocker[] {
  return [...changed].flatMap(([subject, rows]): Blocker[] => {
    if (rows.length === 0) return [];
    const bulk = world.states.find((state) => state.subject === subject && isBulk(state.set))?.set.kind;
    if (bulk) return [historyBlocker(entry, bulk)];
    const [are, them] = rows.length === 1 ? ['is', 'it'] : ['are', 'them'];
    const message = `${subjectName(subject, world)} cannot be taken back: ${count(rows.length, 'row')} ${are} not as the change left ${them}: ${list(rows, 5)}.`;
    const way = 'The cluster has gone on from there: leave it as it is.';
    return [
      isRest
        ? { message, try: `${way} --force takes back the rest.`, override: '--force' }
        : { message, try: way, override: null },
    ];
  });
}

function historyBlocker({ id, title }: Entry, kind: RowSet['kind']): Blocker {
  const isGone = kind === 'purge';
  return {
    message: `Change ${id} (${printable(title)}) cannot be taken back: its history ${isGone ? 'is gone from the database' : 'came from an archive'}, and is too much for a journal to keep.`,
    try: isGone ? 'If it was archived: "bbctl builders restore FILE".' : 'Take it out again with "bbctl builders forget".',
    override: null,
  }; // prettier-ignore
}

/** `master 3` is its name to people. */
function subjectName(subject: string, { cluster }: UndoWorld): string {
  const id = /^master (\d+)$/.exec(subject)?.[1];
  return id === undefined ? subject : printable(masterName(cluster, Number(id)));
}

function notes(
  entry: Entry,
  world: UndoWorld,
  changed: ReadonlyMap<string, readonly string[]>,
  force: boolean,
): string[] {
  const undone = entry.state === 'undone' ? [`Change ${entry.id} was undone by change ${entry.undoneBy}.`] : [];
  const left = [...changed].filter(([, rows]) => force && rows.length > 0);
  return [
    ...undone,
    ...left.map(([subject]) => `${subjectName(subject, world)} is left as it is: it has changed since.`),
  ];
}

/** Rows that cannot be restored, by subject: they changed, or what they refer to is gone. */
function changedRows({ plan }: Entry, { cluster, states }: UndoWorld): Map<string, string[]> {
  const changed = new Map<string, string[]>();
  const masters = new Set(cluster.masters.map((master) => master.id));
  for (const { step, subject, set, rows } of states) {
    // What went with a worker had no master before either.
    const hadMaster = plan.steps[step]?.kind !== 'forget worker';
    const orphaned = new Set<Key>(
      set.kind === 'delete' && hadMaster
        ? set.rows.filter((row) => isOrphan(row, masters)).map((row) => keyOf(set.table, row))
        : [],
    );
    const isLost = (key: Key): boolean => isBulk(set) || orphaned.has(key);
    const bad = [...rows].filter(([key, state]) => state === 'changed' || (state === 'written' && isLost(key)));
    changed.set(subject, [
      ...(changed.get(subject) ?? []),
      ...bad.map(([key, state]) => `${set.table} ${key}${state === 'written' ? whyLost(set) : ''}`),
    ]);
  }
  return changed;
}

function whyLost(set: RowSet): string {
  return isBulk(set) ? ' (the journal has not kept it)' : ' (its master has no row any more)';
}

function isOrphan(row: Row, masters: ReadonlySet<number>): boolean {
  return row['masterid'] !== undefined && !masters.has(Number(row['masterid']));
}

function stepsOf(entry: Entry, { states }: UndoWorld, describeStep: (step: Step) => string): UndoStep[] {
  const seen = new Set<string>();
  const sets = new Map<number, RowSet[]>();
  for (const state of states.filter(({ set }) => !isBulk(set)).reverse()) {
    const written = [...state.rows]
      .filter(([key, how]) => how === 'written' && !seen.has(`${state.set.table} ${key}`))
      .map(([key]) => key);
    for (const key of written) seen.add(`${state.set.table} ${key}`);
    if (written.length > 0)
      sets.set(state.step, [...(sets.get(state.step) ?? []), inverse(onlyKeys(state.set, new Set(written)))]);
  }
  return [...sets].flatMap(([index, some]) => {
    const step = entry.plan.steps[index];
    return step ? [{ kind: `undo ${step.kind}`, subject: step.subject, undoes: describeStep(step), sets: some }] : [];
  });
}

/** Rows must still be as they were when the plan was made; what is restored already stays. The sets are inverse. */
async function restore(tx: Transaction, step: UndoStep): Promise<RowSet[]> {
  const sets: RowSet[] = [];
  for (const set of step.sets) {
    const states = await stateOfRows(tx, set, lockRows);
    const keysIn = (state: Written): Key[] => keysOf(set).filter((key) => states.get(key) === state);
    const changed = keysIn('changed');
    if (changed.length > 0) throw new ChangedMeanwhile(`${list(changed.map((key) => `${set.table} ${key}`), 5)} changed meanwhile`); // prettier-ignore
    sets.push(onlyKeys(set, new Set(keysIn('not written'))));
  }
  return sets;
}
