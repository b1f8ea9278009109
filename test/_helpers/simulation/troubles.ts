import type { Member } from './member.js';
import type { Random } from '../random.js';
import type { Timeline } from './timeline.js';
import type { Weather } from './weather.js';

/** What troubles may do to a simulation. */
export interface Troubled {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly weather: Weather;
  readonly expireAfterMs: number;
  /** Those whose process is there. */
  readonly there: () => readonly Member[];
  readonly tell: (line: string) => void;
  start(name: string): void;
  /** It is started again later, sometimes under another name. */
  restartLater(member: Member): void;
  reconfigure(member: Member): void;
  toggleService(): void;
  moveService(): void;
  /** Somebody deletes a claim, as `services release` does, and a Buildbot master that stops. */
  loseClaim(): void;
  /** The database's clock is set. */
  stepClock(ms: number): void;
}

type Trouble = (one: Troubled, member: Member) => void;

function durationMs({ random, expireAfterMs }: Troubled): number {
  return random.chance(0.5) ? random.between(500, expireAfterMs / 2) : random.between(expireAfterMs / 2, 4 * expireAfterMs);
} // prettier-ignore

function pause(one: Troubled, member: Member): void {
  member.process.pause();
  member.disturbed();
  one.timeline.after(durationMs(one), async () => {
    one.tell(`${member.label} goes on`);
    await member.process.continue();
    member.disturbed();
  });
}

function partition(one: Troubled, member: Member): void {
  const { number } = member.process;
  one.weather.partitions.set(number, one.random.pick(['refused', 'swallowed'] as const));
  one.timeline.after(durationMs(one), () => {
    one.tell(`${member.label} reaches the database again`);
    one.weather.partitions.delete(number);
    member.disturbed();
  });
}

function outage(one: Troubled): void {
  one.weather.isDatabaseDown = true;
  one.timeline.after(durationMs(one), () => {
    one.tell('the database is back');
    one.weather.isDatabaseDown = false;
    for (const member of one.there()) member.disturbed();
  });
}

function slowness(one: Troubled): void {
  one.weather.slowness = one.random.pick([10, 100, 1000]);
  one.timeline.after(durationMs(one), () => {
    one.tell('the database is quick again');
    one.weather.slowness = 1;
  });
}

/** Whoever is tired of waiting has it stop quickly. */
function stop(one: Troubled, member: Member): void {
  member.stop();
  one.restartLater(member);
  if (!one.random.chance(0.5)) return;
  one.timeline.after(one.random.between(0, 90_000), () => {
    if (!member.isThere) return;
    one.tell(`${member.label} is asked to stop at last`);
    member.stopQuickly();
  });
}

/** Somebody thinks better of it. */
function drain(one: Troubled, member: Member): void {
  member.stop();
  one.timeline.after(one.random.between(0, 60_000), () => {
    one.tell(`${member.label} is asked not to drain`);
    member.cancelDrain();
  });
}

const troubles: readonly (readonly [weight: number, what: string, Trouble])[] = [
  [6, 'is stopped by SIGSTOP', pause],
  [5, 'is killed', (one, member) => (member.kill(), one.restartLater(member))],
  [4, 'is asked to stop', stop],
  [2, 'is asked to drain', drain],
  [1, 'is asked to stop quickly', (one, member) => (member.stopQuickly(), one.restartLater(member))],
  [3, 'is asked to stop a build', (_, member) => member.stopBuild()],
  [4, 'does not reach the database', partition],
  [1, 'sees the database go', outage],
  [1, 'sees the database slow', slowness],
  [3, 'is reconfigured', (one, member) => one.reconfigure(member)],
  [1, 'sees a service switched', (one) => one.toggleService()],
  [1, 'sees a service moved', (one) => one.moveService()],
  [1, 'is started a second time', (one, member) => one.start(member.name)],
  [2, 'sees a claim deleted', (one) => one.loseClaim()],
  [1, 'sees the clock set', (one) => one.stepClock(one.random.between(-2500, 2500))],
];

/** Something happens to somebody. */
export function strike(one: Troubled): void {
  const there = one.there();
  if (there.length === 0) return;
  const total = troubles.reduce((sum, [weight]) => sum + weight, 0);
  let at = one.random.between(0, total);
  const [, what, trouble] = troubles.find(([weight]) => (at -= weight) < 0)!;
  const member = one.random.pick(there);
  one.tell(`${member.label} ${what}`);
  trouble(one, member);
}
