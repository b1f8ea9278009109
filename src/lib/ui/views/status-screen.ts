import type { Status } from './status.js';
import { formatDuration } from '../../model/duration.js';
import type { Finding } from '../../model/finding.js';
import { findingMark } from './findings.js';
import { count, thousands } from '../../model/names.js';
import { timestamp } from '../format.js';
import { wrapped } from '../prose.js';
import { renderTable } from '../table.js';
import { colour, terminalWidth } from '../terminal.js';
import { masterColumnsFor } from './masters.js';
import type { ServiceRow } from './services.js';

export function renderStatus(status: Status): string {
  return [
    header(status),
    renderFindings(status.findings),
    section('MASTERS', mastersTable(status)),
    section('SERVICES', servicesLines(status)),
    section('WORK', workLines(status)),
  ].join('\n\n');
}

function header({ database, now }: Status): string {
  const facts = `${database.server}, schema ${database.revision} (Buildbot ${database.buildbot}), ${timestamp(now)}`;
  return `${wrapped(colour.bold(database.label), 2)}\n${colour.dim(wrapped(facts, 2))}`;
}

/** What is wrong comes first, each with the command that mends it. */
function renderFindings(all: readonly Finding[]): string {
  if (!all.some((finding) => finding.severity !== 'note'))
    return [colour.green(wrapped('✓ Nothing is wrong that bbctl can see.', 2)), ...all.map(findingLines)].join('\n');
  return all.map(findingLines).join('\n');
}

function findingLines({ severity, message, fix }: Finding): string {
  return [
    wrapped(`${findingMark(severity)} ${message}`, 2),
    ...fix.map((command) => `    ${colour.cyan(command)}`),
  ].join('\n');
}

function section(title: string, body: string): string {
  return `${colour.bold(title)}\n${body}`;
}

const mostMasters = 30;

/** Stopped masters of years fill a screen; they are counted. */
function mastersTable({ masters }: Status): string {
  if (masters.length === 0) return 'None has ever started.';
  const running = masters.filter((master) => master.state !== 'stopped');
  const columns = masterColumnsFor(masters).filter((column) => !column.hidden);
  const table = running.length > 0 ? [renderTable(running.slice(0, mostMasters), columns, terminalWidth())] : [];
  const others = [
    [running.length - mostMasters, 'more'],
    [masters.length - running.length, 'stopped'],
  ] as const;
  const rest = others.filter(([number]) => number > 0).map(([number, word]) => `${thousands(number)} ${word}`);
  return [
    ...table,
    ...(rest.length > 0 ? [colour.dim(`${table.length > 0 ? 'and ' : ''}${rest.join(', ')}`)] : []),
  ].join('\n');
}

/** By holder: who has what is the question. */
function servicesLines({ services }: Status): string {
  if (services.length === 0) return 'None.';
  const groups = new Map<string, ServiceRow[]>();
  for (const service of services) {
    const key =
      service.state === 'held' || service.state === 'stuck'
        ? `${service.holder} (${service.holderState})`
        : service.state;
    groups.set(key, [...(groups.get(key) ?? []), service]);
  }
  const rows = [...groups].map(([holder, held]) => ({
    holder,
    count: held.length,
    services: held.map((service) => service.name),
  }));
  return renderTable(
    rows,
    [{ name: 'holder' }, { name: 'count', align: 'right' }, { name: 'services', cut: 'end' }],
    terminalWidth(),
  );
}

function workLines({ requests, builds, builders, workers, now }: Status): string {
  const oldest = requests.oldestPendingAt === null ? '' : ` (oldest ${formatDuration(now - requests.oldestPendingAt)})`;
  const stuck = requests.stuck > 0 ? ` (${colour.red(`${thousands(requests.stuck)} stuck`)})` : '';
  const abandoned = builds.filter((build) => build.state === 'abandoned').length;
  return [
    `${count(requests.open, 'open request')}: ${thousands(requests.pending)} pending${oldest}, ${thousands(requests.claimed)} claimed${stuck}`,
    `${count(builds.length, 'open build')}${abandoned > 0 ? ` (${colour.red(`${thousands(abandoned)} abandoned`)})` : ''}`,
    `${count(builders, 'builder')}, ${count(workers.known, 'worker')} of which ${thousands(workers.connected)} connected`,
  ]
    .map((line) => wrapped(line, 2))
    .join('\n');
}
