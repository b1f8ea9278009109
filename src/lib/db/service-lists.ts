import type { Service, ServiceKind } from '../model/service.js';
import type { Transaction } from './connect.js';

type Raw = Record<string, unknown>;

/** Every scheduler and change source, with the claim that it has. */
export async function readServices(tx: Transaction): Promise<Service[]> {
  const classes = await classNames(tx);
  const of = async (kind: ServiceKind, columns: string[]): Promise<Service[]> => {
    const rows = await tx
      .sql(`${kind}s as s`)
      .leftJoin(`${kind}_masters as m`, `m.${kind}id`, 's.id')
      .orderBy('s.id')
      .select<Raw[]>('s.id', 's.name', 'm.masterid', ...columns);
    return rows.map((row) => ({
      kind,
      id: Number(row['id']),
      name: String(row['name']),
      className: classes.get(`${kind} ${String(row['name'])}`) ?? null,
      // A column that is there and NULL means off to Buildbot.
      enabled: row['enabled'] === undefined ? null : Number(row['enabled']) !== 0,
      holderId: row['masterid'] === null ? null : Number(row['masterid']),
    }));
  };
  const enabled = tx.schema.has('schedulers', 'enabled') ? ['s.enabled'] : [];
  return [...(await of('scheduler', enabled)), ...(await of('changesource', []))];
}

/** Buildbot registers every service under its full class name as soon as it is configured. */
async function classNames(tx: Transaction): Promise<Map<string, string>> {
  const rows = await tx
    .sql('objects')
    .where('class_name', 'like', '%.%')
    .orderBy('id')
    .select<Raw[]>('name', 'class_name');
  return new Map(
    rows.map((row) => [
      `${serviceKindOf(String(row['class_name']))} ${String(row['name'])}`,
      String(row['class_name']),
    ]),
  );
}

/** As far as the name of a class tells; `null`: a worker. */
export function serviceKindOf(className: string): ServiceKind | null {
  if (/(^|\.)workers?\./.test(className)) return null;
  return /changes|poll|source/i.test(className) ? 'changesource' : 'scheduler';
}
