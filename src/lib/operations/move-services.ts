/*
 * Where clustered services run is decided by the masters of bbctl's own themselves; what is written here is only where
 * they are to keep one. Its holder hands it over by itself, so it never runs twice and is never without a holder.
 */
import type { ClusterView, ServiceView } from '../model/cluster-view.js';
import { serviceKey } from '../model/cluster-view.js';
import { findNamed } from '../model/find.js';
import { count, printable } from '../model/names.js';
import { isLivingKin } from '../model/peers.js';
import type { Peer } from '../model/peers.js';
import { offers } from '../model/placement.js';
import { kindNames } from '../model/service.js';
import { readView } from '../db/cluster-view.js';
import { pinService, pinTables } from '../db/pins.js';
import type { Blocker, Operation, Plan, Step } from '../operation.js';

export interface MoveServicesInput {
  readonly services: readonly string[];
  /** Name or id of the master. */
  readonly to: string;
}

export interface PinStep extends Step {
  readonly kind: 'pin service';
  readonly service: Pick<ServiceView, 'kind' | 'id' | 'name'>;
  /** `null`: wherever there is room. */
  readonly master: { readonly id: number; readonly name: string } | null;
}

type PinOperation = Operation<ClusterView, PinStep>;

const common: Pick<PinOperation, 'tables' | 'read' | 'describe' | 'work'> = {
  tables: pinTables,
  read: (database) => database.read(readView),
  describe: ({ service, master }) =>
    master
      ? `keep ${kindNames[service.kind]} ${printable(service.name)} on ${printable(master.name)}`
      : `let ${kindNames[service.kind]} ${printable(service.name)} run wherever there is room`,
  work: (tx, { service, master }) => pinService(tx, service, master?.id ?? null),
};

export function moveServices(input: MoveServicesInput): PinOperation {
  return { name: 'services move', ...common, plan: (view) => planMove(view, input) };
}

export function rebalanceServices(): PinOperation {
  return { name: 'services rebalance', ...common, plan: planRebalance };
}

export function planMove(view: ClusterView, { services, to }: MoveServicesInput): Plan<PinStep> {
  const named = [...new Set(services.flatMap((name) => findNamed(view.services, name, 'service')))];
  const [master] = findNamed(view.peers, to, 'master');
  const pinned = named.filter((service) => view.pins.get(serviceKey(service)) === master?.id);
  const chosen = named.filter((service) => !pinned.includes(service));
  return {
    title: `Move ${count(chosen.length, 'service')} to ${printable(master?.name ?? to)}`,
    steps: master ? chosen.map((service) => stepOf(service, master)) : [],
    notes: pinned.map((service) => `${label(service)} is kept on ${printable(master?.name ?? to)} already.`),
    warnings: [],
    blockers: master ? [...cannotTake(view, master), ...chosen.flatMap((one) => cannotMove(view, one, master))] : [],
    secondLook: null,
  };
}

function planRebalance(view: ClusterView): Plan<PinStep> {
  const pinned = view.services.filter((service) => view.pins.has(serviceKey(service)));
  const notes = pinned.length === 0 ? ['No service is kept anywhere: the masters share them evenly by themselves.'] : [];
  const steps = pinned.map((service) => stepOf(service, null));
  return { title: `Let ${count(pinned.length, 'service')} be shared`, steps, notes, warnings: [], blockers: [], secondLook: null };
} // prettier-ignore

function stepOf({ kind, id, name }: ServiceView, master: Peer | null): PinStep {
  const to = master && { id: master.id, name: master.name };
  return { kind: 'pin service', subject: `${kind} ${id}`, service: { kind, id, name }, master: to };
}

function label({ kind, name }: ServiceView): string {
  return `${kind === 'scheduler' ? 'Scheduler' : 'Change source'} ${printable(name)}`;
}

function blocked(message: string, way: string): Blocker[] {
  return [{ message, try: way, override: null }];
}

const ofBuildbot = 'A Buildbot master takes what is free when it looks, every 5 minutes, and keeps it until it stops.';

function cannotTake(view: ClusterView, master: Peer): Blocker[] {
  const name = printable(master.name);
  if (master.run === null)
    return blocked(`${name} is no master of bbctl's own: nobody can hand a service to it. ${ofBuildbot}`, 'Stop the master that holds the service, and start it again after this one has taken it.'); // prettier-ignore
  if (isLivingKin(master, view.now)) return [];
  return blocked(`${name} does not run.`, 'Start it with "bbctl master run", or name another master: see "bbctl masters".');
} // prettier-ignore

function cannotMove(view: ClusterView, service: ServiceView, master: Peer): Blocker[] {
  if (!isLivingKin(master, view.now)) return [];
  if (!offers(master, service))
    return blocked(`${printable(master.name)} does not have ${kindNames[service.kind]} ${printable(service.name)} in its configuration.`, 'Add it to cluster.yaml, and send the master a SIGHUP.'); // prettier-ignore
  const holder = view.peers.find(({ id }) => id === service.holderId);
  if (!holder || holder.run !== null) return [];
  return blocked(`${label(service)} is held by ${printable(holder.name)}, which is no master of bbctl's own: it hands nothing over. ${ofBuildbot}`, `Stop it in order (SIGUSR1, or "buildbot stop --clean"): a master of bbctl's own takes the service 30 s later.`); // prettier-ignore
}
