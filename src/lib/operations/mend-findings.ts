/*
 * Several operations as one: one plan, one confirmation, one journal entry. Each keeps its own order and conditions;
 * between them there is none, for they mend different things.
 */
import type { Mend } from '../model/finding.js';
import type { Master } from '../model/master.js';
import type { RowSet } from '../model/rows.js';
import { joinedWakeUps } from '../model/wake.js';
import type { Database, Transaction } from '../db/connect.js';
import { writtenTables } from '../db/tables.js';
import type { Operation, Plan, Step } from '../operation.js';
import { expireMasters } from './expire-masters.js';
import { finishBuilds } from './finish-builds.js';
import { releaseRequests } from './release-requests.js';
import { releaseServices } from './release-services.js';

export interface MendStep extends Step {
  readonly operation: Mend['operation'];
  readonly step: Step;
}

type Mending = Operation<unknown, Step>;

export interface MendInput {
  readonly expireAfter: number;
  /** As `masters expire` has it. */
  readonly seenBefore?: readonly Master[];
}

/** An operation that mends, by its name; `names` as a person would type them. */
function mending({ operation, names }: Mend, { expireAfter, seenBefore = [] }: MendInput): Mending {
  const operations: Record<Mend['operation'], () => unknown> = {
    'masters expire': () => expireMasters({ masters: names, expireAfter, force: false, seenBefore }),
    'services release': () => releaseServices({ services: names, expireAfter }),
    'requests release': () => releaseRequests({ requests: names, expireAfter }),
    'builds finish': () => finishBuilds({ builds: names, expireAfter }),
  };
  return operations[operation]() as Mending;
}

/** The same operation for several findings is done once. */
function merged(mends: readonly Mend[]): Mend[] {
  const names = new Map<Mend['operation'], string[]>();
  for (const mend of mends) names.set(mend.operation, [...(names.get(mend.operation) ?? []), ...mend.names]);
  return [...names].map(([operation, all]) => ({ operation, names: [...new Set(all)] }));
}

export function mendFindings(
  mends: readonly Mend[],
  input: MendInput,
  name = 'doctor',
): Operation<unknown[], MendStep> {
  const parts = merged(mends).map((mend) => mending(mend, input));
  const partOf = (step: MendStep): Mending => {
    const part = parts.find((one) => one.name === step.operation);
    if (!part) throw new Error(`A step of "${step.operation}" was planned by nobody.`);
    return part;
  };
  return {
    name,
    tables: writtenTables,
    read: (database: Database) => inTurn(parts, (part) => part.read(database)),
    plan: (worlds, earlier) => joined(parts, parts.map((part, index) => part.plan(worlds[index], earlier?.[index]))), // prettier-ignore
    describe: (step) => partOf(step).describe(step.step),
    work: (tx: Transaction, step): Promise<RowSet[]> => partOf(step).work(tx, step.step),
    wakes: (worlds, done) =>
      joinedWakeUps(ofParts(parts, done, (part, own, index) => part.wakes?.(worlds[index], own) ?? [])),
    advise: (worlds, done, woken) => [
      ...new Set(ofParts(parts, done, (part, own, index) => part.advise?.(worlds[index], own, woken) ?? [])),
    ],
  };
}

/** What each part says of its own steps. */
function ofParts<T>(
  parts: readonly Mending[],
  done: readonly MendStep[],
  say: (part: Mending, own: readonly Step[], index: number) => readonly T[],
): T[] {
  return parts.flatMap((part, index) => {
    const own = done.filter((step) => step.operation === part.name).map((step) => step.step);
    return own.length > 0 ? say(part, own, index) : [];
  });
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

function joined(parts: readonly Mending[], plans: readonly Plan<Step>[]): Plan<MendStep> {
  const all = plans.flatMap((plan, index) =>
    plan.steps.map((step): MendStep => ({
      kind: step.kind,
      subject: step.subject,
      operation: parts[index]?.name as Mend['operation'],
      step,
    })),
  );
  return {
    title: plans.map((plan) => plan.title).join('; '),
    steps: all,
    notes: [...new Set(plans.flatMap((plan) => plan.notes))],
    warnings: [...new Set(plans.flatMap((plan) => plan.warnings))],
    blockers: plans.flatMap((plan) => plan.blockers),
    secondLook: plans.flatMap((plan) => plan.secondLook ?? []).sort((a, b) => b.afterSeconds - a.afterSeconds)[0] ?? null, // prettier-ignore
  };
}
