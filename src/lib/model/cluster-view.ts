import type { Peer } from './peers.js';
import type { ServiceKind } from './service.js';

/** A clustered service, as a master that runs looks at it. */
export interface ServiceView {
  readonly kind: ServiceKind;
  readonly id: number;
  readonly name: string;
  readonly enabled: boolean;
  /** `masters.id` of the claim. */
  readonly holderId: number | null;
}

/** What a master knows of the others. */
export interface ClusterView {
  /** The database's clock, epoch seconds. */
  readonly now: number;
  readonly peers: readonly Peer[];
  readonly services: readonly ServiceView[];
  /** `scheduler 12` → `masters.id` of the master that it was moved to and is to stay on. */
  readonly pins: ReadonlyMap<string, number>;
}

/** `scheduler 12`: what a service is called where ids of both kinds meet. */
export function serviceKey({ kind, id }: Pick<ServiceView, 'kind' | 'id'>): string {
  return `${kind} ${id}`;
}
