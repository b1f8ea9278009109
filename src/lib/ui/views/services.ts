import { serviceKey } from '../../model/cluster-view.js';
import { masterName, masterOf, stuckServices } from '../../model/cluster.js';
import type { Cluster } from '../../model/cluster.js';
import { serviceCertainty } from '../../model/inventory.js';
import type { Inventory } from '../../model/inventory.js';
import { printable } from '../../model/names.js';
import { runsAnywhere } from '../../model/service.js';
import type { Service, ServiceKind } from '../../model/service.js';
import { ago, text, timestamp } from '../format.js';
import { withColumn } from '../list.js';
import type { Column } from '../list.js';
import { colour } from '../terminal.js';
import { renderFields } from './masters.js';

/** A scheduler or change source as `--json` prints it. */
export interface ServiceRow {
  readonly id: number;
  readonly kind: ServiceKind;
  readonly name: string;
  readonly className: string | null;
  readonly enabled: boolean | null;
  readonly holder: string | null;
  readonly holderId: number | null;
  readonly holderState: string | null;
  /** The master of bbctl's own that it was moved to; `null`: it runs wherever there is room. */
  readonly keptOn: string | null;
  /**
   * `stuck`: its holder is dead or gone; `anywhere`: it needs no holder; `unclaimed`: nobody runs it; `left over`: nor
   * is it meant to be, by a complete inventory.
   */
  readonly state: 'held' | 'stuck' | 'unclaimed' | 'left over' | 'anywhere' | 'disabled';
}

export function serviceRows(cluster: Cluster, inventory: Inventory | null = null): ServiceRow[] {
  const stuck = new Set(stuckServices(cluster));
  return cluster.services.map((service) => {
    const { id, kind, name, className, enabled, holderId } = service;
    const holder = holderId === null ? null : masterName(cluster, holderId);
    const holderState = holderId === null ? null : (masterOf(cluster, holderId)?.state ?? 'gone');
    const pin = cluster.pins.get(serviceKey(service));
    return {
      id,
      kind,
      name,
      className,
      enabled,
      holder,
      holderId,
      holderState,
      keptOn: pin === undefined ? null : masterName(cluster, pin),
      state: stateOf(service, stuck, inventory),
    };
  });
}

function stateOf(service: Service, stuck: ReadonlySet<Service>, inventory: Inventory | null): ServiceRow['state'] {
  if (stuck.has(service)) return 'stuck';
  if (service.holderId !== null) return 'held';
  if (serviceCertainty(inventory, service) === 'certain') return 'left over';
  if (service.enabled === false) return 'disabled';
  return runsAnywhere(service) ? 'anywhere' : 'unclaimed';
}

const paints: Record<string, (word: string) => string> = {
  stuck: colour.red,
  unclaimed: colour.yellow,
  'left over': colour.yellow,
  disabled: colour.dim,
};

/** Where services are kept is told where one is kept anywhere. */
export function serviceColumnsFor(rows: readonly ServiceRow[]): Column<ServiceRow>[] {
  return withColumn(serviceColumns, 'keptOn', rows);
}

const serviceColumns: readonly Column<ServiceRow>[] = [
  { name: 'id', hidden: true, align: 'right' },
  { name: 'kind' },
  { name: 'name' },
  { name: 'state', colour: (word) => (paints[word.trim()] ?? String)(word) },
  { name: 'enabled' },
  { name: 'holder' },
  { name: 'holderState' },
  { name: 'keptOn', hidden: true },
  { name: 'className', hidden: true },
  { name: 'holderId', hidden: true },
];

export interface ServiceDetails extends ServiceRow {
  /** What Buildbot keeps for it in `object_state`. */
  readonly objectState: Readonly<Record<string, unknown>>;
  /** Epoch seconds of the newest build it is known to have asked for, or change it has found. */
  readonly lastActivity: number | null;
}

export function renderService(details: ServiceDetails, now: number): string {
  const holder =
    details.holder === null
      ? '- (Buildbot does not keep who held it before)'
      : `${printable(details.holder)}, ${details.holderState} (since when is not kept by Buildbot)`;
  return renderFields(printable(details.name), [
    ['Kind', details.kind],
    ['Id', String(details.id)],
    ['Class', text(details.className)],
    ['State', details.state],
    ['Enabled', text(details.enabled)],
    ['Holder', holder],
    ...(details.keptOn === null ? [] : [['Kept on', printable(details.keptOn)] as const]),
    [
      'Last activity',
      details.lastActivity === null
        ? 'not known'
        : `${timestamp(details.lastActivity)}, ${ago(now - details.lastActivity)}`,
    ],
    ...Object.entries(details.objectState).map(([name, value]) => [printable(name), text(value)] as const),
  ]);
}
