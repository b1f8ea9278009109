import { expireAfter } from './cluster-text.js';
import { isWell, type Evidence } from './evidence.js';
import type { Sample } from './sampler.js';

const beat = expireAfter / 4;
/** A master that comes back to itself reconnects. */
const settleSeconds = 3;
/** What the cluster has to be whole again in; the rest is for a machine with much else to do. */
const wholeAgainSeconds = expireAfter + 2 * beat + 2.5;

/** A service as it was from moment to moment. */
export interface Span {
  readonly from: number;
  readonly until: number;
  /** It ran on a master that nothing was wrong with: no reason not to act. */
  readonly isServed: boolean;
}

/** Also tells of every time in which it should have been taken over and was not. */
export function servedSpans(evidence: Evidence, service: string): { spans: Span[]; problems: string[] } {
  const spans: Span[] = [];
  const problems: string[] = [];
  const limit = wholeAgainSeconds + (evidence.slackSeconds ?? 0);
  let idle = 0;
  let before: Sample | undefined;
  for (const sample of evidence.samples) {
    if (before) {
      const holder = before.holders.get(service);
      const isServed = serves(evidence, before, service, holder);
      const isExcused = !before.isSound || !before.enabled.has(service) || !someoneCould(evidence, before) || evidence.log.isSlow(holder ?? '', before.at); // prettier-ignore
      const isMoved =
        holder !== sample.holders.get(service) || evidence.log.isHitAgain(holder ?? '', before.at, sample.at);
      const isReset = isServed || isExcused || isMoved;
      const wasIdle = idle;
      idle = isReset ? 0 : idle + sample.at - before.at;
      if (wasIdle <= limit && idle > limit)
        problems.push(`nobody ran ${service} at ${time(before.at)}, held by ${holder ?? 'nobody'}, for more than ${limit} s`); // prettier-ignore
      spans.push({ from: before.at, until: sample.at, isServed });
    }
    before = sample;
  }
  return { spans, problems };
}

function serves(evidence: Evidence, sample: Sample, service: string, holder: string | undefined): boolean {
  if (holder === undefined || !sample.isSound || !sample.enabled.has(service)) return false;
  if (!isWell(evidence, holder, sample.at, settleSeconds)) return false;
  return evidence.activities.some((one) => one.service === service && one.master === holder && one.from <= sample.at && sample.at <= one.until); // prettier-ignore
}

/** Whoever has been without the database expires nobody for as long. */
function someoneCould(evidence: Evidence, { at }: Sample): boolean {
  return evidence.masters.some((master) => isWell(evidence, master, at, expireAfter + beat));
}

export function servedSeconds(spans: readonly Span[], from: number, until: number): number {
  return spans
    .filter(({ isServed }) => isServed)
    .reduce((sum, span) => sum + Math.max(0, Math.min(span.until, until) - Math.max(span.from, from)), 0);
}

export function time(at: number): string {
  return new Date(at * 1000).toISOString();
}
