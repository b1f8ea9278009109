import { builderName, masterName, masterOf, stuckRequests } from '../cluster.js';
import type { Cluster, Queue } from '../cluster.js';
import { formatDuration } from '../duration.js';
import { builderCertainty } from '../inventory.js';
import type { Inventory } from '../inventory.js';
import { isLiving } from '../master.js';
import { count, list, printable, shellArgument } from '../names.js';
import { unservableBy } from '../unservable.js';
import { severityOf } from './check.js';
import type { Check, Found } from './check.js';

export const requestStuck: Check = {
  id: 'request-stuck',
  severity: 'critical',
  title: 'A build request is claimed by a master that has no row',
  meaning:
    'The master was forgotten but its claim was not: no master ever builds the request. (Claims of dead and unclean masters are told with the master.)',
  find({ cluster }) {
    const stuck = stuckRequests(cluster).filter((request) => !masterOf(cluster, request.claim?.masterId ?? null));
    if (stuck.length === 0) return [];
    const ids = stuck.map((request) => request.id);
    return [
      {
        message: `${count(stuck.length, 'request')} claimed by a master that has no row: ${list(ids)}.`,
        evidence: { requests: ids },
        fix: ['bbctl requests release'],
        mend: { operation: 'requests release', names: ids.map(String) },
      },
    ];
  },
};

export const requestUnbuilt: Check = {
  id: 'request-unbuilt',
  severity: 'warning',
  title: 'A request is claimed by a living master that does not build it',
  meaning:
    'A master claims a request when it is about to build it. If no build appears, its start failed or hangs: a worker that does not answer, a lock, or an error in its log.',
  threshold: { warning: 600, critical: null, unit: 's', of: 'time since the claim' },
  find({ cluster, details }, limit) {
    if (!details) return [];
    return cluster.claimed.flatMap((request): Found[] => {
      const holder = masterOf(cluster, request.claim?.masterId ?? null);
      if (!holder || !isLiving(holder) || details.requestsWithBuild.has(request.id)) return [];
      const since = Math.round(cluster.now - (request.claim?.claimedAt ?? cluster.now));
      const severity = severityOf(since, limit);
      if (severity === null) return [];
      const message = `Request ${request.id} of builder ${printable(builderName(cluster, request.builderId))} was claimed by ${printable(masterName(cluster, holder.id))} ${formatDuration(since)} ago, and no build of it was started.`;
      return [
        {
          severity,
          message,
          evidence: { request: request.id, holder: holder.name, since },
          fix: [`bbctl why ${request.id}`],
        },
      ];
    });
  },
};

function waiting(cluster: Cluster, queue: Queue): string {
  const waits = queue.length === 1 ? 'has waited' : 'have waited';
  return `${count(queue.length, 'request')} of builder ${printable(builderName(cluster, queue.builderId))} ${waits} for ${formatDuration(cluster.now - queue.oldestSubmittedAt)}`;
}

function pendingOf(cluster: Cluster, queue: Queue, flag = '--pending'): Pick<Found, 'evidence' | 'fix'> {
  const builder = builderName(cluster, queue.builderId);
  return {
    evidence: { builder, requests: queue.length, oldest: Math.round(cluster.now - queue.oldestSubmittedAt) },
    fix: [`bbctl requests ${flag} --filter builder=${shellArgument(builder)}`],
  };
}

/** Whether it is worth waiting for a master, by what an inventory says of the builder. */
function whoseBuilder(cluster: Cluster, builderId: number, inventory: Inventory | null): string {
  const builder = cluster.builders.find((one) => one.id === builderId);
  if (builder === undefined || inventory === null) return '';
  const file = printable(inventory.file);
  const certainty = builderCertainty(inventory, builder.name);
  if (certainty === null) return `, though ${file} names it: its master is away`;
  return certainty === 'certain' ? `, nor does ${file} name it, which names everything: it is left over` : '';
}

export const requestUnservable: Check = {
  id: 'request-unservable',
  severity: 'warning',
  title: 'Requests that no living master can build now',
  meaning:
    'Their builder is configured by no living master (renamed, removed, or its master is down), or none of its workers is connected to one. They wait until that changes, or until "bbctl requests cancel --unservable" ends those whose builder is gone.',
  find({ cluster, inventory = null }) {
    if (!cluster.masters.some(isLiving)) return [];
    const reasonOf = unservableBy(cluster);
    return cluster.queues.flatMap((queue): Found[] => {
      const reason = reasonOf(queue.builderId);
      if (reason === null) return [];
      const workers = cluster.workers.filter((worker) => worker.builderIds.includes(queue.builderId));
      const why =
        reason === 'not configured'
          ? `no living master configures it${whoseBuilder(cluster, queue.builderId, inventory)}`
          : `none of its ${count(workers.length, 'worker')} is connected`;
      return [{ message: `${waiting(cluster, queue)}: ${why}.`, ...pendingOf(cluster, queue, '--unservable') }];
    });
  },
};

export const requestWaiting: Check = {
  id: 'request-waiting',
  severity: 'warning',
  title: 'Requests wait for long',
  meaning:
    'The oldest pending request of a builder has waited longer than the threshold. "bbctl why" tells what it waits for.',
  threshold: { warning: 3600, critical: null, unit: 's', of: 'age of the oldest pending request of a builder' },
  find({ cluster }, limit) {
    return cluster.queues.flatMap((queue): Found[] => {
      const severity = severityOf(cluster.now - queue.oldestSubmittedAt, limit);
      return severity === null
        ? []
        : [{ severity, message: `${waiting(cluster, queue)}.`, ...pendingOf(cluster, queue) }];
    });
  },
};

export const queueLong: Check = {
  id: 'queue-long',
  severity: 'warning',
  title: 'A builder has a long queue',
  meaning: 'More requests of a builder are pending than the threshold: it has too few workers, or something floods it.',
  threshold: { warning: 100, critical: null, unit: 'requests', of: 'pending requests of a builder' },
  find({ cluster }, limit) {
    return cluster.queues.flatMap((queue): Found[] => {
      const severity = severityOf(queue.length, limit);
      return severity === null
        ? []
        : [{ severity, message: `${waiting(cluster, queue)}.`, ...pendingOf(cluster, queue) }];
    });
  },
};

export const buildsetUnfinished: Check = {
  id: 'buildset-unfinished',
  severity: 'note',
  title: 'A buildset and its requests disagree',
  meaning:
    'A master ended between the two writes. A buildset that is open though all its requests are complete: a dependent scheduler may wait for it for ever. A request that is open though its buildset is complete: a master builds it all the same, but the result of the buildset stays what it is, and neither reporters nor dependent schedulers hear of that build; cancel it where it is not wanted.',
  find({ cluster, details }) {
    const claimed = new Set(cluster.claimed.map((request) => request.id));
    const open = details?.openBuildsets ?? [];
    const requests = details?.requestsOfCompleteBuildsets ?? [];
    const pending = requests.filter((id) => !claimed.has(id));
    const rest = requests.filter((id) => claimed.has(id));
    const found: Found[] = [];
    if (open.length > 0) found.push({ message: `${count(open.length, 'buildset')} open though all requests are complete: ${list(open)}.`, evidence: { buildsets: open } }); // prettier-ignore
    if (rest.length > 0) found.push({ message: `${count(rest.length, 'claimed request')} open though the buildset is complete: ${list(rest)}.`, evidence: { requests: rest } }); // prettier-ignore
    if (pending.length > 0) found.push({ message: `${count(pending.length, 'pending request')} open though the buildset is complete: ${list(pending)}. A master will build ${pending.length === 1 ? 'it' : 'them'}, and nobody waits for the result.`, evidence: { requests: pending }, fix: [`bbctl requests cancel --dry-run ${pending.slice(0, 8).join(' ')}`] }); // prettier-ignore
    return found;
  },
};
