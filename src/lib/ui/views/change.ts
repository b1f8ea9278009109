import type { ShownStep } from '../../gate.js';
import { count, list, printable, thousands } from '../../model/names.js';
import type { Woken } from '../../model/wake.js';
import type { Plan, Report, Step, StepResult } from '../../operation.js';
import { formatDuration } from '../../model/duration.js';
import { wrapped } from '../prose.js';
import { colour } from '../terminal.js';

const mostSteps = 30;

/** The plan as a checklist; what is left alone, and why, after it. */
export function renderPlan<S extends Step>(
  plan: Plan<S>,
  describe: (step: S) => string,
  { dryRun }: { dryRun: boolean },
): string {
  const all = grouped(plan.steps.map((step) => ({ title: describe(step), group: step.group })));
  const shown = all.slice(0, mostSteps).map((line, index) => `  ${index + 1}. ${line.title}${inSteps(line.length)}`);
  const left = all.slice(mostSteps).reduce((sum, line) => sum + line.length, 0);
  const more = left > 0 ? [`  … and ${count(left, 'more step')}`] : [];
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

/** One line of a plan: a step, or neighbours that are pieces of the same work. */
export interface PlanLine {
  readonly title: string;
  readonly first: number;
  readonly length: number;
}

export function grouped(steps: readonly ShownStep[]): PlanLine[] {
  const starts = steps.flatMap(({ group }, index) =>
    group === undefined || index === 0 || steps[index - 1]?.group !== group ? [index] : [],
  );
  return starts.map((first, index) => {
    const length = (starts[index + 1] ?? steps.length) - first;
    return { title: steps[first]?.group ?? steps[first]?.title ?? '', first, length };
  });
}

function inSteps(length: number): string {
  return length > 1 ? ` (in ${count(length, 'step')})` : '';
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
  const steps = isLive ? [] : resultLines(report);
  const ways = new Set(report.results.flatMap((result) => result.try ?? []));
  const lines = [
    ...steps,
    endings[report.status],
    ...ways,
    ...rowsLine(report),
    ...wayOn(report),
    ...wokenLines(report),
  ].map((line) => wrapped(line));
  // What is indented there is to be pasted: it stays in one piece.
  const advice = report.advice.map((line) => (line.startsWith('  ') ? line : wrapped(line)));
  return [...lines, ...advice].map((line) => `${line}\n`).join('');
}

/** What was not done; of the pieces of one work the first stands for the rest. */
function resultLines<S extends Step>({ plan, results }: Report<S>): string[] {
  const shown = results.map(({ step }, index) => ({ title: step, group: plan.steps[index]?.group }));
  return grouped(shown).flatMap(({ first, length }) => {
    const undone = results.slice(first, first + length).filter((result) => result.outcome !== 'done');
    const [one] = undone;
    if (one === undefined) return [];
    return [`${resultLine(one)}${undone.length > 1 ? `, and ${count(undone.length - 1, 'more step')} like it` : ''}`];
  });
}

function resultLine({ outcome, step, detail }: StepResult): string {
  return `  ${marks[outcome]} ${step}${detail ? ` (${detail})` : ''}`;
}

function rowsLine<S extends Step>(report: Report<S>): string[] {
  const rows = Object.entries(rowTotals(report)).map(([table, number]) => `${table} ${thousands(number)}`);
  return rows.length > 0 ? [`Rows: ${rows.join(', ')}.`] : [];
}

function wayOn<S extends Step>({ status, journal, plan }: Report<S>): string[] {
  if (plan.isFinal && status === 'done') return [`Journal entry ${journal}; it cannot be taken back.`];
  if (plan.isFinal && status === 'partly done') return ['Run the same command again to go on where it was.'];
  if (status === 'done') return [`Journal entry ${journal}; "bbctl undo ${journal}" takes it back.`];
  if (status === 'failed') return [`No step was finished; "bbctl journal show ${journal}" tells more.`];
  if (status !== 'partly done') return [];
  return [`Run the same command again to finish it, or "bbctl undo ${journal}" to take it back.`];
}

function wokenLines<S extends Step>({ woken }: Report<S>): string[] {
  return woken.flatMap((one) => [...awakeLine(one), ...asleepLine(one)]);
}

const ways: Record<Woken['way'], string> = {
  rest: 'asked over REST',
  command: 'by its wake command',
  signal: 'by a signal',
  reconfig: 'reconfigured: it loads the master.cfg that is on disk',
};

function awakeLine({ master, way, builders }: Woken): string[] {
  if (builders.length === 0) return [];
  return [`Woken: ${printable(master)} looks for requests of ${list(builders.map(printable), 3)} now (${ways[way]}).`];
}

function asleepLine({ master, error }: Woken): string[] {
  return error === null ? [] : [`${colour.yellow('Not woken:')} ${printable(master)}: ${printable(error)}.`];
}

const marks = { done: '✓', unchanged: '=', failed: '✗', skipped: '-' };

function rowTotals<S extends Step>(report: Report<S>): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { rows } of report.results)
    for (const [table, number] of Object.entries(rows)) totals[table] = (totals[table] ?? 0) + number;
  return totals;
}
