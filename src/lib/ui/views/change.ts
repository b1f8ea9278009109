import { count, thousands } from '../../model/names.js';
import type { Plan, Report, Step, StepResult } from '../../operation.js';
import { formatDuration } from '../../model/duration.js';
import { wrapped } from '../prose.js';
import { colour } from '../terminal.js';

const mostSteps = 20;

/** The plan as a checklist; what is left alone, and why, after it. */
export function renderPlan<S extends Step>(
  plan: Plan<S>,
  describe: (step: S) => string,
  { dryRun }: { dryRun: boolean },
): string {
  const steps = batches(plan.steps).map((batch) => batchLine(batch, describe));
  const shown = steps.slice(0, mostSteps).map((line, index) => `  ${index + 1}. ${line}`);
  const more = steps.length > mostSteps ? [`  … and ${count(steps.length - mostSteps, 'more step')}`] : [];
  const look =
    plan.secondLook && dryRun
      ? [
          `  First a second look ${formatDuration(plan.secondLook.afterSeconds)} after the first, ${plan.secondLook.why}.`,
        ]
      : [];
  const lines = [
    ...(plan.steps.length > 0 ? [colour.bold(`${plan.title}:`), ...look, ...shown, ...more] : []),
    ...plan.warnings.map((warning) => `${colour.yellow('Warning:')} ${warning}`),
    ...plan.notes.map((note) => `${colour.dim('Note:')} ${note}`),
  ];
  return lines.map((line) => `${wrapped(line)}\n`).join('');
}

/** Steps that follow each other and do the same to the same: one line says it. */
function batches<S extends Step>(steps: readonly S[]): S[][] {
  const all: S[][] = [];
  for (const step of steps) {
    const last = all.at(-1);
    if (last?.[0]?.kind === step.kind && last[0].subject === step.subject) last.push(step);
    else all.push([step]);
  }
  return all;
}

function batchLine<S extends Step>(batch: readonly S[], describe: (step: S) => string): string {
  const [first] = batch;
  const more = batch.length > 1 ? `; and ${count(batch.length - 1, 'more batch', 'more batches')} of these` : '';
  return first ? `${describe(first)}${more}` : '';
}

const endings: Record<Report<Step>['status'], string> = {
  'nothing to do': 'Nothing to do.',
  'dry run': 'Nothing was changed: this was a dry run.',
  done: colour.green('Done, and checked in the database.'),
  'partly done': colour.yellow('Partly done.'),
  'changed meanwhile': colour.yellow('Nothing was done: what was seen had changed meanwhile.'),
  failed: colour.red('Failed.'),
};

/** What became of it. The steps were shown as a plan, and on a terminal their progress: only what went wrong is told. */
export function renderReport<S extends Step>(report: Report<S>, { isLive }: { isLive: boolean }): string {
  const steps = isLive ? [] : report.results.filter((result) => result.outcome !== 'done').map(resultLine);
  const lines = [...steps, endings[report.status], ...rowsLine(report), ...wayOn(report), ...report.advice];
  return lines.map((line) => `${wrapped(line)}\n`).join('');
}

function resultLine({ outcome, step, detail }: StepResult): string {
  return `  ${marks[outcome]} ${step}${detail ? ` (${detail})` : ''}`;
}

function rowsLine<S extends Step>(report: Report<S>): string[] {
  const rows = Object.entries(rowTotals(report)).map(([table, number]) => `${table} ${thousands(number)}`);
  return rows.length > 0 ? [`Rows: ${rows.join(', ')}.`] : [];
}

function wayOn<S extends Step>({ status, journal }: Report<S>): string[] {
  if (status === 'done') return [`Journal entry ${journal}; "bbctl undo ${journal}" takes it back.`];
  if (status !== 'partly done' && status !== 'failed') return [];
  return [`Run the same command again to finish it, or "bbctl undo ${journal}" to take it back.`];
}

const marks = { done: '✓', unchanged: '=', failed: '✗', skipped: '-' };

function rowTotals<S extends Step>(report: Report<S>): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { rows } of report.results)
    for (const [table, number] of Object.entries(rows)) totals[table] = (totals[table] ?? 0) + number;
  return totals;
}
