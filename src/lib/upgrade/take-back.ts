/*
 * The way back: the old masters are brought back first, and then the new ones drained that this upgrade has started, so
 * that there is somebody at every moment. What cannot be taken back is waited for: a Buildbot that drains goes to its end,
 * and is started again.
 */
import { MasterControl } from '../control/master-control.js';
import { withRow } from '../drain/targets.js';
import type { Target } from '../drain/targets.js';
import type { DrainFacts } from '../model/drain.js';
import type { Master } from '../model/master.js';
import { list, printable } from '../model/names.js';
import { drainMasters } from './drain-masters.js';
import type { UpgradeGround } from './ground.js';
import { goOn, Halt } from './halt.js';
import { handOver } from './hand-over.js';
import type { Newcomer } from './newcomer.js';
import type { UpgradeRequest } from './ports.js';
import type { SavedOld } from './saved-upgrade.js';
import { startMasters } from './start-masters.js';
import { waitForStarted } from './wait-for-started.js';

/** Returns the ids of the new masters that were drained. Throws a `Halt`. */
export async function takeBack(request: UpgradeRequest, ground: UpgradeGround): Promise<number[]> {
  const { ports, book, watch } = ground;
  const stage = (name: 'start' | 'drain' | 'hand over', masters: readonly string[]): void => ports.emit({ event: 'stage', stage: name, wave: 1, waves: 1, masters }); // prettier-ignore
  const asked = request.old.filter(({ master }) => savedOf(master, ground)?.askedAt != null);
  const facts = await watch.until([], (seen) => (asked.every((one) => hasHeard(one, seen, ground)) ? seen : null));
  verifyStartable(asked.filter((one) => willHaveStopped(one, facts, ground)), facts.cluster.database.revision, ground); // prettier-ignore
  const going = await stillGoing(asked, facts, ground);
  if (going.length > 0) stage('drain', going.map(({ master }) => master.name)); // prettier-ignore
  await drainMasters(going, { isAsked: true, onAsked: () => {}, onEnded: () => {} }, ground);
  await startAgain(asked, ground, stage);
  const started = book.now.start.filter(({ startedAt, wasThere }) => startedAt !== null && !wasThere);
  const ours = request.start.filter(({ name }) => started.some((one) => one.name === name));
  const arrived = await waitForStarted(ours, ground);
  const leaving = targetsOf(ours, arrived);
  for (const { name } of ours) if (hasStopped(name, arrived)) book.writeNew(name, { drainedAt: arrived.cluster.now });
  const ids = leaving.map(({ master }) => master.id);
  if (leaving.length > 0) stage('drain', leaving.map(({ master }) => master.name)); // prettier-ignore
  await drainMasters(leaving, { isAsked: false, onAsked: () => {}, onEnded: ({ name, ending }, at) => ending === 'running' || ending === 'not asked' ? undefined : book.writeNew(name, { drainedAt: at }) }, ground); // prettier-ignore
  if (leaving.length > 0) stage('hand over', leaving.map(({ master }) => master.name)); // prettier-ignore
  await handOver(leaving, ground);
  return ids;
}

function savedOf({ name }: Pick<Master, 'name'>, { book }: UpgradeGround): SavedOld | undefined {
  return book.now.old.find((one) => one.name === name);
}

/** Seconds in which the database shows that a master of bbctl's own has heard what it was asked. */
const heedSeconds = 15;

/** Who was asked only just now may be about to drain. */
function hasHeard({ kind, master }: Target, { cluster }: DrainFacts, ground: UpgradeGround): boolean {
  const row = cluster.masters.find(({ id }) => id === master.id);
  if (kind === 'buildbot' || row?.active !== true || row.condition?.state === 'draining') return true;
  return cluster.now - (savedOf(master, ground)?.askedAt ?? 0) > heedSeconds;
}

function hasStopped(name: string, { cluster }: DrainFacts): boolean {
  return cluster.masters.some((master) => master.name === name && master.state === 'stopped');
}

/** It has stopped, or will whatever is done: nothing takes the drain of a Buildbot back. */
function willHaveStopped({ kind, master }: Target, { cluster }: DrainFacts, ground: UpgradeGround): boolean {
  const isActive = cluster.masters.some(({ id, active }) => id === master.id && active);
  return !isActive || (kind === 'buildbot' && savedOf(master, ground)?.broughtBack == null);
}

/** Those that drain, and whose drain cannot be taken back. */
async function stillGoing(asked: readonly Target[], facts: DrainFacts, ground: UpgradeGround): Promise<Target[]> {
  const going: Target[] = [];
  for (const target of asked) {
    const row = facts.cluster.masters.find(({ id }) => id === target.master.id);
    if (row === undefined || !row.active || savedOf(row, ground)?.broughtBack != null) continue;
    if (target.kind === 'buildbot' || !(await cancel(target, row, ground))) going.push(target);
  }
  return going;
}

/** Returns whether it takes part again. */
async function cancel({ controlled, master }: Target, row: Master, { ports, book }: UpgradeGround): Promise<boolean> {
  // It never heard, or somebody has taken it back.
  const isDraining = row.condition?.state === 'draining';
  const error = isDraining ? (await new MasterControl(controlled).cancelDrain()).error : null;
  if (isDraining) ports.emit({ event: 'taken back', master: master.name, error: error?.message ?? null });
  if (error === null) book.writeOld(master.name, { broughtBack: 'taken back', endedAt: null, ending: null });
  return error === null;
}

/** Those that have stopped since they were asked to. */
async function startAgain(asked: readonly Target[], ground: UpgradeGround, stage: (name: 'start', masters: readonly string[]) => void): Promise<void> {
  const { cluster } = await ground.watch.until([], (seen) => seen);
  const rows = new Map(cluster.masters.map((master) => [master.id, master]));
  const stopped = asked.filter(({ master }) => rows.get(master.id)?.active !== true);
  if (stopped.length === 0) return;
  verifyStartable(stopped, cluster.database.revision, ground);
  stage('start', stopped.map(({ master }) => master.name)); // prettier-ignore
  await startMasters(stopped.map((target) => newcomerOf(target, rows.get(target.master.id))), ground); // prettier-ignore
  for (const { master } of stopped) ground.book.writeOld(master.name, { broughtBack: 'started again' });
} // prettier-ignore

/** Before anything is undone: a Buildbot refuses a schema that is newer than it. */
function verifyStartable(stopped: readonly Target[], revision: string, { book }: UpgradeGround): void {
  const names = (some: readonly Target[]): string => list(some.map(({ master }) => printable(master.name)), 3); // prettier-ignore
  const old = stopped.filter(({ kind }) => kind === 'buildbot');
  if (old.length > 0 && revision !== book.now.revision) throw new Halt('blocked', `The schema was upgraded meanwhile (${book.now.revision} to ${revision}): ${names(old)} would refuse it. The new masters were left as they are.`, [`"${goOn}" ends the upgrade instead.`]); // prettier-ignore
  const without = stopped.filter(({ controlled }) => !controlled.control.start);
  if (without.length > 0) throw new Halt('blocked', `Nothing says how to start ${names(without)} again. The new masters were left as they are.`, ['Add control.start to its section of cluster.yaml, or start it by hand; then "bbctl upgrade --abort" again.', `"${goOn}" ends the upgrade instead.`]); // prettier-ignore
}

function newcomerOf({ master, key, kind, controlled }: Target, row: Master | undefined): Newcomer {
  return { name: master.name, key, kind, controlled, master: row ?? null, configuration: null, version: null };
}

/** Those that have a row: the others never came. */
function targetsOf(newcomers: readonly Newcomer[], { cluster }: DrainFacts): Target[] {
  return newcomers.flatMap(({ name, key, kind, controlled }) => {
    const master = cluster.masters.find((one) => one.name === name);
    return master ? [{ master, key, kind, controlled: withRow(controlled, master) }] : [];
  });
}
