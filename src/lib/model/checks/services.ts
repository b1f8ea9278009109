import { builderName, masterName, masterOf, stuckServices } from '../cluster.js';
import type { Cluster } from '../cluster.js';
import { formatDuration } from '../duration.js';
import { serviceCertainty } from '../inventory.js';
import type { Inventory } from '../inventory.js';
import { isLiving } from '../master.js';
import type { Master } from '../master.js';
import { count, list, printable, shellArgument } from '../names.js';
import { offers } from '../placement.js';
import { kindNames, runsAnywhere } from '../service.js';
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
    'A living Buildbot master takes what it configures within 5 minutes of its own clock, one of bbctl\'s own at its next look, within seconds (30 of them after a Buildbot master has let go); after that, what is unclaimed is configured by none of them, or left over. Force, triggerable and PB services run on every master that configures them and do not count. "bbctl services forget" removes what is left over.',
  find({ cluster, inventory = null }) {
    if (!cluster.masters.some(isLiving)) return [];
    const free = cluster.services.filter(
      (service) => service.holderId === null && service.enabled !== false && !runsAnywhere(service),
    );
    const isLeft = (service: Service): boolean => serviceCertainty(inventory, service) === 'certain';
    const [left, unclaimed] = [free.filter(isLeft), free.filter((service) => !isLeft(service))];
    return [
      ...unclaimedFound(unclaimed, `${howSoon(cluster)}; ${whoseUnclaimed(unclaimed, inventory)}`),
      ...leftFound(left, printable(inventory?.file ?? '')),
    ];
  },
};

function unclaimedFound(services: readonly Service[], rest: string): Found[] {
  if (services.length === 0) return [];
  return [
    {
      message: `${count(services.length, 'service')} that no master holds: ${names(services)}. ${rest}`,
      evidence: { services: services.map((service) => service.name) },
      fix: ['bbctl services --filter state=unclaimed'],
    },
  ];
}

function howSoon({ masters }: Cluster): string {
  const living = masters.filter(isLiving);
  const own = living.filter(({ run }) => run);
  if (own.length === 0) return 'A living master takes what it configures within 5 minutes';
  if (own.length === living.length) return 'A living master takes what it configures within seconds';
  return "A living Buildbot master takes what it configures within 5 minutes, one of bbctl's own within seconds";
}

function whoseUnclaimed(services: readonly Service[], inventory: Inventory | null): string {
  const named = services.filter((service) => serviceCertainty(inventory, service) === null);
  if (named.length === 0) return 'the rest may be left over.';
  const [are, them] = named.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `${names(named)} ${are} named in ${printable(inventory?.file ?? '')}: the master is away, or does not configure ${them} any more.`;
}

/** Nobody misses them. */
function leftFound(services: readonly Service[], file: string): Found[] {
  if (services.length === 0) return [];
  return [
    {
      severity: 'note',
      message: `${count(services.length, 'service')} that no master holds: ${names(services)}. Left over: ${file}, which names everything, does not name ${services.length === 1 ? 'it' : 'them'}.`,
      evidence: { services: services.map((service) => service.name), orphaned: 'certain' },
      fix: ["bbctl services --filter 'state=left over'"],
    },
  ];
}

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

/** Living masters that configure one of these builders; nobody, where one builder has none but the holder, or none. */
function othersFor(cluster: Cluster, builderIds: readonly number[], holder: Master): Master[] {
  const living = cluster.masters.filter(isLiving);
  const configuring = builderIds.map((id) => {
    const masterIds = cluster.builders.find((builder) => builder.id === id)?.masterIds ?? [];
    return living.filter((master) => masterIds.includes(master.id));
  });
  const isElsewhere = configuring.every((masters) => masters.length > 0 && !masters.includes(holder));
  return isElsewhere ? living.filter((master) => configuring.some((masters) => masters.includes(master))) : [];
}

/** One of bbctl's own asks for any builder; what it would run it says itself. Who leaves offers nothing any more. */
function notOffered(service: Service, holder: Master): Found[] {
  const { schedulers, changeSources } = holder.offer;
  if (schedulers.length + changeSources.length === 0 || offers(holder, service)) return [];
  const message = `The ${kindNames[service.kind]} ${printable(service.name)} is held by ${printable(holder.name)}, which does not have it in its configuration: it gives it back at its next look. If it keeps it, look into its log.`;
  const fix = [`bbctl masters show ${shellArgument(holder.name)}`];
  return [{ message, evidence: { service: service.name, holder: holder.name }, fix }];
}

export const serviceMisplaced: Check = {
  id: 'service-misplaced',
  severity: 'warning',
  title: 'A service is held by a master that does not configure it, or not its builders',
  meaning:
    "What it asked for last, only other living masters configure. Buildbot refuses a configuration whose scheduler names builders that it lacks: so two masters have schedulers of one name that differ, or its holder has lost the builders. While this master holds it, nothing is asked of those builders. Give the masters one configuration of it, or the schedulers different names. A holder without any builder is starting, or a zombie. A master of bbctl's own says what it would run, and gives back what is not among it.",
  find({ cluster, details }) {
    return cluster.services.flatMap((service): Found[] => {
      const holder = masterOf(cluster, service.holderId);
      if (holder?.run && isLiving(holder)) return notOffered(service, holder);
      const asked = [...new Set(details?.lastAsked.get(service.name) ?? [])];
      if (service.kind !== 'scheduler' || runsAnywhere(service) || service.enabled === false) return [];
      if (!holder || !isLiving(holder) || holder.has.builderMasters.length === 0 || asked.length === 0) return [];
      const masters = othersFor(cluster, asked, holder).map((master) => master.name);
      if (masters.length === 0) return [];
      const builders = asked.map((id) => builderName(cluster, id));
      const message = `Scheduler ${printable(service.name)} is held by ${printable(holder.name)}, which does not configure what it asked for last (${list(builders.map(printable), 4)}); ${list(masters.map(printable), 3)} could run it.`;
      const fix = [`bbctl services show ${shellArgument(service.name)}`];
      return [{ message, evidence: { service: service.name, holder: holder.name, builders, masters }, fix }];
    });
  },
};
