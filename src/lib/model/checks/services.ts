import { masterName, masterOf, stuckServices } from '../cluster.js';
import { formatDuration } from '../duration.js';
import { isLiving } from '../master.js';
import { count, list, printable, shellArgument } from '../names.js';
import { runsAnywhere } from '../service.js';
import type { Service } from '../service.js';
import { severityOf } from './check.js';
import type { Check, Found } from './check.js';

function names(services: readonly Service[]): string {
  return list(services.map((service) => printable(service.name)));
}

export const serviceStuck: Check = {
  id: 'service-stuck',
  severity: 'critical',
  title: 'A service is claimed by a master that has no row',
  meaning:
    'The master was forgotten but its claim was not: no other master ever takes the scheduler or change source. (Claims of dead masters are told with the master.)',
  find({ cluster }) {
    const stuck = stuckServices(cluster).filter((service) => !masterOf(cluster, service.holderId));
    if (stuck.length === 0) return [];
    return [
      {
        message: `${count(stuck.length, 'service')} claimed by a master that has no row: ${names(stuck)}.`,
        evidence: { services: stuck.map((service) => service.name) },
        fix: ['bbctl services release'],
        mend: { operation: 'services release', names: stuck.map((service) => service.name) },
      },
    ];
  },
};

export const serviceUnclaimed: Check = {
  id: 'service-unclaimed',
  severity: 'warning',
  title: 'A service is not claimed though masters are there',
  meaning:
    'A living master takes what it configures within 5 minutes of its own clock; after that, what is unclaimed is configured by none of them, or left over. Force, triggerable and PB services run on every master that configures them and do not count. "bbctl services forget" removes what is left over.',
  find({ cluster }) {
    if (!cluster.masters.some(isLiving)) return [];
    const free = cluster.services.filter(
      (service) => service.holderId === null && service.enabled !== false && !runsAnywhere(service),
    );
    if (free.length === 0) return [];
    return [
      {
        message: `${count(free.length, 'service')} that no master holds: ${names(free)}. A living master takes what it configures within 5 minutes; the rest may be left over.`,
        evidence: { services: free.map((service) => service.name) },
        fix: ['bbctl services --filter state=unclaimed'],
      },
    ];
  },
};

/** Firings that a rhythm is told from. */
const fewestFirings = 4;
/** A heartbeat's worth of lateness is nothing. */
const graceSeconds = 60;

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export const serviceIdle: Check = {
  id: 'service-idle',
  severity: 'warning',
  title: 'A periodic scheduler of a living master does not fire any more',
  meaning:
    'Its last firing is several of its usual intervals ago. A timed scheduler can die of a database error while its master beats on. Restart that master when its builds are done.',
  threshold: { warning: 3, critical: null, unit: 'intervals', of: 'usual intervals since the last firing' },
  find({ cluster, details }, limit) {
    return cluster.services.flatMap((service): Found[] => {
      const holder = masterOf(cluster, service.holderId);
      const firings = details?.firings.get(service.name) ?? [];
      if (!holder || !isLiving(holder) || service.enabled === false || firings.length < fewestFirings) return [];
      if (!/\.(Periodic|Nightly)$/.test(service.className ?? '')) return [];
      const interval = median(firings.slice(1).map((time, index) => (firings[index] ?? time) - time));
      const since = Math.round(cluster.now - (firings[0] ?? cluster.now));
      const severity = severityOf((since - graceSeconds) / Math.max(1, interval), limit);
      if (severity === null) return [];
      const message = `Scheduler ${printable(service.name)} of ${printable(masterName(cluster, holder.id))} fired last ${formatDuration(since)} ago; usually it fires every ${formatDuration(interval)}.`;
      const fix = [`bbctl services show ${shellArgument(service.name)}`];
      return [{ severity, message, evidence: { service: service.name, holder: holder.name, since, interval }, fix }];
    });
  },
};
