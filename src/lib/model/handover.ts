/* Who holds some services, from one look to the next: where they went, and for how long nobody had them. Pure. */
import type { ServiceKind } from './service.js';

/** Who holds which service at a moment: `scheduler 3` → `masters.id`. */
export interface Holders {
  /** Epoch seconds, by the database's clock. */
  readonly at: number;
  readonly ids: ReadonlyMap<string, number>;
}

/** Seconds, as far as looks from time to time can tell. */
export interface Span {
  readonly atLeast: number;
  readonly atMost: number;
}

/** A service that a master held which leaves. */
export interface HandedService {
  readonly kind: ServiceKind;
  readonly id: number;
  readonly name: string;
  /** `masters.id` */
  readonly from: number;
  /** The last look at it. `null`: none yet. */
  readonly seen: { readonly at: number; readonly holderId: number | null } | null;
  /** All gaps together. */
  readonly unheld: Span;
  /** Another that has been seen to hold it; `masters.id`. */
  readonly takenBy: number | null;
}

export function handedService(service: Pick<HandedService, 'kind' | 'id' | 'name' | 'from'>): HandedService {
  return { ...service, seen: null, unheld: { atLeast: 0, atMost: 0 }, takenBy: null };
}

export function serviceKey({ kind, id }: Pick<HandedService, 'kind' | 'id'>): string {
  return `${kind} ${id}`;
}

/** What happened between two looks may have taken all of the time, or none of it. */
export function seeHolder(service: HandedService, { at, ids }: Holders): HandedService {
  const holderId = ids.get(serviceKey(service)) ?? null;
  const { seen, unheld } = service;
  const takenBy = holderId !== null && holderId !== service.from ? holderId : service.takenBy;
  if (seen === null) return { ...service, seen: { at, holderId }, takenBy };
  const between = Math.max(0, at - seen.at);
  const isSure = seen.holderId === null && holderId === null;
  const isHeld = seen.holderId !== null && seen.holderId === holderId;
  const gap = { atLeast: isSure ? between : 0, atMost: isHeld ? 0 : between };
  const sum = { atLeast: unheld.atLeast + gap.atLeast, atMost: unheld.atMost + gap.atMost };
  return { ...service, seen: { at, holderId }, unheld: sum, takenBy };
}
