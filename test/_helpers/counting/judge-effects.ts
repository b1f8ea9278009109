import { groupBy } from '../../../src/lib/model/group-by.js';
import { failure, retry, success } from '../../../src/lib/model/results.js';
import type { ChaosLog, FaultKind } from '../chaos/chaos-log.js';
import type { Count } from '../chaos/count-firings.js';
import { expireAfter } from '../chaos/cluster-text.js';
import type { BuildRecords } from './build-records.js';
import { counted } from './counted-cluster.js';
import type { SideEffects, Try } from './side-effects.js';

/** After which its processes may go on for a while, though others have been told that it is dead. */
const severing = new Set<FaultKind>(['kill', 'pause', 'hang', 'reset', 'restart', 'crash', 'lock']);
/** Until a master that is back has found out that it was declared dead, and its processes are killed: 5 s after SIGTERM at most. */
const noticeSeconds = expireAfter + 10;

/** What was built by these builders has had its effect, and what had one is in the database. */
export function countEffects(
  records: BuildRecords,
  { tries, problems }: SideEffects,
  builders: readonly string[] = counted,
): Count {
  const keyOf = (builder: string, number: number): string => `${builder} ${number}`;
  const byBuild = new Map(tries.map((one) => [keyOf(one.builder, one.buildNumber), one]));
  const builds = new Map(records.builds.map((build) => [keyOf(build.builder, build.number), build]));
  const requests = new Map(records.requests.map((request) => [request.id, request]));
  const ended = records.builds.filter(({ builder, results }) => builders.includes(builder) && (results === success || results === failure)); // prettier-ignore
  const missing = ended
    .filter(({ builder, number }) => !byBuild.get(keyOf(builder, number))?.hasEnded)
    .map(({ builder, number, results }) => `build ${number} of ${builder} ended with ${results}, and its step has not come to its end`); // prettier-ignore
  const double = tries.flatMap((one) => {
    const build = builds.get(keyOf(one.builder, one.buildNumber));
    if (!build) return [`build ${one.buildNumber} of ${one.builder} has run, and is not there`];
    const request = requests.get(build.requestId);
    const isSame = request?.client === one.client && request.number === one.number;
    return isSame ? [] : [`build ${build.number} of ${build.builder} has counted ${one.client} ${one.number} for request ${build.requestId}`]; // prettier-ignore
  });
  return { name: 'effects', done: tries.length, missing, double: [...problems, ...double] };
}

/** Two tries of one request at the same time, but where the first was that of a master that could not know. */
export function overlapProblems({ builds }: BuildRecords, { tries }: SideEffects, log: ChaosLog): string[] {
  const requestOf = new Map(builds.map((build) => [`${build.builder} ${build.number}`, build.requestId]));
  const byRequest = groupBy(tries, (one) => requestOf.get(`${one.builder} ${one.buildNumber}`) ?? 0);
  return [...byRequest].flatMap(([request, own]) => {
    const inOrder = [...own].sort((a, b) => a.begun - b.begun);
    return inOrder.slice(1).flatMap((later, index) => overlap(request, inOrder[index]!, later, log));
  });
}

function overlap(request: number, before: Try, later: Try, log: ChaosLog): string[] {
  if (before.last <= later.begun || isSevered(before.master, before.last, log)) return [];
  return [`request ${request}: build ${before.buildNumber} of ${before.builder} was alive on ${before.master} ${(before.last - later.begun).toFixed(1)} s after ${later.buildNumber} had begun on ${later.master}`]; // prettier-ignore
}

function isSevered(master: string, at: number, { faults }: ChaosLog): boolean {
  return faults.some((fault) => severing.has(fault.kind) && (fault.master ?? master) === master && fault.from <= at && at <= fault.until + noticeSeconds); // prettier-ignore
}

/** Tries of one request that were seen to be alive at one time, for the record. */
export function countOverlaps({ builds }: BuildRecords, { tries }: SideEffects): number {
  const requestOf = new Map(builds.map((build) => [`${build.builder} ${build.number}`, build.requestId]));
  return [...groupBy(tries, (one) => requestOf.get(`${one.builder} ${one.buildNumber}`) ?? 0).values()]
    .map((own) => [...own].sort((a, b) => a.begun - b.begun))
    .flatMap((own) => own.slice(1).filter((later, index) => own[index]!.last > later.begun)).length;
}

export function retries({ builds }: BuildRecords): number {
  return builds.filter(({ results }) => results === retry).length;
}
