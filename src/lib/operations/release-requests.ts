/*
 * Gives requests back that a dead master had claimed: Buildbot's survivors never do (they delete only claims of their
 * own). Never a claim of a master that may be alive: the request would be built twice.
 */
import { masterName, masterOf, stuckRequests } from '../model/cluster.js';
import type { Cluster } from '../model/cluster.js';
import { parseId } from '../model/find.js';
import { count, list, printable } from '../model/names.js';
import { isStuck } from '../model/request.js';
import type { OpenRequest } from '../model/request.js';
import { seen, seenGone } from '../db/masters.js';
import type { SeenMaster } from '../db/masters.js';
import { releaseClaims } from '../db/requests.js';
import type { SeenClaim } from '../db/requests.js';
import { chunks } from '../db/chunks.js';
import { groupBy } from '../model/group-by.js';
import type { Blocker, Operation, Plan, Step } from '../operation.js';
import { adviseRequests, wakeForRequests } from './advice.js';
import { readRequests } from './named-requests.js';
import type { RequestsWorld } from './named-requests.js';

export interface ReleaseRequestsInput {
  readonly requests: readonly string[];
  readonly expireAfter: number;
}

export interface ReleaseRequestsStep extends Step {
  readonly kind: 'release requests';
  readonly holder: SeenMaster;
  readonly claims: readonly SeenClaim[];
}

const claimsPerStep = 10_000;

export function releaseRequests(input: ReleaseRequestsInput): Operation<RequestsWorld, ReleaseRequestsStep> {
  const ids = input.requests.map((text) => parseId(text, 'request'));
  return {
    name: 'requests release',
    tables: [
      'masters',
      'buildrequests',
      'buildrequest_claims',
      'builder_masters',
      'scheduler_masters',
      'changesource_masters',
    ],
    read: (database) => readRequests(database, ids, input.expireAfter),
    plan: (world) => planRelease(world, ids),
    describe: (step) =>
      `release ${count(step.claims.length, 'request')} claimed by ${printable(step.holder.name)}: ${list(step.claims.map((claim) => claim.requestId))}`,
    work: (tx, step) => releaseClaims(tx, step.holder, step.claims),
    wakes: ({ cluster }, done) => wakeForRequests(cluster, releasedBy(done)),
    advise: ({ cluster }, done, woken) => adviseRequests(cluster, releasedBy(done), woken),
  };
}

function releasedBy(done: readonly ReleaseRequestsStep[]): number[] {
  return done.flatMap((step) => step.claims.map((claim) => claim.requestId));
}

export function planRelease(world: RequestsWorld, ids: readonly number[]): Plan<ReleaseRequestsStep> {
  const { cluster } = world;
  const judged = ids.map((id) => judge(id, world));
  const chosen = ids.length > 0 ? judged.flatMap((one) => one.request ?? []) : stuckRequests(cluster);
  return {
    title: `Release ${count(chosen.length, 'stuck request')}`,
    steps: [...groupBy(chosen, (request) => request.claim?.masterId ?? 0)].flatMap(([holderId, requests]) =>
      stepsFor(cluster, holderId, requests),
    ),
    notes: judged.flatMap((one) => one.note ?? []),
    warnings: openBuildWarnings(cluster, chosen),
    blockers: judged.flatMap((one) => one.blocker ?? []),
    secondLook: null,
  };
}

function stepsFor(cluster: Cluster, holderId: number, requests: readonly OpenRequest[]): ReleaseRequestsStep[] {
  const master = masterOf(cluster, holderId);
  const holder = master ? seen(master) : seenGone(holderId);
  const claims = requests.map((request) => ({ requestId: request.id, claimedAt: request.claim?.claimedAt ?? 0 }));
  return chunks(claims, claimsPerStep).map((some) => ({
    kind: 'release requests',
    subject: `requests of master ${holderId}`,
    holder,
    claims: some,
  }));
}

function judge(
  id: number,
  { cluster, others }: RequestsWorld,
): { request?: OpenRequest; note?: string; blocker?: Blocker } {
  const request = cluster.claimed.find((one) => one.id === id);
  if (!request) return { note: others.get(id) ?? `Request ${id} is not claimed.` };
  const holder = masterOf(cluster, request.claim?.masterId ?? null);
  if (isStuck(request.claim, holder)) return { request };
  const name = printable(masterName(cluster, request.claim?.masterId ?? 0));
  return {
    blocker: {
      message: `Request ${id} is claimed by ${name}, which is ${holder?.state}: it may be building it, and the request would be built twice.`,
      try: 'Stop the build there, or stop that master; when it is known to be gone: "bbctl masters expire --force NAME".',
      override: null,
    },
  };
}

function openBuildWarnings(cluster: Cluster, requests: readonly OpenRequest[]): string[] {
  const ids = new Set(requests.map((request) => request.id));
  const builds = cluster.builds.filter((build) => ids.has(build.requestId));
  if (builds.length === 0) return [];
  return [
    `${count(builds.length, 'build')} of these requests will stay open: "bbctl builds finish" ends what is abandoned, and "bbctl masters expire" does all at once.`,
  ];
}
