/* What must be so of requests and builds after each transaction. */
import { cancelled, retry, skipped, worstOf } from '../../../src/lib/model/results.js';
import type { Ledger } from './ledger.js';
import type { Member } from './member.js';
import { isLent } from './records.js';
import type { BuildRecord, Buildset, Request, Touched } from './records.js';

/** How old a look may be when what was seen is claimed. */
const lookMs = 20_000;
/** Who has not been disturbed for so long acts as it should. */
const quietMs = 60_000;

export function judgeTransaction(ledger: Ledger, touched: Touched, writer: Member | null): void {
  for (const build of touched.ended) judgeEnd(ledger, build);
  for (const request of touched.requests) judgeRequest(ledger, request, writer);
  for (const buildset of touched.buildsets) judgeBuildset(ledger, buildset);
  if (writer) for (const build of touched.begun) judgeBegin(ledger, build, writer);
}

function judgeEnd({ options }: Ledger, { id, request, results }: BuildRecord): void {
  if (results !== retry && request.results === null) options.blame(`build ${id} has ended, and request ${request.id} has not`); // prettier-ignore
}

function judgeRequest(ledger: Ledger, request: Request, writer: Member | null): void {
  const { blame } = ledger.options;
  const { id, builds, results, claimedBy } = request;
  const open = builds.filter(({ isOpen }) => isOpen);
  const done = builds.filter((build) => !build.isOpen && build.results !== retry);
  if (open.length > 1) blame(`request ${id} is built twice at once: ${open.map((build) => build.id).join(' ')}`);
  if (done.length > 1) blame(`request ${id} was built twice: ${done.map((build) => build.id).join(' ')}`);
  if (open.length > 0 && done.length > 0) blame(`request ${id} was built, and is built again`);
  if (results === null) {
    for (const { masterId } of open) if (claimedBy !== masterId) blame(`request ${id} is built by master ${masterId}, and claimed by ${claimedBy ?? 'nobody'}`); // prettier-ignore
    const holder = claimedBy === null ? null : ledger.options.standing(claimedBy);
    const isOwn = writer !== null && holder?.name === writer.name && holder.incarnation === writer.incarnation;
    if (isOwn && open.length === 0) blame(`${writer.label} keeps request ${id}, and does not build it`);
    return;
  }
  if (claimedBy === null) blame(`request ${id} is complete, and nobody has claimed it`);
  if (open.length > 0) blame(`request ${id} is complete, and still built`);
  judgeResults(ledger, request, done);
}

function judgeResults({ options }: Ledger, { id, results, isWaitedFor }: Request, done: readonly BuildRecord[]): void {
  const [build] = done;
  if (build && build.results !== results) options.blame(`request ${id} is complete (${results}), and its build is ${build.results}`); // prettier-ignore
  if (build || results === skipped) return;
  if (results === cancelled && isWaitedFor) return;
  options.blame(`request ${id} is complete (${results}), and nobody has built it`);
}

function judgeBuildset({ options }: Ledger, { id, results, requests }: Buildset): void {
  const open = requests.filter((request) => request.results === null);
  if (results !== null && open.length > 0) options.blame(`buildset ${id} is complete, and request ${open[0]?.id} is not`);
  if (results === null && open.length === 0) options.blame(`buildset ${id} is open, and all its requests are complete`);
  const worst = worstOf(requests.map((request) => request.results ?? skipped));
  if (results !== null && results !== worst) options.blame(`buildset ${id} has the result ${results}, and not ${worst}`);
} // prettier-ignore

/** What is decided before it hears of the drain may be written so much later: a statement's time, and another try. */
const slowestMs = 22_000;

function judgeBegin(ledger: Ledger, build: BuildRecord, writer: Member): void {
  const { request, id } = build;
  const { blame } = ledger.options;
  if (writer.drainsSinceMs < ledger.options.nowMs() - slowestMs && !request.isWaitedFor) blame(`${writer.label} drains, and begins build ${id} of request ${request.id}`); // prettier-ignore
  if (writer.isQuick) blame(`${writer.label} stops quickly, and begins build ${id}`);
  judgeSlots(ledger, build, writer);
  judgePriority(ledger, build, writer);
}

/** No more than the worker has slots, but for those that wait for others, and those that are told to end. */
function judgeSlots(ledger: Ledger, build: BuildRecord, writer: Member): void {
  const { records, options } = ledger;
  const { incarnation, workerId } = build;
  const beside = [...records.openBuilds].filter((one) => one.incarnation === incarnation && one.workerId === workerId);
  const running = beside.filter((one) => !isLent(one) && !writer.interrupted.has(one.id));
  const most = writer.slots.get(ledger.nameOf('workers', workerId)) ?? 0;
  if (running.length > most) options.blame(`${writer.label} runs ${running.length} builds on ${most} slots: ${running.map(({ id }) => id).join(' ')}`); // prettier-ignore
}

/** Nothing is left that goes before it, and could have been taken by the worker. */
function judgePriority(ledger: Ledger, build: BuildRecord, writer: Member): void {
  const { records, options } = ledger;
  const nowMs = options.nowMs();
  const worker = ledger.nameOf('workers', build.workerId);
  if (nowMs - Math.max(writer.disturbedMs, writer.configuredMs) < quietMs) return;
  for (const other of records.open) {
    if (other.claimedBy !== null || nowMs - other.sinceMs < lookMs || !goesBefore(other, build.request)) continue;
    if (writer.isDraining || !writer.builds(ledger.nameOf('builders', other.builderId), worker)) continue;
    options.blame(`${writer.label} begins request ${build.request.id}, and leaves request ${other.id}, which goes before it`); // prettier-ignore
  }
}

function goesBefore(one: Request, other: Request): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority;
  return one.submittedAt !== other.submittedAt ? one.submittedAt < other.submittedAt : one.id < other.id;
}
