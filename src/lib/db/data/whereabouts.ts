import type { Transaction } from '../connect.js';
import { listenKey, masterClass } from '../published.js';
import { parsed } from './parts.js';

/** Where a master can be asked. */
export interface Whereabouts {
  readonly id: number;
  readonly name: string;
  /** `host:port` of its HTTP; `null`: it has told none. */
  readonly listen: string | null;
}

export async function readWhereabouts(tx: Transaction, masterId: number): Promise<Whereabouts | null> {
  const row = await tx
    .sql('masters')
    .where('masters.id', masterId)
    .first<{ name: string; name_hash: string } | undefined>('name', 'name_hash');
  if (!row) return null;
  const told = await tx
    .sql('objects')
    .join('object_state', 'object_state.objectid', 'objects.id')
    .where({ 'objects.name': row.name_hash, 'objects.class_name': masterClass, 'object_state.name': listenKey })
    .first<{ value_json: string } | undefined>('object_state.value_json');
  const listen = parsed(told?.value_json ?? null);
  return { id: masterId, name: row.name, listen: typeof listen === 'string' ? listen : null };
}
