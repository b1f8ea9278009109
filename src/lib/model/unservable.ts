import type { Cluster } from './cluster.js';
import { isLiving } from './master.js';

/** Why no living master can build the requests of a builder now. */
export type Unservable = 'not configured' | 'no worker connected';

/** Of every builder for which requests wait, or that is asked for: `null` where a living master can build them. */
export function unservableBy(cluster: Cluster): (builderId: number) => Unservable | null {
  const living = new Set(cluster.masters.filter(isLiving).map((master) => master.id));
  const lives = (id: number): boolean => living.has(id);
  const configured = new Set(cluster.builders.filter(({ masterIds }) => masterIds.some(lives)).map(({ id }) => id));
  const connected = cluster.workers.filter(({ connectedTo }) => connectedTo.some(lives));
  const served = new Set(connected.flatMap(({ builderIds }) => builderIds));
  return (builderId) => {
    if (!configured.has(builderId)) return 'not configured';
    return served.has(builderId) ? null : 'no worker connected';
  };
}
