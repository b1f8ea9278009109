import { groupBy } from '../../../src/lib/model/group-by.js';
import { cancelled, retry, skipped, worstOf } from '../../../src/lib/model/results.js';
import type { Count } from '../chaos/count-firings.js';
import type { BuildRecord, BuildRecords, RequestRecord } from './build-records.js';
import type { Asked } from './client.js';
import { merging, periodic } from './counted-cluster.js';

/** Nothing that was taken is lost, and nothing is built twice. */
export function countRequests(records: BuildRecords, asked: readonly Asked[]): Count {
  const byRequest = groupBy(records.builds, (build) => build.requestId);
  const known = new Map(records.requests.map((request) => [request.id, request]));
  const cancels = new Set(asked.flatMap((one) => (one.isCancelled ? [one.acknowledged?.requestId ?? 0] : [])));
  const missing: string[] = [];
  const double: string[] = [];
  for (const { client, number, acknowledged } of asked) {
    const request = acknowledged && known.get(acknowledged.requestId);
    if (acknowledged && !request) missing.push(`request ${acknowledged.requestId} (${client} ${number}) was acknowledged, and is not there`); // prettier-ignore
    else if (request && (request.client !== client || request.number !== String(number))) missing.push(`request ${request.id} was to be ${client} ${number}, and is ${request.client} ${request.number}`); // prettier-ignore
  }
  for (const [key, same] of groupBy(records.requests.filter(isForced), (one) => `${one.client} ${one.number}`))
    if (same.length > 1) double.push(`${key} was asked for once, and there are requests ${same.map(({ id }) => id).join(', ')}`); // prettier-ignore
  for (const request of records.requests) {
    const builds = (byRequest.get(request.id) ?? []).filter(({ results }) => results !== retry);
    if (!request.isComplete && request.builder === periodic) continue;
    if (!request.isComplete) missing.push(`request ${request.id} of ${request.builder} is not complete`);
    else if (builds.length === 0 && !isWithoutBuild(request, records) && !isCancelled(request, cancels)) missing.push(`request ${request.id} of ${request.builder} is complete (${request.results}) without a build`); // prettier-ignore
    if (builds.length > 1) double.push(`request ${request.id} of ${request.builder} has builds ${builds.map(({ id }) => id).join(', ')}`); // prettier-ignore
  }
  return { name: 'requests', done: records.requests.length, missing, double };
}

function isForced({ client, waitedFor }: RequestRecord): boolean {
  return client !== null && !waitedFor;
}

function isCancelled({ id, results }: RequestRecord, cancels: ReadonlySet<number>): boolean {
  return results === cancelled && cancels.has(id);
}

/** Collapsed, or not needed any more by the build that has asked for it. */
function isWithoutBuild(request: RequestRecord, { buildsets, builds }: BuildRecords): boolean {
  if (request.results === skipped) return request.builder === merging || request.builder === periodic;
  const parentId = buildsets.find(({ id }) => id === request.buildsetId)?.parentBuildId;
  const parent = builds.find(({ id }) => id === parentId);
  return request.results === cancelled && parent !== undefined && parent.results !== 0;
}

/** That requests, buildsets and builds say the same. */
export function resultProblems({ requests, buildsets, builds, claims }: BuildRecords): string[] {
  const byRequest = groupBy(builds, (build) => build.requestId);
  const bySet = groupBy(requests, (request) => request.buildsetId);
  const open = new Set(requests.filter(({ isComplete }) => !isComplete).map(({ id }) => id));
  return [
    ...requests.flatMap((request) => wrongResult(request, byRequest.get(request.id) ?? [])),
    ...buildsets.flatMap(({ id, isComplete, results }) => {
      const own = bySet.get(id) ?? [];
      // Without requests it was cut off before them.
      if (own.length === 0) return [];
      const isDone = own.every((request) => request.isComplete);
      if (isDone !== isComplete) return [`buildset ${id} is ${isComplete ? '' : 'not '}complete, its requests are ${isDone ? '' : 'not '}`]; // prettier-ignore
      const worst = worstOf(own.map((request) => request.results));
      return isDone && worst !== results ? [`buildset ${id} has result ${results}, its requests ${worst}`] : [];
    }),
    ...claims.filter(({ requestId }) => open.has(requestId)).map(({ requestId, masterId }) => `request ${requestId} is claimed by master ${masterId}, which has stopped`), // prettier-ignore
    ...builds.filter(({ completeAt }) => completeAt === null).map(({ id, builder, number }) => `build ${id} (${builder} ${number}) is not finished`), // prettier-ignore
    ...[...byRequest.values()].flatMap(overlapping),
    ...numbering(builds),
  ];
}

function wrongResult(request: RequestRecord, builds: readonly BuildRecord[]): string[] {
  const last = builds.find(({ results }) => results !== retry);
  if (!last || !request.isComplete || last.results === request.results) return [];
  return [`request ${request.id} has result ${request.results}, its build ${last.id} ${last.results}`];
}

/** A build begins when the one before it has ended. */
function overlapping(builds: readonly BuildRecord[]): string[] {
  return builds.slice(1).flatMap((build, index) => {
    const before = builds[index];
    const isOver = before?.completeAt != null && before.completeAt <= build.startedAt;
    return isOver ? [] : [`build ${build.id} of request ${build.requestId} has begun before ${before?.id} had ended`];
  });
}

function numbering(builds: readonly BuildRecord[]): string[] {
  return [...groupBy(builds, ({ builder }) => builder)].flatMap(([builder, own]) => {
    const numbers = new Set(own.map(({ number }) => number));
    const highest = Math.max(...numbers);
    const isWhole = numbers.size === own.length && highest === own.length;
    return isWhole ? [] : [`${builder} has ${own.length} builds with ${numbers.size} numbers up to ${highest}`];
  });
}

/** What was left out was asked for before an equal build began. */
export function collapseProblems({ requests, builds }: BuildRecords): string[] {
  const begun = new Map(builds.filter(({ results }) => results !== retry).map((build) => [build.requestId, build.startedAt])); // prettier-ignore
  const own = requests.filter(({ builder }) => builder === merging);
  return own
    .filter(({ results, isComplete }) => isComplete && results === skipped)
    .filter(
      (left) =>
        !own.some(
          (other) =>
            other.id > left.id && other.branch === left.branch && (begun.get(other.id) ?? -1) >= left.submittedAt,
        ),
    ) // prettier-ignore
    .map(({ id }) => `request ${id} of ${merging} was left out for no other`);
}
