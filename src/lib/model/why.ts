/* Why a build request is not being built: the chain from the request to a free worker, and where it breaks. Pure. */
import { abandonedBuilds, builderName, masterName, masterOf } from './cluster.js';
import type { Cluster } from './cluster.js';
import { formatDuration } from './duration.js';
import { isLiving } from './master.js';
import type { Master } from './master.js';
import { count, list, printable, shellArgument } from './names.js';
import { isStuck } from './request.js';
import type { OpenRequest } from './request.js';
import { resultNames } from './results.js';
import { reconfigCommand } from './wake.js';
import type { Worker } from './worker.js';

/** One link: it holds, it breaks the chain, or it is where the chain ends well (`built`). */
export interface Link {
  readonly name:
    | 'request'
    | 'source'
    | 'buildset'
    | 'claim'
    | 'awaited'
    | 'builder'
    | 'masters'
    | 'workers'
    | 'connections'
    | 'free';
  readonly state: 'holds' | 'breaks' | 'built';
  readonly message: string;
  /** Commands, to be pasted. */
  readonly fix: readonly string[];
}

export interface Questioned extends OpenRequest {
  readonly complete: boolean;
  /** Buildbot's number; -1 while it is open. */
  readonly results: number;
  readonly buildsetComplete: boolean;
  /** Buildbot does not see a request whose buildset has no source stamp. */
  readonly hasSource: boolean;
  /** The build that has triggered it. */
  readonly parentBuildId: number | null;
}

/** Link by link, up to the first that does not hold. */
export function why(cluster: Cluster, request: Questioned): Link[] {
  const links: Link[] = [];
  for (const link of [
    requestLink,
    sourceLink,
    buildsetLink,
    claimLink,
    awaitedLink,
    builderLink,
    mastersLink,
    workersLink,
    connectionsLink,
    freeLink,
  ]) {
    const next = link(cluster, request);
    if (next) links.push(next);
    if (next && next.state !== 'holds') break;
  }
  return links;
}

type LinkOf = (cluster: Cluster, request: Questioned) => Link | null;

function link(name: Link['name'], state: Link['state'], message: string, fix: readonly string[] = []): Link {
  return { name, state, message, fix };
}

const requestLink: LinkOf = (cluster, request) => {
  const age = formatDuration(cluster.now - request.submittedAt);
  if (request.complete)
    return link(
      'request',
      'built',
      `Request ${request.id} is complete: ${resultNames[request.results] ?? request.results}.`,
    );
  const ahead = cluster.queues.find((queue) => queue.builderId === request.builderId)?.length ?? 0;
  const queue = request.claim === null && ahead > 1 ? `, one of ${count(ahead, 'pending request')} of its builder` : '';
  return link(
    'request',
    'holds',
    `Request ${request.id} was submitted ${age} ago with priority ${request.priority}${queue}.`,
  );
};

const sourceLink: LinkOf = (_cluster, request) =>
  request.hasSource
    ? null
    : link('source', 'breaks', 'Its buildset has no source stamp: Buildbot does not see the request.', [
        `bbctl requests cancel ${request.id}`,
      ]);

const buildsetLink: LinkOf = (_cluster, request) =>
  request.buildsetComplete
    ? link('buildset', 'holds', `Its buildset ${request.buildsetId} is complete already: it is built all the same, but nobody waits for the result.`, [`bbctl requests cancel ${request.id}`]) // prettier-ignore
    : null;

const claimLink: LinkOf = (cluster, request) => {
  if (request.claim === null) return link('claim', 'holds', 'No master has claimed it.');
  const { masterId, claimedAt } = request.claim;
  const [holder, name] = [masterOf(cluster, masterId), printable(masterName(cluster, masterId))];
  const since = formatDuration(cluster.now - claimedAt);
  if (isStuck(request.claim, holder)) return link('claim', 'breaks', `It was claimed ${since} ago by ${name}, which is ${holder?.state ?? 'gone'}: nobody will build it.`, [holder ? `bbctl masters expire ${shellArgument(holder.name)}` : `bbctl requests release ${request.id}`]); // prettier-ignore
  const state = holder?.state === 'active' ? '' : `, which is ${holder?.state ?? 'gone'}`;
  const build = cluster.builds.find((one) => one.requestId === request.id);
  if (build && !abandonedBuilds(cluster).includes(build)) return link('claim', 'built', `${name}${state && `${state},`} builds it since ${formatDuration(cluster.now - build.startedAt)}: build ${build.number} of ${printable(builderName(cluster, build.builderId))} (id ${build.id}).`); // prettier-ignore
  return link('claim', 'breaks', `It was claimed ${since} ago by ${name}${state}, and no build of it has started: the worker does not answer, a lock is held, or the start failed. Look into that master's ${holder?.run ? 'log' : 'twistd.log'}.`, [`bbctl masters show ${shellArgument(holder?.name ?? '')}`]); // prettier-ignore
};

/** Buildbot hears only of the end of what its masters have built: masters of bbctl's own leave that to them. */
const awaitedLink: LinkOf = (cluster, request) => {
  const build = request.waitedFor ? cluster.builds.find(({ id }) => id === request.parentBuildId) : undefined;
  const master = build && masterOf(cluster, build.masterId);
  if (!master || !isLiving(master) || master.run) return null;
  const awaited = `Build ${build.number} of ${printable(builderName(cluster, build.builderId))} on ${printable(master.name)} waits for it`;
  if (configuring(cluster, request).some((one) => isLiving(one) && !one.run)) return link('awaited', 'holds', `${awaited}: it is left to Buildbot masters.`); // prettier-ignore
  return link('awaited', 'breaks', `${awaited}, and would not hear of its end from a master of bbctl's own: they leave it alone, and no living Buildbot master configures its builder. Configure it on that one, or stop that build.`, [`bbctl masters show ${shellArgument(master.name)}`]); // prettier-ignore
};

const builderLink: LinkOf = (cluster, request) => {
  const builder = cluster.builders.find((one) => one.id === request.builderId);
  if (builder) return link('builder', 'holds', `Its builder is ${printable(builder.name)}.`);
  return link('builder', 'breaks', `Its builder ${request.builderId} has no row.`, [
    `bbctl requests cancel ${request.id}`,
  ]);
};

function configuring(cluster: Cluster, request: Questioned): Master[] {
  const ids = cluster.builders.find((one) => one.id === request.builderId)?.masterIds ?? [];
  return cluster.masters.filter((master) => ids.includes(master.id));
}

const mastersLink: LinkOf = (cluster, request) => {
  const masters = configuring(cluster, request);
  const living = masters.filter(isLiving);
  if (living.length > 0)
    return link(
      'masters',
      'holds',
      `Configured by ${list(
        living.map((master) => printable(master.name)),
        3,
      )}.`,
    );
  if (masters.length === 0) return link('masters', 'breaks', 'No master configures that builder: it was renamed or removed, or its master is stopped.', ['bbctl builders --orphaned', `bbctl requests cancel ${request.id}`]); // prettier-ignore
  const states = masters.map((master) => `${printable(master.name)} (${master.state})`);
  return link('masters', 'breaks', `No living master configures that builder: only ${list(states, 3)}. Start one, or configure the builder on another master.`, masters.slice(0, 1).map((master) => `bbctl masters show ${shellArgument(master.name)}`)); // prettier-ignore
};

function workersOf(cluster: Cluster, request: Questioned): Worker[] {
  return cluster.workers.filter((worker) => worker.builderIds.includes(request.builderId));
}

const workersLink: LinkOf = (cluster, request) => {
  const workers = workersOf(cluster, request);
  if (workers.length === 0)
    return link('workers', 'breaks', 'No worker is configured for that builder.', ['bbctl workers']);
  return link(
    'workers',
    'holds',
    `Its workers are ${list(
      workers.map((worker) => printable(worker.name)),
      6,
    )}.`,
  );
};

/** Connected to a living master that configures the builder. */
function connected(cluster: Cluster, request: Questioned): Worker[] {
  const living = new Set(configuring(cluster, request).filter(isLiving).map((master) => master.id)); // prettier-ignore
  return workersOf(cluster, request).filter((worker) => worker.connectedTo.some((id) => living.has(id)));
}

const connectionsLink: LinkOf = (cluster, request) => {
  const workers = connected(cluster, request);
  if (workers.length > 0)
    return link(
      'connections',
      'holds',
      `Connected: ${list(
        workers.map((worker) => printable(worker.name)),
        6,
      )}.`,
    );
  const ghosts = workersOf(cluster, request).filter((worker) => worker.connectedTo.length > 0);
  const seen = ghosts.map((worker) => `${printable(worker.name)} looks connected to ${list(worker.connectedTo.map((id) => elsewhere(cluster, id)), 2)}`); // prettier-ignore
  const detail = seen.length > 0 ? ` (${list(seen, 3)})` : '';
  return link('connections', 'breaks', `None of them is connected to a living master that configures the builder${detail}.`, ['bbctl workers']); // prettier-ignore
};

function elsewhere(cluster: Cluster, masterId: number): string {
  return `${printable(masterName(cluster, masterId))}, which is ${masterOf(cluster, masterId)?.state ?? 'gone'}`;
}

const freeLink: LinkOf = (cluster, request) => {
  const workers = connected(cluster, request);
  const ready = workers.filter((worker) => !worker.paused && !worker.graceful);
  if (ready.length === 0)
    return link('free', 'breaks', `${workers.length === 1 ? 'It is' : 'All of them are'} paused or shutting down.`, [
      'bbctl workers --filter paused=yes',
    ]);
  const busy = new Set(cluster.builds.map((build) => build.workerId));
  const free = ready.filter((worker) => !busy.has(worker.id));
  if (free.length === 0)
    return link(
      'free',
      'breaks',
      `All of them are busy: it waits its turn (unless they may run several builds at once).`,
      ['bbctl builds --running'],
    );
  const names = list(free.map((worker) => printable(worker.name)), 6); // prettier-ignore
  const masters = configuring(cluster, request).filter((master) => isLiving(master) && free.some((worker) => worker.connectedTo.includes(master.id))); // prettier-ignore
  const own = masters.find(({ run }) => run);
  if (own) return link('free', 'breaks', `${names} could build it, on ${printable(own.name)}, a master of bbctl's own, which takes it at its next look; if it does not, look into its log.`, [`bbctl masters show ${shellArgument(own.name)}`]); // prettier-ignore
  return link('free', 'breaks', `${names} could build it. A lock, a canStartBuild or nextBuild of the configuration, or a missed event keeps the master from it; a reconfig makes it look (and loads whatever master.cfg is on disk).`, masters.slice(0, 3).map(reconfigCommand)); // prettier-ignore
};
