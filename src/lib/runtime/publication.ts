import { register, registrationTables } from '../db/registrations.js';
import type { ClusterView } from '../model/cluster-view.js';
import { noOffer } from '../model/run.js';
import type { Offer } from '../model/run.js';
import type { Work } from './master.js';
import type { Membership } from './membership.js';
import type { ClusteredService } from './service.js';
import type { Store } from './store.js';
import type { WakeUps } from './wake-ups.js';

/** What is to be known of a master. */
export interface Facts {
  readonly work: Work;
  readonly isDraining: boolean;
  /** `host:port` of its REST API. */
  readonly listen: string | null;
}

export interface PublicationGround {
  readonly membership: Membership;
  readonly store: Store;
  readonly wakeUps: WakeUps;
  /** As they are now. */
  readonly facts: () => Facts;
}

/** What the cluster knows of a master: what it would run, what it configures, and whether it drains. */
export class Publication {
  private readonly ground: PublicationGround;
  /** `null`: nothing for certain. */
  private published: Facts | null = null;

  constructor(ground: PublicationGround) {
    this.ground = ground;
  }

  /** Nobody may give anything to one that is about to leave. */
  get offer(): Offer {
    const { isDraining, work } = this.ground.facts();
    return isDraining ? noOffer : offerOf(work);
  }

  get isCurrent(): boolean {
    const { work, isDraining } = this.ground.facts();
    return this.published?.work === work && this.published.isDraining === isDraining;
  }

  /** In another life nothing of it is there. */
  forget(): void {
    this.published = null;
  }

  /** What was given up for lost may have been written all the same, after what was to take its place. */
  verify({ peers }: ClusterView): void {
    const self = peers.find(({ id }) => id === this.ground.membership.trusted?.id);
    if (self && JSON.stringify(self.offer) !== JSON.stringify(this.offer)) this.forget();
  }

  async renew(): Promise<void> {
    const { membership, store, wakeUps } = this.ground;
    const me = membership.trusted;
    // Fenced: it is tried anew at the next look.
    if (!me) return;
    const facts = this.ground.facts();
    const { work, isDraining, listen } = facts;
    await membership.publish(this.offer, { state: isDraining ? 'draining' : 'active', listen });
    await store.write(registrationTables, (tx) => register(tx, me, work.registration));
    this.published = facts;
    // Its builders are known to the cluster now.
    wakeUps.announce(['requests']);
  }
}

function offerOf({ services }: Work): Offer {
  const names = (kind: ClusteredService['kind']): string[] => services.filter((one) => one.kind === kind).map(({ name }) => name); // prettier-ignore
  return { schedulers: names('scheduler'), changeSources: names('changesource') };
}
