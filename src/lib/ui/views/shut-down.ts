import type { ShutDownStep } from '../../drain/plan-shut-down.js';
import type { MasterReport, ShutDownEvent, ShutDownReport } from '../../drain/events.js';
import { formatDuration } from '../../model/duration.js';
import type { BuildLeft, Ending, Left } from '../../model/drain.js';
import { count, list, printable, shellArgument } from '../../model/names.js';
import { colour } from '../terminal.js';

/** A line of the plan. */
export function describeStep({ kind, verb, master, by, left }: ShutDownStep): string {
  const what = kind === 'watch' ? 'it drains already: watch' : `ask to ${verb}, by ${by}`;
  return `${printable(master)}: ${what} (${leftText(left)})`;
}

/** `2 builds left (tests #12: compile, about 5m left), 3 services held, 1 request claimed` */
export function leftText(left: Left): string {
  const { builds } = left;
  const more = builds.length > mostBuilds ? [`${builds.length - mostBuilds} more`] : [];
  const told = [...builds.slice(0, mostBuilds).map(buildText), ...more].join('; ');
  return countsText(left, builds.length === 0 ? '' : ` (${told})`);
}

const mostBuilds = 4;

function countsText({ builds, services, requests, workers }: Left, told = ''): string {
  const running = builds.length === 0 ? 'no builds left' : `${count(builds.length, 'build')} left${told}`;
  const others = [
    [services.length, 'service', ' held'],
    [requests, 'request', ' claimed'],
    [workers, 'worker', ' connected'],
  ] as const;
  const rest = others.filter(([number]) => number > 0).map(([number, noun, how]) => `${count(number, noun)}${how}`);
  return [running, ...rest].join(', ');
}

function buildText({ builder, number, step, secondsLeft }: BuildLeft): string {
  const eta = secondsLeft === null ? 'how long is not known' : `about ${formatDuration(secondsLeft)} more`;
  return `${printable(builder)} #${number}: ${[...(step === null ? [] : [printable(step)]), eta].join(', ')}`;
}

/** How long it takes still. */
function etaText({ builds, secondsLeft, unknown }: Left): string {
  if (builds.length === 0) return '';
  if (secondsLeft !== null) return `about ${formatDuration(secondsLeft)} to go; `;
  return unknown === builds.length ? '' : `for ${count(unknown, 'build')} it is not known how long; `;
}

export function progressLine(left: Left): string {
  return `${headText(left)}${leftText(left)}`;
}

/** One that is leaving and inactive has not just begun to start, as its rows alone would say. */
function headText(left: Left): string {
  const state = left.state === 'starting' || left.state === 'unclean' ? 'putting things away' : left.state;
  return `${printable(left.name)} (${state}): ${etaText(left)}`;
}

/** The same in several lines, where they are drawn anew. */
export function progressBlock(left: Left): string[] {
  const { builds } = left;
  const more = builds.length > mostLines ? [`    and ${count(builds.length - mostLines, 'more build')}`] : [];
  return [
    `${headText(left)}${countsText(left)}`,
    ...builds.slice(0, mostLines).map((build) => `    ${buildText(build)}`),
    ...more,
  ];
}

const mostLines = 8;

/** What of it is worth another line where lines stay: not that time passes. */
export function progressKey({ id, state, builds, services, requests, workers }: Left): string {
  return JSON.stringify([id, state, builds.map((build) => [build.id, build.step]), services, requests, workers]);
}

const endings: Record<Ending, string> = {
  stopped: 'has stopped, and nothing is left of it',
  unclean: 'is inactive, but not everything of it was put away',
  dead: 'has died: its heart is silent',
  restarted: 'runs again: another process was started under its name',
  gone: 'has no row any more',
};

/** What is told by a line. */
export type ToldEvent = Exclude<ShutDownEvent, { event: 'progress' | 'plan' | 'report' }>;

/** A line for what has happened. */
export function eventLine(event: ToldEvent): string {
  if (event.event === 'lost contact')
    return `${colour.yellow('Lost contact:')} ${printable(event.message)} Trying again.`;
  if (event.event === 'contact') return 'The database answers again.';
  if (event.event === 'deadline') return deadlineLine(event);
  const name = printable(event.master);
  if (event.event === 'ended') return `${name} ${endings[event.ending]}.`;
  if (event.event === 'expired') return expiredLines(event);
  if (event.event === 'asked') return event.error === null ? `${name} was asked to ${event.verb}.` : `${colour.yellow('Not asked:')} ${name} to ${event.verb}: ${printable(event.error)}.`; // prettier-ignore
  return event.event === 'trouble'
    ? `${colour.yellow('Warning:')} ${printable(event.message)}`
    : printable(event.message);
}

function expiredLines({ master, journal, advice }: Extract<ShutDownEvent, { event: 'expired' }>): string {
  const entry = journal === null ? '' : `: journal entry ${journal}`;
  return [`${printable(master)} was cleaned up after${entry}.`, ...advice.map((line) => `  ${printable(line)}`)].join(
    '\n',
  );
}

const thens = {
  fail: 'the drain goes on, and nobody watches',
  wait: 'waiting on',
  stop: 'now a quick stop is asked for',
  kill: 'now it is killed',
};

function deadlineLine({ masters, then }: Extract<ShutDownEvent, { event: 'deadline' }>): string {
  return `${colour.yellow('The deadline has come')} for ${list(masters.map(printable), 3)}: ${thens[then]}.`;
}

const statuses: Record<ShutDownReport['status'], string> = {
  'nothing to do': 'Nothing to do.',
  'dry run': 'Nothing was done: this was a dry run.',
  stopped: colour.green('Stopped, and checked in the database.'),
  deadline: colour.yellow('Not stopped by the deadline.'),
  'partly done': colour.yellow('Partly done.'),
  interrupted: colour.yellow('Nobody watches any more.'),
};

/** What became of it, and how to go on. */
export function renderShutDown({ status, masters }: ShutDownReport, verb: 'drain' | 'stop'): string {
  const lines = [...masters.map(masterLine), statuses[status], ...masters.flatMap((one) => wayOn(one, verb))];
  return `${lines.join('\n')}\n`;
}

function masterLine({ name, ending, seconds, killed, builds, error }: MasterReport): string {
  const how = `${ending}${killed ? ' (killed, and then expired)' : ''}`;
  const results = [...new Set(builds.map(({ results: one }) => one ?? 'running'))];
  const ended = results.map((result) => `${builds.filter(({ results: one }) => (one ?? 'running') === result).length} ${result}`); // prettier-ignore
  const built = builds.length === 0 ? '' : `; ${count(builds.length, 'build')}: ${ended.join(', ')}`;
  return `  ${printable(name)}: ${how} after ${formatDuration(seconds)}${built}${error === null ? '' : `; ${printable(error)}`}`; // prettier-ignore
}

function wayOn({ name, ending }: MasterReport, verb: 'drain' | 'stop'): string[] {
  const word = shellArgument(name);
  if (ending === 'running') return [`${printable(name)} goes on ${verb === 'drain' ? 'draining' : 'stopping'}; "bbctl masters ${verb} ${word}" watches again.`]; // prettier-ignore
  if (ending === 'dead' || ending === 'unclean') return [`"bbctl masters expire ${word}" cleans up after it.`];
  return ending === 'not asked' ? [`${printable(name)} was not reached: it goes on as before.`] : [];
}
