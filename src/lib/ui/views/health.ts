import type { Limit } from '../../model/checks/check.js';
import { checks } from '../../model/checks/catalogue.js';
import type { Finding, Severity } from '../../model/finding.js';
import { healthStatuses } from '../../model/health.js';
import type { Figures, Health } from '../../model/health.js';
import { count, printable } from '../../model/names.js';

export type HealthFormat = 'text' | 'nagios' | 'prometheus' | 'json';

/** What monitoring reads; ends in a newline. */
export function renderHealth(health: Health, format: HealthFormat, limits: ReadonlyMap<string, Limit>): string {
  if (format === 'json') return `${JSON.stringify(health, null, 2)}\n`;
  if (format === 'prometheus') return prometheus(health);
  return format === 'nagios' ? nagios(health, limits) : plain(health);
}

function headline({ status, findings, figures, error }: Health): string {
  if (error !== null) return oneLine(error);
  const number = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const counts = [number('critical') > 0 ? `${number('critical')} critical` : '', number('warning') > 0 ? count(number('warning'), 'warning') : ''].filter(Boolean); // prettier-ignore
  const first = findings.find((finding) => finding.severity !== 'note');
  if (first) return `${counts.join(', ')}: ${oneLine(first.message)}`;
  const masters = figures ? `${count(figures.masters.active, 'master')} alive` : '';
  return status === 'ok' ? `${masters}, ${count(figures?.requests.pending ?? 0, 'request')} pending` : masters;
}

/** The protocol is made of lines and bars. */
function oneLine(text: string): string {
  return printable(text.replaceAll('\n', ' ')).replaceAll('|', '¦');
}

function plain(health: Health): string {
  const findings = health.findings.filter((finding) => finding.severity !== 'note').flatMap(findingLines);
  const repair = health.repair ? [repairLine(health.repair)] : [];
  return `${[`${health.status.toUpperCase()}: ${headline(health)}`, ...findings, ...repair].join('\n')}\n`;
}

function findingLines({ severity, message, fix }: Finding): string[] {
  return [`${severity}: ${oneLine(message)}`, ...fix.map((command) => `    ${command}`)];
}

function repairLine({ status, journal }: NonNullable<Health['repair']>): string {
  return `repair: ${status}${journal === null ? '' : `, journal entry ${journal}`}`;
}

function nagios(health: Health, limits: ReadonlyMap<string, Limit>): string {
  const data = health.figures ? ` | ${performance(health.figures, limits)}` : '';
  const findings = health.findings.filter((finding) => finding.severity !== 'note').map(({ severity, message }) => `${severity}: ${oneLine(message)}`); // prettier-ignore
  const repair = health.repair ? [repairLine(health.repair)] : [];
  return `${[`BUILDBOT ${health.status.toUpperCase()} - ${headline(health)}${data}`, ...findings, ...repair].join('\n')}\n`;
}

/** `'label'=value;warning;critical`, with the thresholds of the check that looks at it. */
function performance(figures: Figures, limits: ReadonlyMap<string, Limit>): string {
  const waiting = limits.get('request-waiting') ?? checks.find((check) => check.id === 'request-waiting')?.threshold;
  const age = `${figures.oldestPending}s;${waiting?.warning ?? ''};${waiting?.critical ?? ''};0`;
  return [
    `masters_active=${figures.masters.active};;;0`,
    `masters_dead=${figures.masters.dead};;;0`,
    `services_unclaimed=${figures.services.unclaimed};;;0`,
    `requests_pending=${figures.requests.pending};;;0`,
    `requests_stuck=${figures.requests.stuck};;;0`,
    `oldest_pending=${age}`,
    `builds_open=${figures.openBuilds};;;0`,
    `workers_connected=${figures.connectedWorkers};;;0`,
  ].join(' ');
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

/** Names are documented in docs/monitoring.md and stay. */
function metrics({ status, checkedAt, findings, figures }: Health): Metric[] {
  const by = (values: object, label: string): Metric['samples'] =>
    Object.entries(values).map(([key, value]) => [{ [label]: key }, value as number]);
  const found = checks.flatMap((check): Metric['samples'] => {
    const own = findings.filter((finding) => finding.id === check.id);
    return [...new Set([check.severity, ...own.map((finding) => finding.severity)])].map((severity) => [
      { check: check.id, severity },
      own.filter((finding) => finding.severity === severity).length,
    ]);
  });
  const always: Metric[] = [
    { name: 'bbctl_up', help: 'Whether the database could be read.', samples: [[{}, figures ? 1 : 0]] },
    { name: 'bbctl_checked_timestamp_seconds', help: 'When it was last looked at.', samples: [[{}, checkedAt]] },
    { name: 'bbctl_health_status', help: 'As a monitoring plugin: 0 ok, 1 warning, 2 critical, 3 unknown.', samples: [[{}, healthStatuses[status]]] },
  ]; // prettier-ignore
  if (!figures) return always;
  return [
    ...always,
    { name: 'bbctl_findings', help: 'What is wrong, by check.', samples: found },
    { name: 'bbctl_masters', help: 'Masters by state.', samples: by(figures.masters, 'state') },
    { name: 'bbctl_services', help: 'Schedulers and change sources by state of their claim.', samples: by(figures.services, 'state') },
    { name: 'bbctl_requests', help: 'Open build requests by state.', samples: by(figures.requests, 'state') },
    { name: 'bbctl_oldest_pending_request_seconds', help: 'Age of the oldest request that nobody has claimed.', samples: [[{}, figures.oldestPending]] },
    { name: 'bbctl_open_builds', help: 'Builds that have not ended.', samples: [[{}, figures.openBuilds]] },
    { name: 'bbctl_connected_workers', help: 'Workers that are connected to a master.', samples: [[{}, figures.connectedWorkers]] },
  ]; // prettier-ignore
}

function prometheus(health: Health): string {
  const labels = (pairs: Readonly<Record<string, string>>): string => {
    const words = Object.entries(pairs).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, '\\$&')}"`);
    return words.length > 0 ? `{${words.join(',')}}` : '';
  };
  return metrics(health)
    .map(({ name, help, samples }) => {
      const lines = samples.map(([pairs, value]) => `${name}${labels(pairs)} ${value}`);
      return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('\n')}\n`;
    })
    .join('');
}
