/*
 * Completes requests as CANCELLED. The claim comes first, so that no master can start one that is being cancelled; as
 * when Buildbot cancels, it stays. Refused for what a master may be building, and for what a running build waits for:
 * that build would never hear of it.
 */
import { masterName, masterOf } from '../model/cluster.js';
import type { Cluster } from '../model/cluster.js';
import { parseId } from '../model/find.js';
import { isLiving } from '../model/master.js';
import type { Master } from '../model/master.js';
import { count, printable } from '../model/names.js';
import { isAbandoned } from '../model/build.js';
import { isStuck } from '../model/request.js';
import { seen, seenGone } from '../db/masters.js';
import { cancelRequest } from '../db/requests.js';
import type { SeenRequest } from '../db/requests.js';
import type { FoundRequest } from '../db/request-lists.js';
import type { Blocker, Operation, Plan, Step } from '../operation.js';
import { readRequests } from './named-requests.js';
import type { RequestsWorld } from './named-requests.js';

export interface CancelRequestsInput {
  readonly requests: readonly string[];
  readonly expireAfter: number;
}

export interface CancelRequestStep extends Step {
  readonly kind: 'cancel request';
  readonly request: SeenRequest;
  readonly builder: string;
}

export function cancelRequests(input: CancelRequestsInput): Operation<RequestsWorld, CancelRequestStep> {
  const ids = [...new Set(input.requests.map((text) => parseId(text, 'request')))];
  return {
    name: 'requests cancel',
    tables: [
      'masters',
      'buildrequests',
      'buildrequest_claims',
      'buildsets',
      'builder_masters',
      'scheduler_masters',
      'changesource_masters',
    ],
    read: (database) => readRequests(database, ids, input.expireAfter),
    plan: planCancel,
    describe: (step) => `cancel request ${step.request.id} of builder ${printable(step.builder)}`,
    work: (tx, step) => cancelRequest(tx, step.request),
    advise: () => [
      'Schedulers that wait for these requests on a running master hear of it only when that master starts again.',
    ],
  };
}

export function planCancel(world: RequestsWorld): Plan<CancelRequestStep> {
  const judged = world.named.map((request) => judge(request, world.cluster));
  const steps = judged.flatMap((one) => one.step ?? []);
  return {
    title: `Cancel ${count(steps.length, 'request')}`,
    steps,
    notes: judged.flatMap((one) => one.note ?? []),
    warnings: [],
    blockers: judged.flatMap((one) => one.blocker ?? []),
    secondLook: null,
  };
}

function judge(
  request: FoundRequest,
  cluster: Cluster,
): { step?: CancelRequestStep; note?: string; blocker?: Blocker } {
  if (request.complete) return { note: `Request ${request.id} is complete.` };
  const refuse = (message: string, way: string): { blocker: Blocker } => ({
    blocker: { message, try: way, override: null },
  });
  const holder = masterOf(cluster, request.claim?.masterId ?? null);
  const name = printable(masterName(cluster, request.claim?.masterId ?? 0));
  if (request.claim && !isStuck(request.claim, holder)) {
    return refuse(
      `Request ${request.id} is claimed by ${name}, which is ${holder?.state}: it may be building it.`,
      'Stop the build in the web interface of that master.',
    );
  }
  const builds = cluster.builds.filter((build) => build.requestId === request.id);
  if (builds.length > 0) {
    return refuse(
      `Request ${request.id} still has the open build ${builds[0]?.id} of ${name}.`,
      `End it first, with "bbctl builds finish ${builds[0]?.id}" or "bbctl masters expire".`,
    );
  }
  if (request.parent && !isAbandoned(request.parent, masterOf(cluster, request.parent.masterId))) {
    return refuse(
      `Request ${request.id} is waited for by the running build ${request.parent.buildId}, which would never hear of it.`,
      'Stop that build instead.',
    );
  }
  const claimFor = holder ?? claimant(request, cluster);
  if (!claimFor)
    return refuse(`Request ${request.id} cannot be claimed: no master has a row.`, 'Start a master first.');
  return { step: stepFor(request, holder, claimFor, cluster) };
}

/** The master in whose name it is claimed: a living one, that configures the builder, the newest heartbeat first. */
function claimant(request: FoundRequest, cluster: Cluster): Master | undefined {
  const configuring = new Set(cluster.builders.find((builder) => builder.id === request.builderId)?.masterIds);
  const rank = (master: Master): number =>
    (isLiving(master) ? 2e12 : 0) + (configuring.has(master.id) ? 1e12 : 0) + master.lastActive;
  return [...cluster.masters].sort((a, b) => rank(b) - rank(a))[0];
}

function stepFor(
  request: FoundRequest,
  holder: Master | undefined,
  claimFor: Master,
  cluster: Cluster,
): CancelRequestStep {
  const claim = request.claim ? { requestId: request.id, claimedAt: request.claim.claimedAt } : null;
  return {
    kind: 'cancel request',
    // The buildset completes with its last request: they are undone together.
    subject: `buildset ${request.buildsetId}`,
    builder: cluster.builders.find((builder) => builder.id === request.builderId)?.name ?? `${request.builderId}`,
    request: {
      id: request.id,
      buildsetId: request.buildsetId,
      claimFor: claimFor.id,
      // A claim of now would be a sign of life, of a master that is dead.
      claimAt: isLiving(claimFor) ? null : Math.floor(claimFor.lastActive) || request.submittedAt,
      claim,
      holder: holder ? seen(holder) : request.claim ? seenGone(request.claim.masterId) : null,
    },
  };
}
