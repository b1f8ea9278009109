/*
 * What makes a write of a master its own: the master's row, its run and the claim are locked and looked at in the
 * transaction that writes. Whoever declares a master dead, or takes its service, locks the same rows first, so a master
 * that slept through its own expiry finds it out before it writes. The order is the same everywhere: row, run, claim.
 */
import { asRun, runOfRow } from '../model/run.js';
import type { Run } from '../model/run.js';
import type { ServiceKind } from '../model/service.js';
import type { Transaction } from './connect.js';
import { readState, stateTables } from './object-state.js';
import { runKey } from './published.js';

/** A run of a master. */
export interface Me {
  /** `masters.id` */
  readonly id: number;
  readonly incarnation: string;
  /** `objects.id` of what it publishes. */
  readonly objectId: number;
}

/** This run is a member of the cluster no more. */
export class NotMember extends Error {
  override name = 'NotMember';
  readonly why: 'declared dead' | 'another run';

  constructor(why: NotMember['why']) {
    super(why === 'declared dead' ? 'it was declared dead' : 'another process runs under its name');
    this.why = why;
  }
}

/** The service is held by another master, or this one was declared dead. */
export class NotHolder extends Error {
  override name = 'NotHolder';
}

export const membershipTables: readonly string[] = ['masters', ...stateTables];

/** Nobody can declare this run dead before the transaction ends; throws `NotMember` where somebody has. */
export async function holdMembership(tx: Transaction, me: Me): Promise<Run> {
  const row = await tx.dialect
    .locking(tx.sql('masters').where('id', me.id))
    .first<{ active: number; last_active: number } | undefined>('active', 'last_active');
  const run = asRun(await readState(tx, me.objectId, runKey));
  if (run?.incarnation !== me.incarnation) throw new NotMember('another run');
  if (!row?.active) throw new NotMember('declared dead');
  if (!runOfRow(run, Number(row.last_active))) throw new NotMember('another run');
  return run;
}

/** Nobody can take the service before the transaction ends; throws `NotHolder` where it is not this master's. */
export async function holdClaim(tx: Transaction, kind: ServiceKind, id: number, masterId: number): Promise<void> {
  const row = await tx.dialect
    .locking(tx.sql(`${kind}_masters`).where(`${kind}id`, id))
    .first<{ masterid: number } | undefined>('masterid');
  if (row?.masterid !== masterId) throw new NotHolder(`${kind} ${id} is not held by master ${masterId}`);
}
