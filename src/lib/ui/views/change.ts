import { count } from '../../model/names.js';
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
  const steps = plan.steps.slice(0, mostSteps).map((step, index) => `  ${index + 1}. ${describe(step)}`);
  const more =
    plan.steps.length > mostSteps ? [`  … and ${count(plan.steps.length - mostSteps, 'more step', 'more steps')}`] : [];
  const look =
    plan.secondLook && dryRun
      ? [
          `  First a second look ${formatDuration(plan.secondLook.afterSeconds)} after the first, ${plan.secondLook.why}.`,
        ]
      : [];
  const lines = [
    ...(plan.steps.length > 0 ? [colour.bold(`${plan.title}:`), ...look, ...steps, ...more] : []),
    ...plan.warnings.map((warning) => `${colour.yellow('Warning:')} ${warning}`),
    ...plan.notes.map((note) => `${colour.dim('Note:')} ${note}`),
  ];
  return lines.map((line) => `${wrapped(line)}\n`).join('');
}

const endings: Record<Report<Step>['status'], string> = {
  'nothing to do': 'Nothing to do.',
  'dry run': 'Nothing was changed: this was a dry run.',
  done: colour.green('Done, and checked in the database.'),
  'partly done': colour.yellow('Partly done.'),
  'changed meanwhile': colour.yellow('Nothing was done: what was seen had changed meanwhile.'),
  failed: colour.red('Failed.'),
};

/** What became of it; the steps only where their progress was not shown. */
export function renderReport<S extends Step>(report: Report<S>, { isLive }: { isLive: boolean }): string {
  const steps = isLive ? [] : report.results.map(resultLine);
  const lines = [...steps, endings[report.status], ...rowsLine(report), ...wayOn(report), ...report.advice];
  return lines.map((line) => `${wrapped(line)}\n`).join('');
}

function resultLine({ outcome, step, detail }: StepResult): string {
  return `  ${marks[outcome]} ${step}${detail ? ` (${detail})` : ''}`;
}

function rowsLine<S extends Step>(report: Report<S>): string[] {
  const rows = Object.entries(rowTotals(report)).map(([table, number]) => `${table} ${number.toLocaleString('en-US')}`);
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
