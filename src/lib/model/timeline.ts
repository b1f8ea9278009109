/* Who held which service when, as one master has seen it, look by look. Pure. */
import { serviceKey } from './cluster-view.js';
import type { ClusterView, ServiceView } from './cluster-view.js';

/** Times are epoch seconds of the database's clock. */
export interface Span {
  /** Name of the master that held it; `null`: nobody did. */
  readonly holder: string | null;
  readonly from: number;
  /** When it was last seen to be so. */
  readonly to: number;
}

export interface ServiceHistory {
  readonly kind: ServiceView['kind'];
  readonly name: string;
  /** Oldest first. Where one does not begin when the last one ends, nobody looked. */
  readonly spans: readonly Span[];
}

/** By key of the service. */
export type Timeline = ReadonlyMap<string, ServiceHistory>;

export interface Limits {
  /** What ended longer ago is forgotten. */
  readonly keepSeconds: number;
  /** Two looks further apart than this say nothing of the time between them. */
  readonly gapSeconds: number;
  /** Of one service; the oldest go. */
  readonly mostSpans: number;
}

/** What is known after one more look. */
export function observed(timeline: Timeline, view: ClusterView, limits: Limits): Timeline {
  const names = new Map(view.peers.map(({ id, name }) => [id, name]));
  const nameOf = (id: number | null): string | null => (id === null ? null : (names.get(id) ?? `master ${id} (gone)`));
  const next = new Map([...timeline].map(([key, history]) => [key, kept(history, view.now, limits)]));
  for (const service of view.services) {
    const key = serviceKey(service);
    const spans = next.get(key)?.spans ?? [];
    next.set(key, historyOf(service, extended(spans, nameOf(service.holderId), view.now, limits)));
  }
  return new Map([...next].filter(([, { spans }]) => spans.length > 0));
}

function historyOf({ kind, name }: ServiceView, spans: readonly Span[]): ServiceHistory {
  return { kind, name, spans };
}

function extended(spans: readonly Span[], holder: string | null, now: number, limits: Limits): readonly Span[] {
  const last = spans.at(-1);
  const isSeen = last !== undefined && now - last.to <= limits.gapSeconds;
  // Also a clock that was set back: time goes on from where it is.
  if (isSeen && last.holder === holder) return [...spans.slice(0, -1), { ...last, to: Math.max(last.to, now) }];
  const before = isSeen ? [...spans.slice(0, -1), { ...last, to: Math.max(last.to, now) }] : spans;
  return [...before, { holder, from: now, to: now }].slice(-limits.mostSpans);
}

function kept(history: ServiceHistory, now: number, { keepSeconds }: Limits): ServiceHistory {
  const spans = history.spans.filter(({ to }) => now - to <= keepSeconds);
  return spans.length === history.spans.length ? history : { ...history, spans };
}

/** A service that came to another holder. */
export interface Handover {
  readonly at: number;
  readonly kind: ServiceView['kind'];
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** Newest first. */
export function handovers(timeline: Timeline): Handover[] {
  return [...timeline.values()]
    .flatMap(
      ({ kind, name, spans }) =>
      spans.slice(1).map((span, index) => ({ at: span.from, kind, name, from: spans[index]?.holder ?? null, to: span.holder })), // prettier-ignore
    )
    .filter(({ from, to }) => from !== to)
    .sort((a, b) => b.at - a.at);
}
