import type { ServiceKind } from '../model/service.js';
import type { Transaction } from './connect.js';
import { isHeard } from '../model/peers.js';
import type { Peer } from '../model/peers.js';
import { nameHash } from './builders.js';
import { holdMembership, membershipTables, NotMember } from './fence.js';
import type { Me } from './fence.js';
import { findOrAddObject } from './object-state.js';
import { masterClass } from './published.js';

export const claimTables: readonly string[] = [...membershipTables, 'scheduler_masters', 'changesource_masters'];

export interface ServiceId {
  readonly kind: ServiceKind;
  readonly id: number;
}

/** Claims what is free of these; the primary key is the arbiter. */
export async function claimServices(tx: Transaction, me: Me, services: readonly ServiceId[]): Promise<void> {
  await holdMembership(tx, me);
  for (const [kind, ids] of byKind(services)) {
    const rows = ids.map((id) => ({ [`${kind}id`]: id, masterid: me.id }));
    await tx
      .sql(`${kind}_masters`)
      .insert(rows)
      .onConflict([`${kind}id`])
      .ignore();
  }
}

export async function releaseServices(tx: Transaction, me: Me, services: readonly ServiceId[]): Promise<void> {
  // A later run under the same name has the same id.
  await holdMembership(tx, me);
  for (const [kind, ids] of byKind(services))
    await tx.sql(`${kind}_masters`).whereIn(`${kind}id`, ids).where('masterid', me.id).delete();
}

/**
 * Hands services over: what this master still holds is the other's from the moment of the commit, so that nobody else
 * can come between. Returns whether the other one was there to take them.
 */
export async function giveServices(
  tx: Transaction,
  me: Me,
  to: Peer,
  services: readonly ServiceId[],
): Promise<boolean> {
  // In the order of ids, whoever gives: two that give to each other must not wait for each other.
  await tx.dialect.locking(tx.sql('masters').whereIn('id', [me.id, to.id]).orderBy('id')).select('id');
  await holdMembership(tx, me);
  if (!(await isThere(tx, to))) return false;
  for (const [kind, ids] of byKind(services))
    await tx.sql(`${kind}_masters`).whereIn(`${kind}id`, ids).where('masterid', me.id).update({ masterid: to.id });
  return true;
}

/** Whoever was looked at long ago may be dead by now, though nobody has declared it so yet. */
async function isThere(tx: Transaction, { id, name, run }: Peer): Promise<boolean> {
  const objectId = await findOrAddObject(tx, nameHash(name), masterClass);
  try {
    const current = await holdMembership(tx, { id, incarnation: run?.incarnation ?? '', objectId });
    return isHeard({ run: current, lastActive: current.beat }, await tx.dialect.now(tx.sql));
  } catch (error) {
    if (error instanceof NotMember) return false;
    throw error;
  }
}

function byKind(services: readonly ServiceId[]): [ServiceKind, number[]][] {
  return (['scheduler', 'changesource'] as const)
    .map((kind): [ServiceKind, number[]] => [kind, services.filter((one) => one.kind === kind).map((one) => one.id)])
    .filter(([, ids]) => ids.length > 0);
}
