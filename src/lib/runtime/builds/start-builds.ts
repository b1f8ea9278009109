import { readContents } from '../../db/buildset-contents.js';
import type { BuildsetContents } from '../../db/buildset-contents.js';
import { completeRequests } from '../../db/complete-requests.js';
import { readReadyWorkers } from '../../db/local-workers.js';
import { readNewestPending } from '../../db/pending-requests.js';
import { claimOpen, claimRequests, holdOpen, releaseRequests } from '../../db/request-claims.js';
import { addBuildProperties, addBuilds, readEarlierBuilds } from '../../db/running-builds.js';
import type { AddedBuild, EarlierBuilds } from '../../db/running-builds.js';
import { buildProperties } from '../../model/build-properties.js';
import type { BuilderConfig } from '../../model/cluster-config.js';
import { collapsed, collapseKey } from '../../model/collapse.js';
import type { PendingRequest } from '../../model/pending.js';
import type { PropertyMap } from '../../model/properties.js';
import { skipped } from '../../model/results.js';
import type { FencedTransaction } from '../service.js';
import type { Seat } from './slots.js';

/** A request that is to be built here, if nobody else is quicker. */
export interface Candidate {
  readonly request: PendingRequest;
  readonly builder: BuilderConfig;
  readonly seat: Seat;
}

/** A build that has begun, for the cluster. */
export interface StartedBuild extends Candidate, AddedBuild {
  readonly contents: BuildsetContents;
  readonly properties: PropertyMap;
  /** Epoch seconds. */
  readonly startedAt: number;
}

/** Of so many of the newest requests of a builder equal ones are looked for. */
const mostCompared = 1000;

/**
 * Claims what is free of the candidates, and adds a build for each that has to be built. `collapses`: not those that are
 * equal to a newer one.
 */
export async function startBuilds(
  tx: FencedTransaction,
  masterId: number,
  candidates: readonly Candidate[],
  { again, collapses }: { readonly again: boolean; readonly collapses: boolean },
): Promise<StartedBuild[]> {
  const workers = await readReadyWorkers(tx, [...new Set(candidates.map(({ seat }) => seat.worker))]);
  const ready = candidates.filter(({ seat }) => workers.has(seat.worker));
  const ids = ready.map(({ request }) => request.id);
  const mine = await claimOpen(tx, masterId, ids, tx.now);
  const claimed = ready.filter(({ request }) => mine.has(request.id));
  if (claimed.length === 0) return [];
  const earlier = await readEarlierBuilds(tx, masterId, [...mine]);
  const open = await withoutFinished(tx, claimed, earlier);
  const toBuild = collapses ? await withoutCollapsed(tx, masterId, open) : open;
  return begin(tx, masterId, toBuild, { earlier, workers, again });
}

/**
 * It may begin nothing more, but may have done so already, and not been told: what has begun goes on, and what was only
 * claimed is given back.
 */
export async function findStarted(
  tx: FencedTransaction,
  masterId: number,
  candidates: readonly Candidate[],
): Promise<StartedBuild[]> {
  const mine = await holdOpen(tx, masterId, candidates.map(({ request }) => request.id)); // prettier-ignore
  const { own } = await readEarlierBuilds(tx, masterId, [...mine]);
  const unbuilt = [...mine].filter((id) => !own.has(id));
  await releaseRequests(tx, masterId, unbuilt);
  if (unbuilt.length > 0) tx.announce('requests');
  const contents = await readContents(tx, candidates.filter(({ request }) => own.has(request.id)).map(({ request }) => request.buildsetId)); // prettier-ignore
  const started = candidates.flatMap((candidate) => {
    const { id, buildsetId } = candidate.request;
    const build = own.get(id);
    return build ? [begun(candidate, build, contents.get(buildsetId) ?? noContents, tx.now)] : [];
  });
  await addBuildProperties(tx, started, true);
  return started;
}

/** Its master has died between the end of the build and that of the request: what was built is not built again. */
async function withoutFinished(
  tx: FencedTransaction,
  claimed: readonly Candidate[],
  { finished }: EarlierBuilds,
): Promise<Candidate[]> {
  const [open, done]: [Candidate[], Candidate[]] = [[], []];
  for (const one of claimed) (finished.has(one.request.id) ? done : open).push(one);
  await complete(tx, done.map(({ request }) => ({ ...request, results: finished.get(request.id) ?? skipped }))); // prettier-ignore
  return open;
}

async function complete(
  tx: FencedTransaction,
  requests: readonly (PendingRequest & { readonly results: number })[],
): Promise<void> {
  if (requests.length === 0) return;
  const completions = requests.map(({ id, buildsetId, results }) => ({ requestId: id, buildsetId, results }));
  if (await completeRequests(tx, completions, tx.now)) tx.announce('requests');
}

/** Of equal requests that wait, the newest is built for all of them. */
async function withoutCollapsed(
  tx: FencedTransaction,
  masterId: number,
  claimed: readonly Candidate[],
): Promise<Candidate[]> {
  const collapsing = claimed.filter(({ builder }) => builder.collapseRequests);
  const builderIds = [...new Set(collapsing.map(({ request }) => request.builderId))];
  if (builderIds.length === 0) return [...claimed];
  const waiting = await readNewestPending(tx, builderIds, mostCompared);
  const all = [...waiting, ...collapsing.map(({ request }) => request)];
  if (all.length < 2) return [...claimed];
  const contents = await readContents(tx, [...new Set(all.map(({ buildsetId }) => buildsetId))]);
  const keyOf = (buildsetId: number): string | null => collapseKey(contents.get(buildsetId) ?? noContents);
  const needless = collapsed(all, keyOf);
  const own = new Set(claimed.map(({ request }) => request.id));
  const others = needless.filter(({ id }) => !own.has(id)).map(({ id }) => id);
  const mine = new Set([...own, ...(await claimRequests(tx, masterId, others, tx.now))]);
  await complete(tx, needless.filter(({ id }) => mine.has(id)).map((request) => ({ ...request, results: skipped }))); // prettier-ignore
  const gone = new Set(needless.map(({ id }) => id));
  return claimed.filter(({ request }) => !gone.has(request.id));
}

const noContents: BuildsetContents = { properties: {}, stamps: [] };

interface Found {
  readonly earlier: EarlierBuilds;
  readonly workers: ReadonlyMap<string, number>;
  readonly again: boolean;
}

async function begin(
  tx: FencedTransaction,
  masterId: number,
  candidates: readonly Candidate[],
  { earlier, workers, again }: Found,
): Promise<StartedBuild[]> {
  const contents = await readContents(tx, [...new Set(candidates.map(({ request }) => request.buildsetId))]);
  // In the order of builders, whoever adds: two masters must not wait for each other.
  const ordered = [...candidates].sort((a, b) => a.request.builderId - b.request.builderId);
  const builds = ordered
    .filter(({ request }) => !earlier.own.has(request.id))
    .map(({ request: { id, builderId }, seat }) => ({
      requestId: id,
      builderId,
      workerId: workers.get(seat.worker) ?? 0,
    }));
  const added = new Map([...earlier.own, ...(await addBuilds(tx, masterId, builds, tx.now))]);
  const started = ordered.flatMap((candidate): StartedBuild[] => {
    const { id, buildsetId } = candidate.request;
    const build = added.get(id);
    return build ? [begun(candidate, build, contents.get(buildsetId) ?? noContents, tx.now)] : [];
  });
  await addBuildProperties(tx, started, again);
  return started;
}

function begun(candidate: Candidate, added: AddedBuild, contents: BuildsetContents, now: number): StartedBuild {
  const { builder, seat } = candidate;
  const { number } = added;
  const properties = buildProperties({ builder, worker: seat.worker, builddir: seat.folder, number, buildset: contents }); // prettier-ignore
  return { ...candidate, ...added, contents, properties, startedAt: now };
}
