/* What must be so after a time without troubles. */
import { judgeBuildsets } from './buildsets.js';
import type { Member } from './member.js';
import type { Simulation } from './simulation.js';

const minuteMs = 60_000;
/** The longest that a service waits after failed turns, and a turn. */
const retrySeconds = 75;

export async function judgeCalm(simulation: Simulation): Promise<void> {
  const { timeline, witness, expireAfterMs } = simulation;
  const isOver = (): boolean => simulation.isOver;
  await simulation.calmDown();
  // The dead are declared dead, those that wait for their name come in, new ones settle: each at most twice as long as usual.
  await timeline.run(timeline.nowMs + 8 * expireAfterMs + minuteMs, isOver);
  if (isOver()) return;
  judgeLives(simulation);
  judgeBalance(simulation);
  witness.handOvers.clear();
  await timeline.run(timeline.nowMs + 4 * expireAfterMs, isOver);
  if (isOver()) return;
  for (const [service, times] of witness.handOvers) simulation.blame(`${service} went from hand to hand ${times} times in the calm`); // prettier-ignore
  judgeProgress(simulation);
  judgeBuildsets(simulation, retrySeconds);
}

/** Each has joined, and is not shut out. */
function judgeLives(simulation: Simulation): void {
  for (const member of simulation.there()) {
    const { state } = member.master;
    if (!member.isStopping && state !== 'active') simulation.blame(`${member.label} is ${state} in the calm`);
  }
  judgeLeftovers(simulation);
}

/** `stopped` means: no claims, no registrations. */
function judgeLeftovers(simulation: Simulation): void {
  const left = simulation.witness.rows<{ name: string }>(
    `select name from masters where active = 0 and (id in (select masterid from builder_masters)
       or id in (select masterid from scheduler_masters) or id in (select masterid from changesource_masters))`,
  );
  for (const { name } of left) simulation.blame(`${name} is inactive and has something`);
}

function judgeBalance(simulation: Simulation): void {
  const { witness, specs, pins } = simulation;
  const holders = new Map(specs.map(({ name }) => [name, witness.holderOf(name)]));
  const load = (member: Member): number => [...holders.values()].filter((holder) => holder === member).length;
  for (const [service, holder] of holders) {
    const candidates = simulation.there().filter((member) => member.offers(service));
    if (!holder) {
      if (candidates.length > 0) simulation.blame(`nobody holds ${service} in the calm`);
      continue;
    }
    const pinned = candidates.find(({ name }) => name === pins.get(service));
    if (pinned && pinned !== holder) simulation.blame(`${service} is with ${holder.label}, and not with ${pinned.label}, where it was moved`); // prettier-ignore
    const lighter = candidates.find((member) => load(member) + 1 < load(holder));
    if (!pinned && lighter) simulation.blame(`${holder.label} has ${load(holder)} services, and ${lighter.label}, which could have ${service}, has ${load(lighter)}`); // prettier-ignore
  }
}

/** Nothing that was due is missing. */
function judgeProgress(simulation: Simulation): void {
  const { witness, specs, disabled, now } = simulation;
  for (const spec of specs) {
    const isOffered = simulation.there().some((member) => member.offers(spec.name));
    if (!isOffered || disabled.has(spec.name)) continue;
    const due = dueBy(simulation, spec, now - retrySeconds);
    const done = witness.done.get(spec.name) ?? 0;
    if (done < due) simulation.blame(`${spec.name} has done ${done}, and ${due} were due`);
  }
}

function dueBy(simulation: Simulation, spec: Simulation['specs'][number], now: number): number {
  if (spec.type === 'counter') return Math.floor(simulation.sinceEpoch(now) / spec.everySeconds);
  if (spec.type === 'poller') return simulation.commitsAt(now - spec.everySeconds);
  return 0;
}
