/*
 * Masters hear of what happens through their message queue, and bbctl is not on it: a released claim is noticed only
 * when something makes a master look. See docs/lifecycle.md, "Who notices, and when".
 */
import type { Cluster } from '../model/cluster.js';
import { isLiving } from '../model/master.js';
import type { Master } from '../model/master.js';
import { list, printable } from '../model/names.js';
import { reconfigCommand, wakeUps, wokenBuilders } from '../model/wake.js';
import type { WakeUp, Woken } from '../model/wake.js';

/** `builders.id` of requests that had a claim when the cluster was read. */
function buildersOf(cluster: Cluster, requestIds: readonly number[]): Set<number> {
  const released = new Set(requestIds);
  return new Set(cluster.claimed.filter((request) => released.has(request.id)).map((request) => request.builderId));
}

export function wakeForRequests(cluster: Cluster, requestIds: readonly number[]): WakeUp[] {
  return wakeUps(cluster, buildersOf(cluster, requestIds));
}

export function adviseRequests(
  cluster: Cluster,
  requestIds: readonly number[],
  woken: readonly Woken[] = [],
): string[] {
  return adviseBuilders(cluster, requestIds, buildersOf(cluster, requestIds), woken);
}

/** Who will notice requests of these builders that nobody claims any more, and what makes it sooner. */
export function adviseBuilders(
  cluster: Cluster,
  requestIds: readonly number[],
  builderIds: ReadonlySet<number>,
  woken: readonly Woken[] = [],
): string[] {
  const living = cluster.masters.filter((master) => isLiving(master) && master.has.builderMasters.length > 0);
  if (living.length === 0)
    return [
      `No living master could take ${requestIds.length === 1 ? 'the request' : 'the requests'} now: one that starts will.`,
    ];
  const awake = wokenBuilders(woken);
  const asleep = cluster.builders.filter((builder) => builderIds.has(builder.id) && !awake.has(builder.name));
  if (awake.size > 0 && asleep.length === 0) return [];
  const configuring = new Set(asleep.flatMap((builder) => builder.masterIds));
  const configured = living.filter((master) => builderIds.size === 0 || configuring.has(master.id));
  const candidates = configured.filter(({ run }) => !run);
  if (configured.length > candidates.length)
    return [`Requests: a master of bbctl's own that configures the builder takes them at its next look.`];
  if (candidates.length === 0)
    return [
      `No living master configures ${builderIds.size === 1 ? 'the builder' : 'the builders'} of request ${list(requestIds)}: they wait until one does.`,
    ];
  return [
    `Requests: a living master sees them with the next request for the same builder, or when a worker of it becomes free. To make it look now:`,
    ...candidates.slice(0, 3).map((master) => `  ${reconfigCommand(master)}`),
    `  (it loads whatever master.cfg is on disk)`,
  ];
}

export function adviseServices(cluster: Cluster): string[] {
  const living = cluster.masters.filter(isLiving);
  if (living.length === 0) return ['Services: the next master that starts takes them.'];
  const own = living.filter(({ run }) => run);
  const others = living.filter(({ run }) => !run);
  const names = (masters: readonly Master[]): string => list(masters.map(({ name }) => printable(name)), 3);
  const soon = `Services: a master of bbctl's own takes what it configures at its next look, within seconds: ${names(own)}.`;
  const later = `Services: a living ${own.length > 0 ? 'Buildbot ' : ''}master looks for free ones every 5 minutes, each from its own start: ${names(others)}. Only a restart of it makes one look sooner.`;
  return [...(own.length > 0 ? [soon] : []), ...(others.length > 0 ? [later] : [])];
} // prettier-ignore
