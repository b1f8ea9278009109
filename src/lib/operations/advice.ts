/*
 * Masters hear of what happens through their message queue, and bbctl is not on it: a released claim is noticed only
 * when something makes a master look. See docs/lifecycle.md, "Who notices, and when".
 */
import type { Cluster } from '../model/cluster.js';
import { isLiving } from '../model/master.js';
import type { Master } from '../model/master.js';
import { list, printable, shellWord } from '../model/names.js';

/** `host:/base/dir`, unless the configuration names the master otherwise. */
function reconfigCommand(master: Master): string {
  const place = /^([^-:/\s][^:/\s]*):(\/.*)$/.exec(master.name);
  if (!place) return `buildbot reconfig BASEDIR   (on ${printable(master.name)})`;
  // Quoted twice: the shell there reads it again.
  return `ssh ${shellWord(place[1] ?? '')} buildbot reconfig ${shellWord(shellWord(place[2] ?? ''))}`;
}

/** `builders`: where they are not those that the claimed requests had. */
export function adviseRequests(
  cluster: Cluster,
  requestIds: readonly number[],
  builders = buildersOf(cluster, requestIds),
): string[] {
  const living = cluster.masters.filter((master) => isLiving(master) && master.has.builderMasters.length > 0);
  if (living.length === 0)
    return [
      `No living master could take ${requestIds.length === 1 ? 'the request' : 'the requests'} now: one that starts will.`,
    ];
  const configuring = new Set(
    cluster.builders.filter((builder) => builders.has(builder.id)).flatMap((builder) => builder.masterIds),
  );
  const candidates = living.filter((master) => builders.size === 0 || configuring.has(master.id));
  const [first] = candidates;
  if (first === undefined)
    return [
      `No living master configures ${builders.size === 1 ? 'the builder' : 'the builders'} of request ${list(requestIds)}: they wait until one does.`,
    ];
  return [
    `Requests: a living master sees them with the next request for the same builder, or when a worker of it becomes free. To make it look now:`,
    ...candidates.slice(0, 3).map((master) => `  ${reconfigCommand(master)}`),
    `  (it loads whatever master.cfg is on disk)`,
  ];
}

function buildersOf(cluster: Cluster, requestIds: readonly number[]): ReadonlySet<number> {
  const released = new Set(requestIds);
  return new Set(cluster.claimed.filter((request) => released.has(request.id)).map((request) => request.builderId));
}

export function adviseServices(cluster: Cluster): string[] {
  const living = cluster.masters.filter(isLiving);
  if (living.length === 0) return ['Services: the next master that starts takes them.'];
  return [
    `Services: a living master looks for free ones every 5 minutes, each from its own start: ${list(
      living.map((master) => printable(master.name)),
      3,
    )}. Only a restart of it makes one look sooner.`,
  ];
}
