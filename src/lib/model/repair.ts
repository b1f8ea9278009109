/*
 * What may be mended with nobody looking. Never bolder than Buildbot's own survivors: what a living master has already
 * declared dead and left unclean, or a master that has been silent for long while another one's heart beats. If all
 * hearts stopped at once, the database is the patient, and nothing is repaired.
 */
import type { Cluster } from './cluster.js';
import { freshWork } from './cluster.js';
import type { Mend } from './finding.js';
import type { Master } from './master.js';

export function repairs(cluster: Cluster, repairAfter: number): Mend[] {
  if (!cluster.masters.some((master) => master.state === 'active')) return [];
  const masters = cluster.masters.filter((master) => isPlain(cluster, master, repairAfter));
  return masters.length === 0
    ? []
    : [{ operation: 'masters expire', names: masters.map((master) => String(master.id)) }];
}

function isPlain(cluster: Cluster, master: Master, repairAfter: number): boolean {
  if (master.state === 'dead') return (master.silentFor ?? 0) > repairAfter;
  if (master.state !== 'unclean') return false;
  const { claims, builds } = freshWork(cluster, master);
  return claims + builds === 0;
}
