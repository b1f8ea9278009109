/*
 * What may be mended with nobody looking. Never bolder than Buildbot's own survivors: what a living master has already
 * declared dead and left unclean, a master that has been silent for long while another one's heart beats, or one that
 * broke off in its start. If all hearts stopped at once, the database is the patient, and nothing is repaired.
 */
import type { Cluster } from './cluster.js';
import { freshWork } from './cluster.js';
import type { Mend } from './finding.js';
import { isUnchanged, unattendedLookAtStartSeconds } from './master.js';
import type { Master } from './master.js';

/** A master that may be starting, as it was first seen so; `at` by the database's clock. */
export interface Sighting {
  readonly at: number;
  readonly master: Master;
}

/** Those of now: with the first look at each that has not changed since. */
export function sightingsOf(cluster: Cluster, earlier: readonly Sighting[]): Sighting[] {
  return cluster.masters
    .filter((master) => master.state === 'starting')
    .map((master) => {
      const before = earlier.find((sighting) => sighting.master.id === master.id);
      const isSame = before !== undefined && before.at <= cluster.now && isUnchanged(before.master, master);
      return isSame ? before : { at: cluster.now, master };
    });
}

export function repairs(cluster: Cluster, repairAfter: number, sightings: readonly Sighting[] = []): Mend[] {
  if (!cluster.masters.some((master) => master.state === 'active')) return [];
  const brokeOff = new Set(brokenStarts(cluster, sightings));
  const masters = cluster.masters.filter((master) => brokeOff.has(master.id) || isPlain(cluster, master, repairAfter));
  return masters.length === 0
    ? []
    : [{ operation: 'masters expire', names: masters.map((master) => String(master.id)) }];
}

function isPlain(cluster: Cluster, master: Master, repairAfter: number): boolean {
  if (master.state === 'dead') return (master.silentFor ?? 0) > repairAfter;
  return master.state === 'unclean' && isIdle(cluster, master);
}

function isIdle(cluster: Cluster, master: Master): boolean {
  const { claims, builds } = freshWork(cluster, master);
  return claims + builds === 0;
}

/** Their ids: the same in two looks. One that has work is no start, but a master that others have expired. */
function brokenStarts(cluster: Cluster, sightings: readonly Sighting[]): number[] {
  const old = sightings.filter(({ at }) => at <= cluster.now - unattendedLookAtStartSeconds);
  return cluster.masters
    .filter((master) => master.state === 'starting' && isIdle(cluster, master))
    .filter((master) => old.some((sighting) => sighting.master.id === master.id))
    .map((master) => master.id);
}
