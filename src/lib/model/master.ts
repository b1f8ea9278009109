import type { Condition, Offer, Run } from './run.js';

/**
 * What can be said of a master from its rows. See docs/lifecycle.md for the diagram.
 * Times are epoch seconds of the database's clock unless a name says otherwise.
 */

/** A Buildbot master beats every 60 s; none of Buildbot's periods can be configured. */
export const heartbeatSeconds = 60;
/** 2½ heartbeats. */
export const lateAfterSeconds = 150;
/** 1½ heartbeats: a sign that somebody holds the master up. */
export const lateBeatSeconds = 90;
/** When Buildbot's own survivors declare a master dead. */
export const defaultExpireAfterSeconds = 600;
/** A second look at a living heart must be a heartbeat later, with a margin for a busy master. */
export const secondLookAtHeartSeconds = heartbeatSeconds + 5;
/** A Buildbot master registers and claims for seconds before it says that it is active; give it two minutes. */
export const secondLookAtStartSeconds = 120;

/** With nobody looking: longer than any start takes, and as long as survivors wait. */
export const unattendedLookAtStartSeconds = 600;

export type MasterState = 'active' | 'late' | 'dead' | 'silent' | 'zombie' | 'starting' | 'unclean' | 'stopped';

/** What is written in a master's name; ids of rows, so that a change can carry what was seen. */
export interface Possessions {
  readonly schedulers: readonly number[];
  readonly changeSources: readonly number[];
  /** `builder_masters.id` */
  readonly builderMasters: readonly number[];
  /** `connected_workers.id` */
  readonly connectedWorkers: readonly number[];
  /** Claims of open requests. */
  readonly claims: number;
  /** Builds that have not ended. */
  readonly openBuilds: number;
}

export interface MasterFacts {
  readonly id: number;
  readonly name: string;
  readonly active: boolean;
  readonly lastActive: number;
  /** What a master of bbctl's own publishes of itself; `null`: no such master has beaten last under that name. */
  readonly run: Run | null;
  /** Whether it drains, and where it can be asked; `null` as `run`. */
  readonly condition: Condition | null;
  /** What it would run; of a Buildbot master nobody knows. */
  readonly offer: Offer;
  /** Newest claim, or start or end of a build or step; read for masters with a silent heart only. */
  readonly otherSign: number | null;
  /** Seconds by which its clock seems to be behind: its claims are older than the requests they claim. */
  readonly clockBehind: number;
  readonly has: Possessions;
}

export interface Master extends MasterFacts {
  readonly state: MasterState;
  /** Seconds since its last heartbeat; negative where its clock is ahead. `null`: it never beat, or was reset. */
  readonly silentFor: number | null;
}

/** Is the next beat overdue, `age` seconds after the last one? */
export function isLateBeat(age: number): boolean {
  return age > lateBeatSeconds;
}

function registrations(has: Possessions): number {
  return has.schedulers.length + has.changeSources.length + has.builderMasters.length;
}

function silentFor(master: MasterFacts, now: number): number | null {
  return master.lastActive === 0 ? null : now - master.lastActive;
}

/** Is the heart silent for longer than the expiry, or was it reset, as `buildbot upgrade-master` does? */
export function isHeartSilent(master: MasterFacts, now: number, expireAfter: number): boolean {
  return master.active && (silentFor(master, now) ?? Infinity) > (master.run?.expireAfter ?? expireAfter);
}

/** One of bbctl's own beats four times in the time that it lives by. */
function lateAfter({ run }: MasterFacts): number {
  return run === null ? lateAfterSeconds : (run.expireAfter * 2.5) / 4;
}

function activeState(master: MasterFacts, now: number, others: number): MasterState {
  const age = silentFor(master, now) ?? Infinity;
  const expireAfter = master.run?.expireAfter ?? others;
  if (age <= lateAfter(master)) {
    const { openBuilds, claims, connectedWorkers, builderMasters } = master.has;
    const works = openBuilds + claims + connectedWorkers.length > 0;
    // A master without builders is nothing odd (one for the web interface); one that has workers or builds is.
    return works && builderMasters.length === 0 ? 'zombie' : 'active';
  }
  if (age <= expireAfter) return 'late';
  // One of bbctl's own stops itself when its heart does.
  const heardSince = master.run === null && master.otherSign !== null && master.otherSign > master.lastActive + lateAfterSeconds; // prettier-ignore
  return master.lastActive === 0 || heardSince ? 'silent' : 'dead';
}

function inactiveState(has: Possessions): MasterState {
  if (registrations(has) > 0) return 'starting';
  return has.claims + has.openBuilds + has.connectedWorkers.length > 0 ? 'unclean' : 'stopped';
}

export function masterState(master: MasterFacts, now: number, expireAfter: number): MasterState {
  return master.active ? activeState(master, now, expireAfter) : inactiveState(master.has);
}

export function withState(master: MasterFacts, now: number, expireAfter: number): Master {
  const seconds = silentFor(master, now);
  const state = masterState(master, now, expireAfter);
  return { ...master, state, silentFor: seconds === null ? null : Math.round(seconds) };
}

/** Its clock says a time that has not come yet: how long it has been silent cannot be told from one look. */
export function isClockAhead(master: Master): boolean {
  return master.silentFor !== null && master.silentFor < -lateAfterSeconds;
}

/** Has nothing of it changed between two looks: its heartbeat, its other signs, what it holds? */
export function isUnchanged(before: Master | undefined, now: Master): boolean {
  const fingerprint = ({ active, lastActive, otherSign, has }: Master): string =>
    JSON.stringify([active, lastActive, otherSign, has]);
  return before !== undefined && fingerprint(before) === fingerprint(now);
}

/** Seconds after which a second look at its heart must come: a beat with a margin, by the beat that it lives by. */
export function secondLookAtHeartOf({ run }: MasterFacts): number {
  return run === null
    ? secondLookAtHeartSeconds
    : Math.min(secondLookAtHeartSeconds, Math.ceil(run.expireAfter / 4) + 5);
}

/** A heart that beats: this master will do its part of the work. */
export function isLiving(master: Master): boolean {
  return master.state === 'active' || master.state === 'zombie';
}
