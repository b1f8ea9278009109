import type { Offer, Run } from './run.js';

/** A master of the cluster, as the others judge it. Times are epoch seconds of the database's clock. */
export interface Peer {
  readonly id: number;
  readonly name: string;
  readonly active: boolean;
  readonly lastActive: number;
  /** `null`: not one of bbctl's own, or a Buildbot has run under its name since. */
  readonly run: Run | null;
  readonly offer: Offer;
}

/** The seconds of silence after which a master is dead: what it publishes itself, else the others' limit. */
export function expireAfterOf(peer: Peer, others: number): number {
  return peer.run?.expireAfter ?? others;
}

export function isDead(peer: Peer, now: number, others: number): boolean {
  return peer.active && now - peer.lastActive > expireAfterOf(peer, others);
}

/** One of bbctl's own that runs: it can be given something. */
export function isLivingKin(peer: Peer, now: number): boolean {
  return peer.active && peer.run !== null && now - peer.lastActive <= peer.run.expireAfter;
}

/** What one master of bbctl's own does for all of them is done by the oldest row of those that run; `null`: none does. */
export function spokesman(peers: readonly Peer[], now: number): number | null {
  const ids = peers.filter((peer) => isLivingKin(peer, now)).map(({ id }) => id);
  return ids.length === 0 ? null : Math.min(...ids);
}

/** Half of its time to be declared dead has not passed: whoever has missed two beats may be dead, and is given nothing. */
export function isHeard({ run, lastActive }: Pick<Peer, 'run' | 'lastActive'>, now: number): boolean {
  return run !== null && now - lastActive <= run.expireAfter / 2;
}
