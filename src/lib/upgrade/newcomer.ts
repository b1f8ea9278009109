import type { Controlled } from '../control/master-control.js';
import type { MasterKind } from '../model/inventory.js';
import type { Master } from '../model/master.js';

/** A master that an upgrade starts; the database may know nothing of it yet. */
export interface Newcomer {
  /** As it will stand in the `masters` table. */
  readonly name: string;
  /** Its key in `cluster.yaml`. */
  readonly key: string;
  readonly kind: MasterKind;
  /** Its id is 0 as long as it has no row. */
  readonly controlled: Controlled;
  /** Its row; `null`: it never ran. */
  readonly master: Master | null;
  /** What it will configure; `null`: nobody can say, as of a Buildbot master whose master.cfg is not loaded. */
  readonly configuration: Configuration | null;
  /** Of Buildbot, or that bbctl's own masters write for: `3.7.0`, `4.3`; `null`: not known. */
  readonly version: string | null;
  /** Of the schema that it starts on, where its Buildbot has told; else its version tells. */
  readonly revision?: number;
}

/** Names. */
export interface Configuration {
  /** With the workers that it would build on; of bbctl's own these are local, and there as soon as it runs. */
  readonly builders: ReadonlyMap<string, readonly string[]>;
  readonly workers: ReadonlySet<string>;
  readonly schedulers: ReadonlySet<string>;
  readonly changeSources: ReadonlySet<string>;
}
