/* The plan of an upgrade, and what became of it. */
import { formatDuration } from '../../model/duration.js';
import { count, list, printable } from '../../model/names.js';
import { kindNames } from '../../model/service.js';
import type { Plan } from '../../operation.js';
import type { MovedService, UpgradedMaster, UpgradeReport, UpgradeStatus } from '../../upgrade/events.js';
import { isTakenBack } from '../../upgrade/exit-status.js';
import { describeUpgradeStep } from '../../upgrade/describe-upgrade-step.js';
import type { UpgradeStep } from '../../upgrade/plan-upgrade.js';
import { text } from '../format.js';
import type { Column } from '../list.js';
import { wrapped } from '../prose.js';
import { renderTable } from '../table.js';
import { colour, terminalWidth } from '../terminal.js';
import { sentence, spanText } from './upgrade-events.js';

/** A line of the plan; where there are several waves, with its own. */
export function stepLine({ steps }: Plan<UpgradeStep>): (step: UpgradeStep) => string {
  const isOne = steps.every(({ wave }) => wave === steps[0]?.wave);
  return (step) => `${isOne ? '' : `Wave ${step.wave}: `}${describeUpgradeStep(step)}`;
}

/** What moved and how long it took, then the status, and how to go on. */
export function renderUpgrade(report: UpgradeReport): string {
  const blocks = [
    ...table(report.masters, masterColumns),
    ...report.masters.flatMap(errorLine),
    ...table(report.services.filter(({ from, to }) => from !== to), serviceColumns), // prettier-ignore
    ...buildsLine(report),
    ...table(report.workers, workerColumns),
    ...waitLine(report),
    ...(report.complaints ?? []).map((complaint) => wrapped(`${colour.yellow('Warning:')} ${sentence(complaint)}`)),
    ...statusLines(report),
  ];
  return blocks.map((block) => `${block}\n`).join('');
}

const most = 30;

/** Indented; of a long one the beginning: all of it is in the last line of `--json`. */
function table<Row extends object>(rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
  if (rows.length === 0) return [];
  const width = terminalWidth();
  const lines = renderTable(rows.slice(0, most), columns, width === null ? null : width - 2).split('\n');
  const more = rows.length > most ? [`… and ${count(rows.length - most, 'more line')}, see --json`] : [];
  return [...lines, ...more].map((line) => `  ${line}`);
}

const masterColumns: readonly Column<UpgradedMaster>[] = [
  { name: 'name', header: 'MASTER' },
  { name: 'outcome', format: (_, one) => outcomeText(one), colour: outcomeColour },
  { name: 'seconds', header: 'AFTER', format: (seconds) => (seconds === null ? '-' : formatDuration(seconds)) },
  { name: 'role' },
];

const outcomes: Partial<Record<UpgradedMaster['outcome'], string>> = { gone: 'has no row any more' };

function outcomeText({ outcome, killed }: UpgradedMaster): string {
  return `${outcomes[outcome] ?? outcome}${killed ? ' (killed, and then expired)' : ''}`;
}

/** Is that what was wanted? */
export function isFine(outcome: string): boolean {
  return /^(arrived|was there|stopped|taken back|started again)/.test(outcome.trim());
}

function outcomeColour(word: string): string {
  return isFine(word) ? word : colour.yellow(word);
}

/** `host2:/srv/bb/green: not arrived; it crashed` */
export function outcomeLine(master: UpgradedMaster): string {
  const { name, error } = master;
  return `${printable(name)}: ${outcomeText(master)}${error === null ? '' : `; ${printable(error)}`}`;
}

function errorLine({ name, error }: UpgradedMaster): string[] {
  return error === null ? [] : [wrapped(`${colour.yellow('Warning:')} ${printable(name)}: ${sentence(error)}`)];
}

const serviceColumns: readonly Column<MovedService>[] = [
  { name: 'name', header: 'SERVICE' },
  { name: 'to', format: (to) => (to === null ? 'nobody' : printable(to)), colour: (word) => (word.trim() === 'nobody' ? colour.red(word) : word) },
  { name: 'unheld', header: 'NO HOLDER', format: (_, one) => unheldText(one) },
  { name: 'from' },
  { name: 'kind', format: (kind) => kindNames[kind] },
]; // prettier-ignore

/** Of one that nobody holds, how long that has been so. */
function unheldText({ to, unheld }: MovedService): string {
  return to === null ? `${formatDuration(unheld.atLeast)} and on` : spanText(unheld);
}

/** `4 builds: 3 success, 1 retry (tests #12).` */
function buildsLine({ builds }: UpgradeReport): string[] {
  if (builds.length === 0) return [];
  const names = builds.map(({ results }) => results ?? 'running');
  const ended = [...new Set(names)].map((name) => `${names.filter((one) => one === name).length} ${printable(name)}`);
  const retried = builds.filter(({ results }) => results === 'retry').map(({ builder, number }) => `${printable(builder)} #${number}`); // prettier-ignore
  const again = retried.length === 0 ? '' : ` Built again: ${list(retried)}.`;
  return [wrapped(`${count(builds.length, 'build')} of the old masters: ${ended.join(', ')}.${again}`)];
}

const workerColumns: readonly Column<UpgradeReport['workers'][number]>[] = [
  { name: 'worker' },
  { name: 'to', header: 'IS CONNECTED TO', format: (_, { to }) => (to.length === 0 ? 'no master yet' : text(to)) },
];

function waitLine({ withoutWorker }: UpgradeReport): string[] {
  if (withoutWorker.length === 0) return [];
  const waits = [...withoutWorker].sort((one, other) => other.seconds - one.seconds);
  const words = waits.map(({ builder, seconds }) => `${printable(builder)} ${formatDuration(seconds)}`);
  return [wrapped(`New requests had no worker: ${list(words)}.`)];
}

const statuses: Record<UpgradeStatus, (report: UpgradeReport) => string> = {
  'nothing to do': () => 'Nothing to do.',
  'dry run': () => 'Nothing was done: this was a dry run.',
  done: (report) => colour.green(`Done after ${tookText(report)}, and checked in the database.`),
  blocked: (report) => colour.red(`Stopped after ${tookText(report)}, with a question.`),
  deadline: () => colour.yellow('The deadline has come: what drains goes on, and nobody watches any more.'),
  aborted: (report) => isTakenBack(report) ? colour.green('Taken back.') : colour.yellow('Not everything could be taken back.'),
  'lost contact': () => colour.red('Lost contact: the database was away when watching ended. What was asked for goes on.'),
  interrupted: () => colour.yellow('Nobody watches any more; what was asked for goes on.'),
}; // prettier-ignore

function tookText({ startedAt, endedAt }: UpgradeReport): string {
  return formatDuration(endedAt - startedAt);
}

/** A command to paste stays in one piece. */
function statusLines(report: UpgradeReport): string[] {
  const why = report.why === null ? [] : [wrapped(sentence(report.why))];
  const ways = report.ways.map((way) => (way.startsWith('bbctl ') ? `  ${printable(way)}` : wrapped(printable(way))));
  return [wrapped(statuses[report.status](report)), ...why, ...ways];
}
