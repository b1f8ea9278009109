import type { Service } from '../model/service.js';
import type { Transaction } from './connect.js';
import { serviceKindOf } from './service-lists.js';

/** What Buildbot keeps in `objects` for a service, and how much has come since it last looked. */
export interface ServiceBelongings {
  /** `objects.id` of the rows that are certainly the service's; their state goes with it. */
  readonly objects: readonly number[];
  /** Another thing has the same name: what of `objects` is whose cannot be told, and all of it stays. */
  readonly isAmbiguous: boolean;
  /** Changes that a scheduler has classified and not built yet. */
  readonly changes: number;
}

type Raw = Record<string, unknown>;

/**
 * Every service, worker and reporter is registered under its full class name; state lives under the short one, too. A
 * name that stands for one thing only is that service's, and so is what comes of Buildbot's own modules for its kind.
 */
export async function readBelongings(
  tx: Transaction,
  service: Pick<Service, 'kind' | 'id' | 'name'>,
): Promise<ServiceBelongings> {
  const rows = await tx.sql('objects').where('name', service.name).orderBy('id').select<Raw[]>('id', 'class_name');
  const registered = rows.map((row) => String(row['class_name'])).filter((name) => name.includes('.'));
  const own = registered.filter((name) => serviceKindOf(name) === service.kind);
  const certain = registered.length === own.length ? own : own.filter((name) => modules[service.kind].test(name));
  const others = new Set(registered.filter((name) => !certain.includes(name)).map(shortName));
  const wanted = new Set([...certain, ...certain.map(shortName).filter((name) => !others.has(name))]);
  const objects = rows.filter((row) => wanted.has(String(row['class_name'])));
  return {
    objects: objects.map((row) => Number(row['id'])),
    isAmbiguous: objects.length < rows.length,
    changes: service.kind === 'scheduler' ? await countChanges(tx, service.id) : 0,
  };
}

/** Where Buildbot's own classes are. */
const modules = { scheduler: /^buildbot\.schedulers\./, changesource: /^buildbot\.changes\./ };

function shortName(className: string): string {
  return className.split('.').at(-1) ?? '';
}

async function countChanges(tx: Transaction, schedulerId: number): Promise<number> {
  const row = await tx.sql('scheduler_changes').where('schedulerid', schedulerId).count({ rows: '*' }).first<Raw>();
  return Number(row['rows']);
}
