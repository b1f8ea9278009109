/*
 * What a survivor's housekeeping does for a dead master, and what it forgets.
 *
 * The order is safe to die in: builds end before their requests are given back (whoever takes a request must not find
 * a build of it still open), and the master's own row is last, so that a master is `dead` or `unclean` until all is
 * done, and running this again finishes it.
 */
import type { OpenBuild } from '../model/build.js';
import { abandonedBuilds, freshWork, stuckRequests } from '../model/cluster.js';
import type { Cluster } from '../model/cluster.js';
import { formatDuration } from '../model/duration.js';
import { findNamed } from '../model/find.js';
import {
  isClockAhead,
  isUnchanged,
  secondLookAtHeartOf,
  secondLookAtHeartSeconds,
  secondLookAtStartSeconds,
} from '../model/master.js';
import type { Master, MasterState } from '../model/master.js';
import { count, list, printable } from '../model/names.js';
import type { OpenRequest } from '../model/request.js';
import type { RowSet } from '../model/rows.js';
import type { Woken } from '../model/wake.js';
import { finishBuilds } from '../db/builds.js';
import { deactivateMaster, lockMaster, seen } from '../db/masters.js';
import type { SeenMaster } from '../db/masters.js';
import type { Transaction } from '../db/connect.js';
import { releaseClaims } from '../db/requests.js';
import type { SeenClaim } from '../db/requests.js';
import { chunks } from '../db/chunks.js';
import { readCluster } from '../db/snapshot.js';
import type { Blocker, Operation, Plan, SecondLook, Step } from '../operation.js';
import { adviseRequests, adviseServices, wakeForRequests } from './advice.js';

export interface ExpireInput {
  /** Names or ids; none means every dead master and the leftovers of every unclean one. */
  readonly masters: readonly string[];
  readonly expireAfter: number;
  readonly force: boolean;
  /** The first of two looks, where it was taken long enough ago by another run. */
  readonly seenBefore?: readonly Master[];
  /** `masters.id` of those whose process was seen to be gone: if their hearts beat in no second look, however new the last beat is. */
  readonly gone?: ReadonlySet<number>;
}

export type ExpireStep = Step & { readonly master: SeenMaster } & (
    | { readonly kind: 'finish builds'; readonly builds: readonly number[] }
    | { readonly kind: 'release requests'; readonly claims: readonly SeenClaim[] }
    | { readonly kind: 'deactivate' }
  );

/** Small enough to hold no lock for long, large enough to be quick. */
const buildsPerStep = 1000;
const claimsPerStep = 10_000;

export function expireMasters(input: ExpireInput): Operation<Cluster, ExpireStep> {
  return {
    name: 'masters expire',
    tables: [
      'masters', 'builds', 'steps', 'logs', 'buildrequests', 'buildrequest_claims', 'connected_workers', 'configured_workers',
      'builder_masters', 'scheduler_masters', 'changesource_masters',
    ], // prettier-ignore
    read: (database) => readCluster(database, { expireAfter: input.expireAfter, deep: true }),
    plan: (cluster, earlier) => planExpiry(cluster, input, earlier),
    describe,
    work,
    wakes: (cluster, done) => wakeForRequests(cluster, releasedBy(done)),
    advise,
  };
}

export function planExpiry(cluster: Cluster, input: ExpireInput, earlier?: Cluster): Plan<ExpireStep> {
  const named = [...new Set(input.masters.flatMap((name) => findNamed(cluster.masters, name, 'master')))];
  const judged = (named.length > 0 ? named : cluster.masters).map((master) =>
    judge(master, cluster, input, earlier, named.length > 0),
  );
  const taken = judged.filter((one) => one.take !== 'nothing');
  const chosen = taken.map((one) => one.master);
  return {
    title:
      chosen.length === 0
        ? 'Expire masters'
        : `Expire ${list(
            chosen.map((master) => printable(master.name)),
            3,
          )}`,
    steps: taken.flatMap((one) => stepsFor(one, cluster)),
    notes: judged.flatMap((one) => one.note ?? []),
    warnings: warnings(cluster, chosen),
    blockers: judged.flatMap((one) => one.blocker ?? []),
    secondLook: judged.reduce<SecondLook | null>(
      (longest, { look }) => (look && look.afterSeconds > (longest?.afterSeconds ?? 0) ? look : longest),
      null,
    ),
  };
}

interface Judgement {
  readonly master: Master;
  /** `stuck`: only what cannot be of a process that runs under its name. */
  readonly take: 'nothing' | 'stuck' | 'all';
  readonly note?: string;
  readonly blocker?: Blocker;
  readonly look?: SecondLook;
}

/** The states are docs/lifecycle.md's; each has one rule. */
function judge(
  master: Master,
  cluster: Cluster,
  input: ExpireInput,
  earlier: Cluster | undefined,
  isNamed: boolean,
): Judgement {
  if (master.state === 'dead') return { master, take: 'all' };
  if (master.state === 'unclean' && !(isNamed && input.force)) return unclean(master, cluster);
  if (master.state === 'stopped') {
    const note = `${printable(master.name)} is stopped and nothing is left of it.`;
    return { master, take: 'nothing', ...(isNamed ? { note } : {}) };
  }
  if (!isNamed) return leftAlone(master);
  const isGone = input.gone?.has(master.id) ?? false;
  if (!isGone && !canBeForced(master)) return { master, take: 'nothing', blocker: living(master) };
  if (!isGone && master.state !== 'starting' && !input.force)
    return { master, take: 'nothing', blocker: needsForce(master) };
  const before = (earlier?.masters ?? input.seenBefore)?.find((one) => one.id === master.id);
  return looked(master, before, cluster);
}

function unclean(master: Master, cluster: Cluster): Judgement {
  const { claims, builds } = freshWork(cluster, master);
  if (claims + builds === 0) return { master, take: 'all' };
  const fresh = [claims > 0 ? count(claims, 'claim') : '', builds > 0 ? count(builds, 'build') : ''].filter(Boolean).join(' and '); // prettier-ignore
  const note = `${printable(master.name)} is inactive, but ${fresh} of it came after its last heartbeat: it may be running, so these are left alone. When its process is known to be gone, name it with --force.`;
  return { master, take: 'stuck', note };
}

function canBeForced(master: Master): boolean {
  return ['late', 'silent', 'starting', 'unclean'].includes(master.state) || isClockAhead(master);
}

const whyAlone: Partial<Record<MasterState, (master: Master) => string>> = {
  late: (master) => `is late: its last heartbeat was ${formatDuration(master.silentFor ?? 0)} ago. It may only be slow`,
  silent: (master) =>
    master.lastActive === 0
      ? 'has had its heartbeat reset, as "buildbot upgrade-master" does: whether it lives cannot be told from one look'
      : 'has a silent heart but other signs of life since: after a restart of its database a master can go on building for ever without a heartbeat',
  starting: () => 'is inactive but holds registrations: every master looks so while it starts',
  zombie: () => 'is alive, but was expired by others: it builds without any registration',
};

function leftAlone(master: Master): Judgement {
  const why = whyAlone[master.state];
  return {
    master,
    take: 'nothing',
    ...(why ? { note: `${printable(master.name)} is left alone: it ${why(master)}.` } : {}),
  };
}

function living(master: Master): Blocker {
  const why =
    master.state === 'zombie'
      ? (whyAlone.zombie?.(master) ?? '')
      : `is active: its heart beat ${formatDuration(master.silentFor ?? 0)} ago`;
  return {
    message: `${printable(master.name)} ${why}.`,
    try: 'Stop its process; a master that stops cleanly leaves nothing to expire.',
    override: null,
  };
}

function needsForce(master: Master): Blocker {
  const why = isClockAhead(master)
    ? `has a clock that is ${formatDuration(-(master.silentFor ?? 0))} ahead of the database's: whether its heart beats cannot be told from one look`
    : whyAlone[master.state]?.(master);
  return {
    message: `${printable(master.name)} ${why}.`,
    try: `Make sure that its process is gone; then --force expires it, if a second look ${secondLookAtHeartSeconds} s later finds it unchanged.`,
    override: '--force',
  };
}

/** Unchanged in two looks, far enough apart for a living one to have changed something. */
function looked(master: Master, before: Master | undefined, cluster: Cluster): Judgement {
  const afterSeconds = master.state === 'starting' ? secondLookAtStartSeconds : secondLookAtHeartOf(master);
  if (before === undefined)
    return { master, take: 'all', look: { afterSeconds, why: `to see whether ${printable(master.name)} changes` } };
  if (isUnchanged(before, master)) return { master, take: 'all' };
  return {
    master,
    take: 'nothing',
    blocker: {
      message: `${printable(master.name)} has changed between two looks at ${cluster.database.label}: it is alive.`,
      try: 'Stop its process first.',
      override: null,
    },
  };
}

/** More than the seconds that masters' clocks usually differ by. */
const suspiciousSeconds = 60;

function warnings(cluster: Cluster, chosen: readonly Master[]): string[] {
  const behind = chosen.filter((master) => master.state === 'dead' && master.clockBehind > suspiciousSeconds);
  const clocks = behind.map(
    (master) =>
      `${printable(master.name)} has claims that are ${formatDuration(master.clockBehind)} older than their requests: its clock may be behind. Make sure that its process is gone.`,
  );
  if (chosen.length === 0 || cluster.masters.some((master) => master.state === 'active')) return clocks;
  return [
    ...clocks,
    "No master's heart beats at all. If the database was away, or was just restored, start the masters first: they clean up after themselves.",
  ];
}

function stepsFor({ master, take }: Judgement, cluster: Cluster): ExpireStep[] {
  const common = { subject: `master ${master.id}`, master: seen(master) };
  const builds = buildsOf(master, take === 'all' ? cluster.builds : abandonedBuilds(cluster));
  const claims = take === 'all' ? claimsOf(master, cluster.claimed) : stuckClaims(master, cluster);
  const steps: ExpireStep[] = [
    ...chunks(builds, buildsPerStep).map((ids) => ({ kind: 'finish builds' as const, ...common, builds: ids })),
    ...chunks(claims, claimsPerStep).map((some) => ({ kind: 'release requests' as const, ...common, claims: some })),
  ];
  const { schedulers, changeSources, builderMasters, connectedWorkers } = master.has;
  const isLeft = master.active || [schedulers, changeSources, builderMasters, connectedWorkers].some((ids) => ids.length > 0); // prettier-ignore
  return take === 'all' && isLeft ? [...steps, { kind: 'deactivate', ...common }] : steps;
}

function buildsOf(master: Master, builds: readonly OpenBuild[]): number[] {
  return builds.filter((build) => build.masterId === master.id).map((build) => build.id);
}

function claimsOf(master: Master, requests: readonly OpenRequest[]): SeenClaim[] {
  return requests.flatMap(({ id, claim }) =>
    claim?.masterId === master.id ? [{ requestId: id, claimedAt: claim.claimedAt }] : [],
  );
}

function stuckClaims(master: Master, cluster: Cluster): SeenClaim[] {
  return claimsOf(master, stuckRequests(cluster));
}

function describe(step: ExpireStep): string {
  const name = printable(step.master.name);
  if (step.kind === 'finish builds')
    return `end ${count(step.builds.length, 'open build')} of ${name} with all its steps and logs, as RETRY (build ${list(step.builds)})`;
  if (step.kind === 'release requests')
    return `release ${count(step.claims.length, 'request')} claimed by ${name} (request ${list(step.claims.map((claim) => claim.requestId))})`;
  const { schedulers, changeSources, builderMasters, connectedWorkers } = step.master;
  const parts = [
    [schedulers.length + changeSources.length, 'service claim'],
    [builderMasters.length, 'builder registration'],
    [connectedWorkers.length, 'worker connection'],
  ] as const;
  const removed = parts.filter(([number]) => number > 0).map(([number, noun]) => count(number, noun));
  const off = step.master.row?.active ? ['mark it inactive'] : [];
  return `${name}: ${[...(removed.length > 0 ? [`remove ${removed.join(', ')}`] : []), ...off].join(', ')}`;
}

async function work(tx: Transaction, step: ExpireStep): Promise<RowSet[]> {
  if (step.kind === 'finish builds') return finishBuilds(tx, step.master, step.builds);
  if (step.kind === 'release requests') return releaseClaims(tx, step.master, step.claims);
  await lockMaster(tx, step.master);
  return deactivateMaster(tx, step.master);
}

function releasedBy(done: readonly ExpireStep[]): number[] {
  return done.flatMap((step) => (step.kind === 'release requests' ? step.claims.map((claim) => claim.requestId) : []));
}

function advise(cluster: Cluster, done: readonly ExpireStep[], woken: readonly Woken[]): string[] {
  const requests = releasedBy(done);
  const services = done.some(
    (step) => step.kind === 'deactivate' && step.master.schedulers.length + step.master.changeSources.length > 0,
  );
  return [
    ...(requests.length > 0 ? adviseRequests(cluster, requests, woken) : []),
    ...(services ? adviseServices(cluster) : []),
  ];
}
