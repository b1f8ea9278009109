import type { MasterReport, ShutDownEvent } from '../drain/events.js';
import { cleanUp } from '../drain/kill-and-expire.js';
import { shutDown } from '../drain/shut-down.js';
import type { Target } from '../drain/targets.js';
import { Failure } from '../errors.js';
import { list, printable, shellArgument } from '../model/names.js';
import type { DrainFacts } from '../model/drain.js';
import type { Master } from '../model/master.js';
import type { UpgradeGround } from './ground.js';
import { goBack, goOn, Halt, interrupted } from './halt.js';
import { presenceOf } from './presence.js';
import { everyMs } from './watch.js';

/** What is to be done with those that drain. */
export interface Draining {
  /** What is kept of it, as it comes. */
  readonly onAsked: (name: string, at: number) => void;
  readonly onEnded: (report: MasterReport, at: number) => void;
  /** They were asked before: they are watched only. */
  readonly isAsked: boolean;
}

/** Ends when all have stopped, and nothing is left of them. Throws a `Halt` where one has not. */
export async function drainMasters(
  targets: readonly Target[],
  draining: Draining,
  ground: UpgradeGround,
): Promise<void> {
  const { watch } = ground;
  const ids = targets.map(({ master }) => master.id);
  const facts = await watch.until(ids, (seen) => seen);
  const rows = new Map(facts.cluster.masters.map((master) => [master.id, master]));
  const due = targets.filter(({ master }) => isLeft(rows.get(master.id)));
  if (due.length === 0) return;
  watch.leaves(due.map(({ master }) => master.id));
  // Before they are asked: whoever goes on after a crash must know that they may drain.
  for (const { master } of due) draining.onAsked(master.name, facts.cluster.now);
  const lost = due.filter(({ master }) => isLost(rows.get(master.id)));
  const others = due.filter((target) => !lost.includes(target));
  const without = others.filter(({ master }) => draining.isAsked || rows.get(master.id)?.condition?.state === 'draining'); // prettier-ignore
  const masters = [...lost.map((one) => unseen(one, 'dead', null)), ...(await shutDownFrom(facts, others, without, ground))]; // prettier-ignore
  for (const one of masters) draining.onEnded(one, watch.lastLook ?? 0);
  for (const one of masters) await cleanUpAfter(one, targets, ground);
  conclude(masters, ground);
}

/** The first look is there already: who is asked must not depend on another one. */
async function shutDownFrom(
  facts: DrainFacts,
  targets: readonly Target[],
  without: readonly Target[],
  { request, ports, watch }: UpgradeGround,
): Promise<readonly MasterReport[]> {
  if (targets.length === 0) return [];
  const { deadlineMs, onDeadline, signal } = request;
  const options = { verb: 'drain', deadlineMs, onDeadline, everyMs, signal, repairs: true } as const;
  const emit = (event: ShutDownEvent): void => {
    if (event.event !== 'plan' && event.event !== 'report') ports.emit(event);
  };
  let first: DrainFacts | null = facts;
  const read = async (some: readonly number[]): Promise<DrainFacts> => {
    const seen = first ?? (await watch.read(some));
    first = null;
    return seen;
  };
  const unasked = new Set(without.map(({ master }) => master.id));
  return shutDown(targets, unasked, options, { ...ports, read, emit, contact: watch.contact })
    .then((report) => report.masters)
    .catch((error: unknown) => notAsked(error, targets));
}

function isLeft(master: Master | undefined): boolean {
  return master !== undefined && master.state !== 'stopped';
}

/** Nothing can be asked of it. */
function isLost(master: Master | undefined): boolean {
  return master?.state === 'dead' || master?.state === 'unclean';
}

/** Nobody could be asked at all. */
function notAsked(error: unknown, due: readonly Target[]): MasterReport[] {
  if (!(error instanceof Failure)) throw error;
  return due.map((target) => unseen(target, 'not asked', error.message));
}

function unseen({ master: { id, name } }: Target, ending: MasterReport['ending'], error: string | null): MasterReport {
  return { id, name, ending, killed: false, seconds: 0, error, builds: [] };
}

/** One that died, or did not put everything away: as `masters expire`, if its process is gone. */
async function cleanUpAfter(report: MasterReport, targets: readonly Target[], { ports }: UpgradeGround): Promise<void> {
  if (report.ending !== 'dead' && report.ending !== 'unclean') return;
  const { controlled } = targets.find(({ master }) => master.id === report.id)!;
  const name = printable(report.name);
  const presence = await presenceOf(controlled);
  const ways = [`"bbctl masters expire ${shellArgument(report.name)}" cleans up after it; then "${goOn}".`];
  if (presence === 'running') throw new Halt('blocked', `${name} is ${report.ending}, but its process runs. A living master is not expired.`, [`Look what it does, and stop it. ${ways[0]}`]); // prettier-ignore
  try {
    const expired = await cleanUp(report.id, { isGone: presence === 'gone' }, ports);
    ports.emit({ event: 'expired', master: report.name, ...expired });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Halt('blocked', `${name} is ${report.ending}: ${error.message}`, ways);
  }
}

function conclude(masters: readonly MasterReport[], { request, watch }: UpgradeGround): void {
  const named = (ending: MasterReport['ending']): MasterReport[] => masters.filter((one) => one.ending === ending);
  const names = (some: readonly MasterReport[]): string => list(some.map(({ name }) => printable(name)), 3); // prettier-ignore
  const [running, restarted, unasked] = [named('running'), named('restarted'), named('not asked')];
  if (running.length > 0 && request.signal.aborted) throw interrupted(watch.contact.isLost);
  if (running.length > 0) throw new Halt(watch.contact.isLost ? 'lost contact' : 'deadline', `The deadline has come, and ${names(running)} ${running.length === 1 ? 'has' : 'have'} not stopped. What was asked of them goes on.`, [`"${goOn}" watches again; with --deadline and --on-deadline it can end otherwise.`, `"${goBack}" goes back.`]); // prettier-ignore
  if (unasked.length > 0) throw new Halt('blocked', `${names(unasked)} could not be asked to drain: ${unasked[0]?.error ?? ''}`, [`Mend its control in cluster.yaml, and then "${goOn}".`, `"${goBack}" goes back.`]); // prettier-ignore
  if (restarted.length > 0) throw new Halt('blocked', `${names(restarted)} had stopped, and runs again: somebody has started it.`, [`Was it meant? "${goOn}" drains it again.`, `"${goBack}" goes back.`]); // prettier-ignore
}
