import type { Cluster } from './cluster.js';
import { isLiving } from './master.js';

/** Names of builders with requests that nobody has claimed, for which no living master but those that leave has a worker. */
export function starvedBuilders(cluster: Cluster, leaving: ReadonlySet<number>): string[] {
  const staying = new Set(cluster.masters.filter((one) => isLiving(one) && !leaving.has(one.id)).map(({ id }) => id));
  const queued = new Set(cluster.queues.filter(({ length }) => length > 0).map(({ builderId }) => builderId));
  return cluster.builders
    .filter(({ id, masterIds }) => {
      if (!queued.has(id)) return false;
      const workers = cluster.workers.filter((one) => one.builderIds.includes(id) && !one.paused && !one.graceful);
      return !workers.some(({ connectedTo }) => connectedTo.some((one) => staying.has(one) && masterIds.includes(one)));
    })
    .map(({ name }) => name);
}
