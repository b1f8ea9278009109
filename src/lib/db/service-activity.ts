import type { ServiceKind } from '../model/service.js';
import type { Transaction } from './connect.js';

interface ServiceActivity {
  /** What Buildbot keeps for the service: a poller's last revisions, a scheduler's last build. */
  readonly objectState: Readonly<Record<string, unknown>>;
  /** Epoch seconds; `null`: not known. */
  readonly lastActivity: number | null;
}

/** State lives under the short class name: `('nightly', 'Nightly')`. */
export async function readServiceActivity(
  tx: Transaction,
  service: { readonly kind: ServiceKind; readonly name: string; readonly className: string | null },
): Promise<ServiceActivity> {
  const classes = service.className === null ? [] : [service.className, service.className.split('.').at(-1) ?? ''];
  const rows = await tx
    .sql('object_state as s')
    .join('objects as o', 'o.id', 's.objectid')
    .where('o.name', service.name)
    .whereIn('o.class_name', classes)
    .orderBy('s.name')
    .select<{ name: string; value_json: string }[]>('s.name', 's.value_json');
  const objectState = Object.fromEntries(rows.map((row) => [row.name, parsed(row.value_json)]));
  return { objectState, lastActivity: lastBuild(objectState) ?? (await newestChange(tx, service)) };
}

/** Buildbot writes JSON there; what is not is shown as it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function lastBuild(objectState: Readonly<Record<string, unknown>>): number | null {
  return typeof objectState['last_build'] === 'number' ? objectState['last_build'] : null;
}

/** How far back changes are searched: `changes.repository` has no index. */
const newestChanges = 1000;

/** A change source is named after its repository, unless the configuration says otherwise. */
async function newestChange(
  tx: Transaction,
  { kind, name }: { kind: ServiceKind; name: string },
): Promise<number | null> {
  if (kind !== 'changesource') return null;
  const newest = await tx.sql('changes').max({ id: 'changeid' }).first<{ id: number | null }>();
  const row = await tx
    .sql('changes')
    .where('changeid', '>', (newest.id ?? 0) - newestChanges)
    .where('repository', name)
    .max({ time: 'when_timestamp' })
    .first<{ time: number | null }>();
  return row.time;
}
