import { everySeconds, minutely } from './cluster-text.js';
import type { Evidence } from './evidence.js';
import { servedSeconds, servedSpans, time } from './served.js';
import type { LoggedFiring } from './read-log.js';

/** Of a turn that lost a race, and of a busy machine. */
const lateSeconds = 6;

export interface Count {
  readonly name: string;
  readonly done: number;
  readonly missing: readonly string[];
  readonly double: readonly string[];
}

/** A periodic or nightly scheduler, by its own rhythm: each slot once, and none left out while somebody could fire. */
export function countFirings(evidence: Evidence, name: string): Count {
  const own = evidence.records.buildsets.filter(({ scheduler }) => scheduler === name);
  // Whoever is killed after the commit does not tell.
  const firings = own.map(({ id, submittedAt }) => evidence.logged.get(id) ?? untold(id, name, submittedAt));
  const double = tooEarly(name, firings.filter(({ slot }) => slot !== null)); // prettier-ignore
  return { name, done: own.length, missing: isExtra(name) ? [] : tooLate(evidence, name, firings), double };
}

function untold(buildset: number, scheduler: string, at: number): LoggedFiring {
  return { buildset, scheduler, master: '', at, slot: null };
}

function isExtra(name: string): boolean {
  return name !== minutely && everySeconds[name] === undefined;
}

/** No slot twice, and none that the rhythm does not have. */
function tooEarly(name: string, firings: readonly LoggedFiring[]): string[] {
  return pairs(firings).flatMap(([before, { slot, buildset }]) =>
    (slot ?? 0) < following(name, before.slot ?? 0) - 1e-3
      ? [`${name}: buildset ${buildset} (slot ${slot}) comes too soon after ${before.buildset} (slot ${before.slot})`]
      : [],
  );
}

function tooLate(evidence: Evidence, name: string, firings: readonly LoggedFiring[]): string[] {
  const { spans, problems } = servedSpans(evidence, name);
  const end = evidence.samples.at(-1)?.at ?? 0;
  const late = firings.flatMap((firing, index) => {
    const due = dueAfter(name, firing);
    const next = firings[index + 1]?.at ?? end;
    const served = servedSeconds(spans, due, next);
    return served > lateSeconds + (evidence.slackSeconds ?? 0) ? [`${name}: was due at ${time(due)} and came at ${time(next)}, though it was active for ${served.toFixed(1)} s of that`] : []; // prettier-ignore
  });
  return [...problems, ...late];
}

/** What was missed is made up for once: the rhythm goes on from there. */
function dueAfter(name: string, { slot, at }: LoggedFiring): number {
  const next = following(name, slot ?? at);
  return next <= at ? following(name, at) : next;
}

function following(name: string, slot: number): number {
  if (name === minutely) return Math.floor(slot / 60) * 60 + 60;
  return slot + (everySeconds[name] ?? 2);
}

function pairs<T>(all: readonly T[]): [T, T][] {
  return all.slice(1).map((one, index) => [all[index] as T, one]);
}
