/*
 * Completes requests as CANCELLED. The claim comes first, so that no master can start one that is being cancelled; as
 * when Buildbot cancels, it stays. Refused for what a master may be building, and for what a running build waits for:
 * that build would never hear of it.
 */
import { masterName, masterOf } from '../model/cluster.js';
import type { Cluster } from '../model/cluster.js';
import { parseId } from '../model/find.js';
import type { Inventory } from '../model/inventory.js';
import { isLiving } from '../model/master.js';
import type { Master } from '../model/master.js';
import { count, list, printable } from '../model/names.js';
import { isAbandoned } from '../model/build.js';
import { isStuck } from '../model/request.js';
import { seen, seenGone } from '../db/masters.js';
import { cancelRequests as cancel } from '../db/requests.js';
import type { SeenRequest } from '../db/requests.js';
import type { FoundRequest } from '../db/request-lists.js';
import type { Blocker, Operation, Plan, Step } from '../operation.js';
import { readRequests } from './named-requests.js';
import { inBatches, isSelection, readSelection } from './selected-requests.js';
import type { SelectedWorld, Selection } from './selected-requests.js';

export interface CancelRequestsInput extends Selection {
  /** Ids; none where they are selected. */
  readonly requests: readonly string[];
  readonly inventory: Inventory | null;
  readonly expireAfter: number;
}

export interface CancelRequestsStep extends Step {
  readonly kind: 'cancel requests';
  /** All those of each of their buildsets: it completes with its last request, and they are undone together. */
  readonly requests: readonly SeenRequest[];
  readonly builders: readonly string[];
}

export function cancelRequests(input: CancelRequestsInput): Operation<SelectedWorld, CancelRequestsStep> {
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
    read: async (database) =>
      isSelection(input)
        ? readSelection(database, input)
        : { ...(await readRequests(database, ids, input.expireAfter)), isSelection: false, leftOut: [] },
    plan: planCancel,
    describe: ({ requests, builders }) =>
      `cancel request ${list(requests.map(({ id }) => id))} of builder ${list(builders.map(printable), 3)}`,
    work: (tx, step) => cancel(tx, step.requests),
    advise: () => [
      'Schedulers that wait for these requests on a running master hear of it only when that master starts again.',
    ],
  };
}

export function planCancel(world: SelectedWorld): Plan<CancelRequestsStep> {
  const { chosen, notes, refused } = judgeAll(world);
  const namesOf = builderNames(world);
  const steps = inBatches(chosen, (one) => one.buildsetId, world.isSelection).map((some) => stepFor(some, namesOf));
  const group = `cancel ${count(chosen.length, 'request')} of builder ${list(namesOf(chosen).map(printable), 5)}`;
  return {
    title: `Cancel ${count(chosen.length, 'request')}`,
    steps: world.isSelection && steps.length > 1 ? steps.map((step) => ({ ...step, group })) : steps,
    notes: [...notes, ...world.leftOut, ...(world.isSelection ? [...refused.values()].map(leftAlone) : [])],
    warnings: [],
    blockers: world.isSelection ? [] : [...refused.values()].flat(),
    secondLook: null,
  };
}

interface Judged {
  readonly chosen: SeenRequest[];
  readonly notes: string[];
  /** By the reason. */
  readonly refused: Map<string, Blocker[]>;
}

function judgeAll({ named, cluster }: SelectedWorld): Judged {
  const claimants = new Map<number, Master | undefined>();
  const all: Judged = { chosen: [], notes: [], refused: new Map() };
  for (const request of named) {
    const { seen: one, note, blocker, why = '' } = judge(request, cluster, claimants);
    if (one) all.chosen.push(one);
    if (note) all.notes.push(note);
    if (blocker)
      all.refused
        .set(why, all.refused.get(why) ?? [])
        .get(why)
        ?.push(blocker);
  }
  return all;
}

/** Of many, those that cannot be cancelled do not keep the others. */
function leftAlone(refused: readonly Blocker[]): string {
  const [first] = refused;
  const what = `${count(refused.length, 'request')} ${refused.length === 1 ? 'is' : 'are'} left alone`;
  return `${what}${refused.length === 1 ? ':' : ', such as this:'} ${first?.message}`;
}

type NamesOf = (requests: readonly SeenRequest[]) => string[];

/** The builders of requests, each once. */
function builderNames({ cluster, named }: SelectedWorld): NamesOf {
  const names = new Map(cluster.builders.map((builder) => [builder.id, builder.name]));
  const builders = new Map(named.map((request) => [request.id, request.builderId]));
  return (requests) => {
    const ids = new Set(requests.map(({ id }) => builders.get(id) ?? 0));
    return [...ids].map((id) => names.get(id) ?? `${id}`);
  };
}

function stepFor(requests: readonly SeenRequest[], namesOf: NamesOf): CancelRequestsStep {
  const [first, last] = [requests[0]?.buildsetId, requests.at(-1)?.buildsetId];
  return {
    kind: 'cancel requests',
    subject: first === last ? `buildset ${first}` : `buildsets ${first} to ${last}`,
    requests,
    builders: namesOf(requests),
  };
}

interface Judgement {
  readonly seen?: SeenRequest;
  readonly note?: string;
  readonly blocker?: Blocker;
  /** The same for all that are refused for the same reason. */
  readonly why?: string;
}

function refuse(why: string, message: string, way: string): Judgement {
  return { blocker: { message, try: way, override: null }, why };
}

function judge(request: FoundRequest, cluster: Cluster, claimants: Map<number, Master | undefined>): Judgement {
  if (request.complete) return { note: `Request ${request.id} is complete.` };
  const holder = masterOf(cluster, request.claim?.masterId ?? null);
  const refused = whyBusy(request, holder, cluster);
  if (refused) return refused;
  if (!claimants.has(request.builderId)) claimants.set(request.builderId, claimant(request, cluster));
  const claimFor = holder ?? claimants.get(request.builderId);
  if (!claimFor)
    return refuse('unclaimable', `Request ${request.id} cannot be claimed: no master has a row.`, 'Start a master first.'); // prettier-ignore
  return { seen: seenRequest(request, holder, claimFor) };
}

/** A master may be building it, or wait for it. */
function whyBusy(request: FoundRequest, holder: Master | undefined, cluster: Cluster): Judgement | null {
  const name = printable(masterName(cluster, request.claim?.masterId ?? 0));
  if (request.claim && !isStuck(request.claim, holder)) {
    return refuse(
      'claimed',
      `Request ${request.id} is claimed by ${name}, which is ${holder?.state}: it may be building it.`,
      'Stop the build in the web interface of that master.',
    );
  }
  const build = cluster.builds.find((one) => one.requestId === request.id);
  if (build) {
    return refuse(
      'open build',
      `Request ${request.id} still has the open build ${build.id} of ${name}.`,
      `End it first, with "bbctl builds finish ${build.id}" or "bbctl masters expire".`,
    );
  }
  if (request.parent && !isAbandoned(request.parent, masterOf(cluster, request.parent.masterId))) {
    return refuse(
      'waited for',
      `Request ${request.id} is waited for by the running build ${request.parent.buildId}, which would never hear of it.`,
      'Stop that build instead.',
    );
  }
  return null;
}

/** The master in whose name it is claimed: a living one, that configures the builder, the newest heartbeat first. */
function claimant(request: FoundRequest, cluster: Cluster): Master | undefined {
  const configuring = new Set(cluster.builders.find((builder) => builder.id === request.builderId)?.masterIds);
  const rank = (master: Master): number =>
    (isLiving(master) ? 2e12 : 0) + (configuring.has(master.id) ? 1e12 : 0) + master.lastActive;
  return [...cluster.masters].sort((a, b) => rank(b) - rank(a))[0];
}

function seenRequest(request: FoundRequest, holder: Master | undefined, claimFor: Master): SeenRequest {
  const lastActive = Math.floor(claimFor.lastActive) || request.submittedAt;
  return {
    id: request.id,
    buildsetId: request.buildsetId,
    claimFor: claimFor.id,
    // A claim of now would be a sign of life, of a master that is dead; one from before the request is no master's own.
    claimAt: Math.floor(isLiving(claimFor) ? request.submittedAt : Math.min(lastActive, request.submittedAt)) - 1,
    ...(request.claim && {
      claim: { requestId: request.id, claimedAt: request.claim.claimedAt },
      holder: holder ? seen(holder) : seenGone(request.claim.masterId),
    }),
  };
}
