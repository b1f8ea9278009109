/* What is seen of masters that shut down: pure, from one look at the database to the next. */
import type { OpenBuild } from './build.js';
import { secondsLeft } from './build-eta.js';
import { builderName, masterOf } from './cluster.js';
import type { Cluster } from './cluster.js';
import { formatDuration } from './duration.js';
import { isLiving } from './master.js';
import type { Master, MasterState } from './master.js';
import type { MasterKind } from './inventory.js';
import { count, list, printable } from './names.js';

/** One consistent look at the cluster, and at what is left of some masters. */
export interface DrainFacts {
  readonly cluster: Cluster;
  /** By `builds.id`: the name of the step that runs. */
  readonly steps: ReadonlyMap<number, string>;
  /** By `builders.id`: seconds that recent successful builds took. */
  readonly durations: ReadonlyMap<number, readonly number[]>;
  /** Requests that nobody has claimed, and that a running build of these masters waits for. */
  readonly awaited: readonly AwaitedRequest[];
}

export interface AwaitedRequest {
  readonly id: number;
  readonly builderId: number;
  /** `builds.id` of the build that waits. */
  readonly buildId: number;
}

export interface BuildLeft {
  readonly id: number;
  readonly builder: string;
  readonly number: number;
  /** Epoch seconds. */
  readonly startedAt: number;
  readonly step: string | null;
  /** `null`: not known. */
  readonly secondsLeft: number | null;
}

/** What a master has still. */
export interface Left {
  readonly id: number;
  readonly name: string;
  readonly state: MasterState;
  readonly builds: readonly BuildLeft[];
  /** Names of schedulers and change sources. */
  readonly services: readonly string[];
  /** Open requests that it has claimed. */
  readonly requests: number;
  readonly workers: number;
  /** Of the build that takes longest; `null`: not known of each. */
  readonly secondsLeft: number | null;
  /** Of how many of the builds that is not known. */
  readonly unknown: number;
}

export function leftOf(facts: DrainFacts, master: Master): Left {
  const { cluster } = facts;
  const builds = cluster.builds.filter((build) => build.masterId === master.id).map((build) => buildLeft(facts, build));
  const known = builds.flatMap((build) => build.secondsLeft ?? []);
  return {
    id: master.id,
    name: master.name,
    state: master.state,
    builds,
    services: cluster.services.filter(({ holderId }) => holderId === master.id).map(({ name }) => name),
    requests: master.has.claims,
    workers: master.has.connectedWorkers.length,
    secondsLeft: known.length < builds.length ? null : Math.max(0, ...known),
    unknown: builds.length - known.length,
  };
}

function buildLeft({ cluster, steps, durations }: DrainFacts, build: OpenBuild): BuildLeft {
  const { id, number, startedAt, builderId } = build;
  return {
    id,
    builder: builderName(cluster, builderId),
    number,
    startedAt,
    step: steps.get(id) ?? null,
    secondsLeft: secondsLeft(cluster.now - startedAt, durations.get(builderId) ?? []),
  };
}

/**
 * `stopped`: inactive, and nothing left. `unclean`: inactive, but not all was put away. `dead`: its heart fell silent.
 * `restarted`: another process runs under its name by now. `gone`: its row is.
 */
export type Ending = 'stopped' | 'unclean' | 'dead' | 'restarted' | 'gone';

export type TroubleKind = 'blocked' | 'unheeded' | 'silent';

/** Why it may not end by itself. */
export interface Trouble {
  readonly kind: TroubleKind;
  readonly message: string;
}

/** A master from when it was asked, look by look. */
export interface Watched {
  readonly id: number;
  readonly name: string;
  readonly kind: MasterKind;
  /** What it was asked last. */
  readonly verb: 'drain' | 'stop';
  /** By the database's clock. */
  readonly askedAt: number;
  /** Of a master of bbctl's own: the process that was asked. */
  readonly incarnation: string | null;
  /** `null`: not looked at since. */
  readonly left: Left | null;
  /** By the database's clock. */
  readonly inactiveSince: number | null;
  /** It had been inactive, and is not any more since then. */
  readonly activeAgainSince: number | null;
  readonly ending: Ending | null;
  readonly troubles: readonly Trouble[];
}

export function watchFrom(master: Master, { kind, verb, askedAt }: Pick<Watched, 'kind' | 'verb' | 'askedAt'>): Watched {
  const incarnation = master.run?.incarnation ?? null;
  return { id: master.id, name: master.name, kind, verb, askedAt, incarnation, left: null, inactiveSince: null, activeAgainSince: null, ending: null, troubles: [] };
} // prettier-ignore

/** Seconds that putting everything away may take after a master said that it is inactive. */
export const tidySeconds = 30;

/** Seconds in which a master that heard says so, or has stopped to start builds. */
const heedSeconds = 15;

/** What became of it by this look. What has ended has ended. */
export function look(before: Watched, facts: DrainFacts): Watched {
  if (before.ending !== null) return before;
  const master = masterOf(facts.cluster, before.id);
  if (master === undefined) return { ...before, ending: 'gone', troubles: [] };
  const inactiveSince = master.active ? null : (before.inactiveSince ?? facts.cluster.now);
  const isBack = before.inactiveSince !== null || before.activeAgainSince !== null;
  const activeAgainSince = master.active && isBack ? (before.activeAgainSince ?? facts.cluster.now) : null;
  const seen = { ...before, left: leftOf(facts, master), inactiveSince, activeAgainSince };
  const ending = endingOf(before, seen, master, facts);
  return { ...seen, ending, troubles: ending === null ? troublesOf(seen, master, facts) : [] };
}

/**
 * The last heartbeat of a Buildbot that stops may come after it has said that it is inactive, and takes that back: what was
 * started again stays, and has builders.
 */
function isBackAgain({ activeAgainSince }: Watched, { has }: Master, now: number): boolean {
  return activeAgainSince !== null && now - activeAgainSince > tidySeconds && has.builderMasters.length > 0;
}

function endingOf(before: Watched, seen: Watched, master: Master, { cluster }: DrainFacts): Ending | null {
  const { inactiveSince } = seen;
  if (master.state === 'stopped') return 'stopped';
  const isOther = before.incarnation !== null && master.run !== null && master.run.incarnation !== before.incarnation;
  if (isOther || isBackAgain(seen, master, cluster.now)) return 'restarted';
  if (master.state === 'dead') return 'dead';
  return inactiveSince !== null && cluster.now - inactiveSince > tidySeconds ? 'unclean' : null;
}

function troublesOf(watched: Watched, master: Master, facts: DrainFacts): Trouble[] {
  const isDrain = watched.verb === 'drain';
  const messages: [TroubleKind, string | null][] = [
    ['blocked', isDrain && watched.kind === 'buildbot' ? blockedSentence(facts, [master.id]) : null],
    ['unheeded', isDrain ? unheeded(watched, master, facts) : null],
    ['silent', silence(master)],
  ];
  return messages.flatMap(([kind, message]) => (message === null ? [] : [{ kind, message }]));
}

/** `null`: it is heard of. */
export function silence({ name, state, silentFor }: Master): string | null {
  if (state !== 'late' && state !== 'silent') return null;
  const since = silentFor === null ? 'its heartbeat was reset' : `its last heartbeat was ${formatDuration(silentFor)} ago`;
  return `${printable(name)} is ${state}: ${since}.`;
} // prettier-ignore

/** Of Buildbot masters the database shows no drain: only that they start builds as before. */
function unheeded({ askedAt, kind }: Watched, master: Master, { cluster }: DrainFacts): string | null {
  if (!master.active || cluster.now - askedAt <= heedSeconds) return null;
  const name = printable(master.name);
  if (kind === 'bbctl') {
    return master.condition?.state !== 'active' ? null : `${name} does not say that it drains: it may not have heard.`;
  }
  const later = cluster.builds.filter((build) => build.masterId === master.id && build.startedAt > askedAt + heedSeconds); // prettier-ignore
  return later.length === 0 ? null : `${name} goes on starting builds (build ${list(later.map(({ id }) => id))}): it has not heard.`; // prettier-ignore
}

/** A build that waits for a request which no living master but draining Buildbot ones would build; `null`: there is none. */
export function blockedSentence({ cluster, awaited }: DrainFacts, draining: readonly number[]): string | null {
  const blocked = awaited.filter(({ buildId, builderId }) => isOf(cluster, buildId, draining) && !canBeBuilt(cluster, builderId, draining)); // prettier-ignore
  const [first] = blocked;
  if (first === undefined) return null;
  const build = cluster.builds.find(({ id }) => id === first.buildId)!;
  const waits = `Build ${build.id} (${printable(builderName(cluster, build.builderId))} #${build.number}) waits for request ${first.id} of ${printable(builderName(cluster, first.builderId))}`;
  const others = blocked.length > 1 ? `, and ${count(blocked.length - 1, 'more request')} like it` : '';
  return `${waits}${others}, which a draining Buildbot master does not start, and no other living master with a worker would.`;
}

function isOf(cluster: Cluster, buildId: number, masterIds: readonly number[]): boolean {
  const build = cluster.builds.find(({ id }) => id === buildId);
  return build !== undefined && masterIds.includes(build.masterId);
}

function canBeBuilt(cluster: Cluster, builderId: number, draining: readonly number[]): boolean {
  const others = cluster.masters.filter((master) => isLiving(master) && !draining.includes(master.id));
  const builder = cluster.builders.find(({ id }) => id === builderId);
  const workers = cluster.workers.filter((worker) => worker.builderIds.includes(builderId) && !worker.paused && !worker.graceful); // prettier-ignore
  return others.some(({ id }) => builder?.masterIds.includes(id) && workers.some(({ connectedTo }) => connectedTo.includes(id))); // prettier-ignore
}
