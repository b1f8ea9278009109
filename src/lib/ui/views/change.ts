import { count } from '../../model/names.js';
import type { Plan, Report, Step } from '../../operation.js';
import { formatDuration } from '../../model/duration.js';
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
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

const endings: Record<Report<Step>['status'], string> = {
  'nothing to do': 'Nothing to do.',
  'dry run': 'Nothing was changed: this was a dry run.',
  done: colour.green('Done, and checked in the database.'),
  'partly done': colour.yellow('Partly done.'),
  'changed meanwhile': colour.yellow('Nothing was done: what was seen had changed meanwhile.'),
  failed: colour.red('Failed.'),
};

export function renderReport<S extends Step>(report: Report<S>, { isLive }: { isLive: boolean }): string {
  const steps = isLive
    ? []
    : report.results.map(
        (result) => `  ${marks[result.outcome]} ${result.step}${result.detail ? ` (${result.detail})` : ''}`,
      );
  const rows = Object.entries(rowTotals(report)).map(([table, number]) => `${table} ${number.toLocaleString('en-US')}`);
  const again =
    report.status === 'partly done' || report.status === 'failed'
      ? [`Run the same command again to finish it, or "bbctl undo ${report.journal}" to take it back.`]
      : [];
  const undo =
    report.status === 'done' ? [`Journal entry ${report.journal}; "bbctl undo ${report.journal}" takes it back.`] : [];
  return `${[...steps, endings[report.status], ...(rows.length > 0 ? [`Rows: ${rows.join(', ')}.`] : []), ...again, ...undo, ...report.advice].join('\n')}\n`;
}

const marks = { done: '✓', unchanged: '=', failed: '✗', skipped: '-' };

function rowTotals<S extends Step>(report: Report<S>): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { rows } of report.results)
    for (const [table, number] of Object.entries(rows)) totals[table] = (totals[table] ?? 0) + number;
  return totals;
}
