/* What is wrong with a cluster, in one line each, with the command that mends it. Pure: from the snapshot alone. */
import {
  abandonedBuilds,
  builderName,
  freshWork,
  masterName,
  masterOf,
  stuckRequests,
  stuckServices,
} from './cluster.js';
import type { Cluster } from './cluster.js';
import { isOrphanedBuilder } from './builder.js';
import { formatDuration } from './duration.js';
import { isClockAhead, isLiving } from './master.js';
import type { Master } from './master.js';
import { count, list, printable, shellArgument, shellWord } from './names.js';
import { runsAnywhere } from './service.js';
import { isOrphanedWorker } from './worker.js';

export type Severity = 'critical' | 'warning' | 'note';

export interface Finding {
  /** Stable. */
  readonly id: string;
  readonly severity: Severity;
  readonly message: string;
  /** Commands, each to be pasted as it is; empty where there is nothing that bbctl could do. */
  readonly fix: readonly string[];
}

export function findings(cluster: Cluster): Finding[] {
  const all = [
    ...nobodyLives(cluster),
    ...cluster.masters.flatMap((master) => masterFindings(cluster, master)),
    ...orphanedClaims(cluster),
    ...unclaimedServices(cluster),
    ...abandoned(cluster),
    ...waitingFindings(cluster),
    ...leftovers(cluster),
    ...databaseFindings(cluster),
  ];
  const order: Severity[] = ['critical', 'warning', 'note'];
  return all.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

/** If all hearts stopped at once, the database is the patient, not the masters; if all were stopped, nothing runs. */
function nobodyLives({ masters }: Cluster): Finding[] {
  if (masters.length === 0 || masters.some((master) => isHeard(master))) return [];
  const silent = masters.filter((master) => master.active);
  const message =
    silent.length > 1
      ? `No master's heart beats: ${count(silent.length, 'master')} fell silent. Was the database away? Start the masters before anything is repaired.`
      : 'No master is alive: nothing is scheduled and nothing is built.';
  return [{ id: 'no-master-alive', severity: 'critical', message, fix: [] }];
}

function isHeard(master: Master): boolean {
  return isLiving(master) || master.state === 'late' || master.state === 'starting';
}

/** `3 services, 2 requests and 1 build`; what a master that is gone still holds. */
function holdings({ has }: Master): string {
  const services = has.schedulers.length + has.changeSources.length;
  const parts = [
    [services, 'service'],
    [has.claims, 'request'],
    [has.openBuilds, 'running build'],
    [has.connectedWorkers.length, 'worker connection'],
  ] as const;
  const words = parts.filter(([number]) => number > 0).map(([number, noun]) => count(number, noun));
  return words.length === 0 ? 'nothing' : words.join(', ');
}

function masterFindings(cluster: Cluster, master: Master): Finding[] {
  const name = printable(master.name);
  const silence = master.silentFor === null ? 'for an unknown time' : formatDuration(master.silentFor);
  const show = [`bbctl masters show ${shellArgument(master.name)}`];
  const clock: Finding[] = isClockAhead(master)
    ? [
        {
          id: 'master-clock',
          severity: 'warning',
          message: `Master ${name} has a clock that is ${formatDuration(-(master.silentFor ?? 0))} ahead of the database's.`,
          fix: show,
        },
      ]
    : [];
  const say = (id: string, severity: Severity, message: string, fix: readonly string[] = show): Finding[] => [
    { id, severity, message, fix },
    ...clock,
  ];
  switch (master.state) {
    case 'dead':
      return say(
        'master-dead',
        'critical',
        `Master ${name} is dead: silent for ${silence}. It holds ${holdings(master)}.`,
        [`bbctl masters expire ${shellArgument(master.name)}`],
      );
    case 'unclean': {
      const { claims, builds } = freshWork(cluster, master);
      if (claims + builds > 0) return say('master-zombie', 'critical', `Master ${name} is inactive but goes on working, as one that was expired while it was alive: it may run services twice. Restart it.`); // prettier-ignore
      return say('master-unclean', 'critical', `Master ${name} has stopped and left ${holdings(master)}.`, [
        `bbctl masters expire ${shellWord(master.name)}`,
      ]);
    }
    case 'zombie':
      return say(
        'master-zombie',
        'critical',
        `Master ${name} is alive but was expired by others: it builds without any registration, and may run services twice. Restart it.`,
      );
    case 'silent':
      return say('master-silent', 'warning', silentMessage(master, name));
    case 'late':
      return say('master-late', 'warning', `Master ${name} is late: its last heartbeat was ${silence} ago.`);
    case 'starting':
      return say(
        'master-starting',
        'note',
        `Master ${name} is starting, or ended without cleaning up: it is inactive and holds registrations.`,
        [`bbctl masters expire --dry-run ${shellArgument(master.name)}`],
      );
    default:
      return clock;
  }
}

function silentMessage(master: Master, name: string): string {
  if (master.lastActive === 0)
    return `Master ${name} had its heartbeat reset, as "buildbot upgrade-master" does: it may be alive or not.`;
  return `Master ${name} has a silent heart (${formatDuration(master.silentFor ?? 0)}) but goes on working, as after a restart of its database. Restart it when its builds are done.`;
}

/** Held by a master whose row is gone, so that no finding about a master tells of it. */
function orphanedClaims(cluster: Cluster): Finding[] {
  const requests = stuckRequests(cluster).filter((request) => !masterOf(cluster, request.claim?.masterId ?? null));
  const services = stuckServices(cluster).filter((service) => !masterOf(cluster, service.holderId));
  const findings: Finding[] = [];
  if (requests.length > 0) {
    findings.push({
      id: 'request-stuck',
      severity: 'critical',
      message: `${count(requests.length, 'request')} claimed by a master that has no row: ${list(requests.map((request) => request.id))}.`,
      fix: ['bbctl requests release'],
    });
  }
  if (services.length > 0) {
    findings.push({
      id: 'service-stuck',
      severity: 'critical',
      message: `${count(services.length, 'service')} claimed by a master that has no row: ${list(services.map((service) => printable(service.name)))}.`,
      fix: ['bbctl services release'],
    });
  }
  return findings;
}

function unclaimedServices(cluster: Cluster): Finding[] {
  if (!cluster.masters.some(isLiving)) return [];
  const free = cluster.services.filter(
    (service) => service.holderId === null && service.enabled !== false && !runsAnywhere(service),
  );
  if (free.length === 0) return [];
  const message = `${count(free.length, 'service')} that no master holds: ${list(free.map((service) => printable(service.name)))}. A living master takes what it configures within 5 minutes; the rest may be left over.`;
  return [{ id: 'service-unclaimed', severity: 'warning', message, fix: ['bbctl services --filter state=unclaimed'] }];
}

function abandoned(cluster: Cluster): Finding[] {
  const builds = abandonedBuilds(cluster).filter(
    (build) => !['dead', 'unclean'].includes(masterOf(cluster, build.masterId)?.state ?? ''),
  );
  if (builds.length === 0) return [];
  const message = `${count(builds.length, 'build')} that no living master will end: ${list(builds.map((build) => build.id))} (of ${list([...new Set(builds.map((build) => printable(masterName(cluster, build.masterId))))], 3)}).`;
  return [{ id: 'build-abandoned', severity: 'critical', message, fix: ['bbctl builds finish'] }];
}

/** Requests that no living master can build now. */
function waitingFindings(cluster: Cluster): Finding[] {
  const living = new Set(cluster.masters.filter(isLiving).map((master) => master.id));
  if (living.size === 0) return [];
  return cluster.queues.flatMap((queue): Finding[] => {
    const builder = cluster.builders.find((one) => one.id === queue.builderId);
    const waiting = `${count(queue.length, 'request')} of builder ${printable(builderName(cluster, queue.builderId))} ${queue.length === 1 ? 'has waited' : 'have waited'} for ${formatDuration(cluster.now - queue.oldestSubmittedAt)}`;
    const fix = [`bbctl requests --pending --filter builder=${shellWord(builder?.name ?? '')}`];
    if (!builder?.masterIds.some((id) => living.has(id)))
      return [
        { id: 'request-unservable', severity: 'warning', message: `${waiting}: no living master configures it.`, fix },
      ];
    const workers = cluster.workers.filter((worker) => worker.builderIds.includes(queue.builderId));
    if (workers.some((worker) => worker.connectedTo.some((id) => living.has(id)))) return [];
    return [
      {
        id: 'request-unservable',
        severity: 'warning',
        message: `${waiting}: none of its ${count(workers.length, 'worker')} is connected.`,
        fix,
      },
    ];
  });
}

function leftovers(cluster: Cluster): Finding[] {
  const builders = cluster.builders.filter(isOrphanedBuilder);
  const workers = cluster.workers.filter(isOrphanedWorker);
  const of = (noun: string, names: readonly string[], topic: string): Finding[] =>
    names.length === 0
      ? []
      : [
          {
            id: `${noun}-orphaned`,
            severity: 'note',
            message: `${count(names.length, noun)} that no master configures: ${list(names.map(printable), 5)}. Left over, or of a master that is stopped.`,
            fix: [`bbctl ${topic} --orphaned`],
          },
        ];
  return [...of('builder', builders.map((builder) => builder.name), 'builders'), ...of('worker', workers.map((worker) => worker.name), 'workers')]; // prettier-ignore
}

function databaseFindings({ database }: Cluster): Finding[] {
  const findings: Finding[] = [];
  if (database.unknownRevision) {
    findings.push({
      id: 'schema-unknown',
      severity: 'warning',
      message: `The schema revision ${database.revision} is newer than this bbctl knows: it reads, but writes only with --allow-unknown-schema.`,
      fix: [],
    });
  }
  if (database.withoutTransactions.length > 0) {
    findings.push({
      id: 'engine-without-transactions',
      severity: 'note',
      message: `${count(database.withoutTransactions.length, 'table')} without transactions (MyISAM): neither Buildbot nor bbctl can change several rows at once there. InnoDB is safer.`,
      fix: [],
    });
  }
  return findings;
}
