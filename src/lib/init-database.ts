import { notConfirmed } from './change.js';
import { createDatabase, planDatabase } from './db/create.js';
import type { CreateOptions, Creation } from './db/create.js';
import type { Location } from './db/url.js';
import type { Presenter } from './gate.js';
import { count, list, printable } from './model/names.js';
import { emptyPlan } from './operation.js';
import type { Plan, Step } from './operation.js';

/** What `--json` prints. */
export interface Initialization extends Creation {
  readonly database: string;
  readonly status: 'done' | 'dry run';
}

/**
 * Shows what will be made, asks, and makes it. The gate for changes is not for this: there are no rows yet that could be
 * seen, journaled or put back.
 */
export async function initDatabase(
  location: Location,
  options: CreateOptions,
  { presenter, dryRun }: { presenter: Presenter; dryRun: boolean },
): Promise<Initialization> {
  const database = location.label;
  const planned = await planDatabase(location, options);
  const plan = planOf(planned, location);
  presenter.showPlan(plan, describe, { dryRun });
  if (dryRun) return { database, status: 'dry run', ...planned };
  if (!(await presenter.confirm(plan))) throw notConfirmed();
  return { database, status: 'done', ...(await createDatabase(location, options)) };
}

interface CreateStep extends Step {
  readonly kind: 'create database';
  readonly creation: Creation;
}

function planOf(creation: Creation, { label }: Location): Plan<CreateStep> {
  const { isResumed, others } = creation;
  return {
    ...emptyPlan(`Create a Buildbot database in ${printable(label)}`),
    steps: [{ kind: 'create database', subject: label, creation }],
    notes: isResumed ? ['A run that broke off has made some of them; the others are added.'] : [],
    warnings:
      others.length > 0
        ? [`Another application's tables are there, and stay as they are: ${list(others.map(printable))}.`]
        : [],
  };
}

function describe({ creation: { tables, revision, storageEngine } }: CreateStep): string {
  return `Make ${count(tables, 'table')} of revision ${revision}${storageEngine === null ? '' : `, on ${storageEngine}`}`;
}

export function renderInitialization({ database, status, buildbot }: Initialization): string {
  if (status === 'dry run') return 'Nothing was made: this was a dry run.';
  return `Done: masters of Buildbot ${buildbot} can start on ${printable(database)}.`;
}
