/*
 * Masters are started by their control, and are there when the database says so: what a command says of itself is not
 * believed. One that does not come is stopped, so that it does not come when nobody watches any more.
 */
import { MasterControl } from '../control/master-control.js';
import type { Presence } from '../control/master-control.js';
import { Failure } from '../errors.js';
import { arrivalOf, lookForArrival } from '../model/arrival.js';
import type { Arrival } from '../model/arrival.js';
import { cleanUp } from '../drain/kill-and-expire.js';
import { withRow } from '../drain/targets.js';
import type { DrainFacts } from '../model/drain.js';
import type { Master } from '../model/master.js';
import { printable, shellArgument } from '../model/names.js';
import type { UpgradeGround } from './ground.js';
import { goBack, goOn, Halt } from './halt.js';
import type { Newcomer } from './newcomer.js';
import { presenceOf } from './presence.js';

/** From its start until it must be there: a large configuration takes its time, and the second heartbeat a minute. */
const arriveWithinMs = 5 * 60_000;
/** How long the database may take to show that a command which failed has started a master all the same. */
const believedAfterMs = 20_000;
/** Its process must be gone in so many looks: it may be going into the background. */
const goneLooks = 3;

interface Coming {
  readonly newcomer: Newcomer;
  readonly control: MasterControl;
  readonly startedAtMs: number;
  arrival: Arrival;
  /** Why its `control.start` failed. */
  error: Failure | null;
  looksGone: number;
  /** Why it does not come. */
  failure: string | null;
}

/** Ends when all of them are there. Throws a `Halt` where one does not come. */
export async function startMasters(newcomers: readonly Newcomer[], ground: UpgradeGround): Promise<void> {
  const { watch } = ground;
  const facts = await watch.until([], (seen) => (newcomers.some((one) => isUnsure(one, seen)) ? null : seen));
  const coming = await Promise.all(newcomers.map((newcomer) => begin(newcomer, facts, ground)));
  await watch.until([], async (seen) => {
    for (const one of coming) await look(one, seen, ground);
    const failed = coming.filter(({ failure }) => failure !== null);
    if (failed.length > 0) throw await halt(failed, seen, ground);
    return coming.every(({ arrival }) => arrival.state === 'there') ? true : null;
  });
  watch.guard(newcomers);
}

async function begin(newcomer: Newcomer, { cluster }: DrainFacts, ground: UpgradeGround): Promise<Coming> {
  const { ports, book } = ground;
  const builders = newcomer.configuration ? [...newcomer.configuration.builders.keys()] : null;
  const control = new MasterControl(newcomer.controlled);
  const coming: Coming = { newcomer, control, startedAtMs: ports.nowMs(), arrival: arrivalOf(newcomer.name, builders), error: null, looksGone: 0, failure: null }; // prettier-ignore
  const row = cluster.masters.find(({ name }) => name === newcomer.name);
  const hasArrived = book.now.start.some(({ name, arrivedAt }) => name === newcomer.name && arrivedAt !== null);
  if (hasArrived && row?.state === 'active') coming.arrival = { ...coming.arrival, state: 'there' };
  const presence = await presenceOf(newcomer.controlled);
  const isLost = row !== undefined && hasDied(row, presence);
  if (isLost) await bury(row, presence, ground);
  const isOnItsWay = row?.active === true || row?.state === 'starting' || presence === 'running';
  if (isOnItsWay && !isLost) return coming;
  // Before it is started: whoever goes on after a crash must know that it may be.
  book.writeNew(newcomer.name, { startedAt: cluster.now, arrivedAt: null, error: null });
  const { way, error } = await control.carryOut('start');
  ports.emit({ event: 'started', master: newcomer.name, way, error: error?.message ?? null });
  coming.error = error;
  return coming;
}

/** It is dead, or alive, in a few seconds. */
function isUnsure({ name, kind }: Newcomer, { cluster }: DrainFacts): boolean {
  return kind === 'bbctl' && cluster.masters.some((master) => master.name === name && master.state === 'late');
}

function hasDied({ active, state }: Master, presence: Presence): boolean {
  return state === 'dead' || state === 'unclean' ? presence !== 'running' : active && presence === 'gone';
}

/** Who died after it had come is cleaned up after, before it is started again. */
async function bury({ id, name }: Master, presence: Presence, { ports }: UpgradeGround): Promise<void> {
  try {
    const expired = await cleanUp(id, { isGone: presence === 'gone' }, ports);
    ports.emit({ event: 'expired', master: name, ...expired });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const way = `"bbctl masters expire ${shellArgument(name)}" cleans up after it; then "${goOn}".`;
    throw new Halt('blocked', `${printable(name)} has died: ${error.message}`, [way, `"${goBack}" goes back.`]);
  }
}

async function look(one: Coming, facts: DrainFacts, { ports, book }: UpgradeGround): Promise<void> {
  const { name } = one.newcomer;
  const before = one.arrival;
  one.arrival = lookForArrival(before, facts.cluster);
  const { state, waitsFor, registered } = one.arrival;
  if (state === 'there' && before.state !== 'there') {
    book.writeNew(name, { arrivedAt: facts.cluster.now });
    ports.emit({ event: 'arrived', master: name, seconds: Math.round((ports.nowMs() - one.startedAtMs) / 1000), builders: registered }); // prettier-ignore
  }
  if (state === 'there') return;
  if (waitsFor !== before.waitsFor) ports.emit({ event: 'arriving', master: name, waitsFor });
  one.failure = await failureOf(one, ports.nowMs());
}

/** What became of it, after its name; `null`: it may come yet. */
async function failureOf(one: Coming, nowMs: number): Promise<string | null> {
  const { arrival, error, startedAtMs } = one;
  if (arrival.state === 'lost') return 'had become active, and is not any more';
  one.looksGone = (await presenceOf(one.newcomer.controlled)) === 'gone' ? one.looksGone + 1 : 0;
  const isGone = one.looksGone >= goneLooks;
  const isSilent = arrival.firstBeat === null && nowMs - startedAtMs > believedAfterMs;
  // What hangs may have started it all the same, as long as it is not seen to be gone.
  if (error !== null && (isGone || (isSilent && error.code !== 'timedOut'))) return `was not started: ${error.message}`;
  if (isGone) return 'was started, and its process is gone again';
  const complaint = error === null ? '' : ` (${error.message})`;
  return nowMs - startedAtMs > arriveWithinMs ? `was started five minutes ago${complaint} and still lacks ${arrival.waitsFor}` : null; // prettier-ignore
}

async function halt(failed: readonly Coming[], { cluster }: DrainFacts, ground: UpgradeGround): Promise<Halt> {
  const left: string[] = [];
  for (const one of failed) {
    const { name } = one.newcomer;
    ground.book.writeNew(name, { error: one.failure });
    const row = cluster.masters.find((master) => master.name === name);
    const complaint = await stop(one, row, ground);
    if (complaint !== null && one.looksGone < goneLooks) left.push(`Make sure that ${printable(name)} does not run: ${complaint}.`);
  }
  const why = `${failed.map(({ newcomer, failure }) => `${printable(newcomer.name)} ${failure}`).join('; ')}. The old masters were left as they are.`;
  return new Halt('blocked', why, [...left, `Its log tells why. Mend it, and then "${goOn}".`, `"${goBack}" goes back.`]);
} // prettier-ignore

/** Answers with why that was not done; `null`: it was. */
async function stop({ newcomer }: Coming, row: Master | undefined, { ports }: UpgradeGround): Promise<string | null> {
  const controlled = row ? withRow(newcomer.controlled, row) : newcomer.controlled;
  if (!controlled.control.stop) return 'nothing says how to stop it';
  const { way, error } = await new MasterControl(controlled).carryOut('stop');
  ports.emit({ event: 'asked', master: newcomer.name, verb: 'stop', way, error: error?.message ?? null });
  return error && error.message;
}
