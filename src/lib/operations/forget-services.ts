/*
 * Forgets schedulers and change sources that nobody runs any more, with the state that Buildbot kept for them. A master
 * that configures a service remembers the id of its row, and would try to claim it for ever: every living master is
 * given the time in which it would take the service, if it had it.
 */
import { masterOf } from '../model/cluster.js';
import type { Cluster } from '../model/cluster.js';
import { namedOnce } from '../model/find.js';
import { serviceCertainty } from '../model/inventory.js';
import type { Inventory } from '../model/inventory.js';
import { isLiving } from '../model/master.js';
import type { Master } from '../model/master.js';
import { count, printable, shellArgument } from '../model/names.js';
import { offers } from '../model/placement.js';
import { kindNames, runsAnywhere } from '../model/service.js';
import type { Service } from '../model/service.js';
import type { Database } from '../db/connect.js';
import { readBelongings } from '../db/service-objects.js';
import type { ServiceBelongings } from '../db/service-objects.js';
import { forgetService } from '../db/services.js';
import type { SeenService } from '../db/services.js';
import { snapshot } from '../db/snapshot.js';
import type { Blocker, Operation, Plan, Step } from '../operation.js';
import { leftoverBlockers, typedFor } from './leftovers.js';
import type { Leftover } from './leftovers.js';

export interface ForgetServicesInput {
  readonly services: readonly string[];
  readonly expireAfter: number;
  readonly inventory: Inventory | null;
  readonly force: boolean;
}

export interface ForgetServiceStep extends Step {
  readonly kind: 'forget service';
  readonly service: SeenService;
  readonly changes: number;
}

export interface ServicesWorld {
  readonly cluster: Cluster;
  readonly named: readonly { readonly service: Service; readonly has: ServiceBelongings }[];
}

/** A living Buildbot master tries to claim what it configures every 300 s. */
const pollSeconds = 310;

export function forgetServices(input: ForgetServicesInput): Operation<ServicesWorld, ForgetServiceStep> {
  const find = namedOnce<Service>(input.services, 'service', ({ kind, id }) => `${kind} ${id}`);
  return {
    name: 'services forget',
    tables: [
      'schedulers',
      'scheduler_masters',
      'scheduler_changes',
      'changesources',
      'changesource_masters',
      'objects',
      'object_state',
    ],
    read: (database) => read(database, input.expireAfter, find),
    plan: (world, earlier) => planForget(world, input, earlier),
    describe,
    work: (tx, step) => forgetService(tx, step.service),
  };
}

function read(
  database: Database,
  expireAfter: number,
  find: (services: readonly Service[]) => Service[],
): Promise<ServicesWorld> {
  return database.read(async (tx) => {
    const cluster = await snapshot(tx, database.location.label, { expireAfter });
    const named: ServicesWorld['named'][number][] = [];
    for (const service of find(cluster.services)) named.push({ service, has: await readBelongings(tx, service) });
    return { cluster, named };
  });
}

function describe({ service, changes }: ForgetServiceStep): string {
  const state = service.objects.length > 0 ? ', and the state it kept' : '';
  const waiting = changes > 0 ? `, ${count(changes, 'change')} that it has not built` : '';
  return `forget ${kindNames[service.kind]} ${printable(service.name)}${waiting}${state}`;
}

export function planForget(
  world: ServicesWorld,
  input: ForgetServicesInput,
  earlier?: ServicesWorld,
): Plan<ForgetServiceStep> {
  const { cluster, named } = world;
  const things = named.map(({ service }) => leftoverOf(service, cluster));
  const certainties = named.map(({ service }) => serviceCertainty(input.inventory, service));
  const file = input.inventory?.file ?? null;
  const typed = typedFor(things, certainties);
  return {
    title: `Forget ${count(named.length, 'service')}`,
    steps: named.map(({ service, has }) => stepFor(service, has, cluster)),
    notes: named.filter(({ has }) => has.isAmbiguous).map(({ service }) => sharedName(service)),
    warnings: named.flatMap(({ service }) => anywhere(service)),
    blockers: named.flatMap(({ service }, index) => [
      ...goneHolder(service, cluster),
      ...offered(service, cluster),
      ...leftoverBlockers(things[index] as Leftover, { ...input, cluster, certainty: certainties[index] ?? null, file }),
    ]), // prettier-ignore
    secondLook: earlier || named.length === 0 ? null : secondLook(cluster),
    ...(typed === undefined ? {} : { typed }),
  };
}

function leftoverOf({ kind, name, holderId }: Service, cluster: Cluster): Leftover {
  return {
    noun: kindNames[kind],
    name,
    masterIds: holderId === null ? [] : [holderId],
    // Such a master may run what others have taken from it since, or have given up.
    usedBy: cluster.masters.filter(({ state }) => state === 'zombie' || state === 'silent').map(({ id }) => id),
  };
}

function stepFor({ kind, id, name }: Service, has: ServiceBelongings, cluster: Cluster): ForgetServiceStep {
  const keepsObjects = cluster.masters.some(mayRun);
  return {
    kind: 'forget service',
    subject: `${kind} ${id}`,
    service: { kind, id, name, objects: has.objects, keepsObjects },
    changes: has.changes,
  };
}

/** Not known to have ended: it may remember what it has read. */
function mayRun({ state }: Master): boolean {
  return state !== 'stopped' && state !== 'dead';
}

function sharedName({ kind, name }: Service): string {
  return `Something else is called ${printable(name)}, too: of the state in "objects", only what is certainly of the ${kindNames[kind]} goes.`;
}

function anywhere(service: Service): string[] {
  if (!runsAnywhere(service)) return [];
  return [
    `${printable(service.name)} is of a kind that works on every master that configures it, whoever holds it: that nobody does says little.`,
  ];
}

function goneHolder(service: Service, cluster: Cluster): Blocker[] {
  if (service.holderId === null || masterOf(cluster, service.holderId)) return [];
  return [
    {
      message: `${printable(service.name)} is claimed by master ${service.holderId}, which has no row.`,
      try: `Release it first: "bbctl services release ${shellArgument(service.name)}".`,
      override: null,
    },
  ];
}

/** A master of bbctl's own says what it would run. */
function offered(service: Service, { masters }: Cluster): Blocker[] {
  const offering = masters.filter((master) => master.active && master.run && offers(master, service));
  return offering.map(({ name, state }) => ({
    message: `${sentence(kindNames[service.kind])} ${printable(service.name)} is in the configuration of ${printable(name)}, which is ${state}.`,
    try: `Take it out of cluster.yaml, and send ${printable(name)} a SIGHUP.`,
    override: null,
  }));
}

function sentence(words: string): string {
  return `${words[0]?.toUpperCase()}${words.slice(1)}`;
}

/** Masters of bbctl's own say at once what they would take. */
function secondLook(cluster: Cluster): Plan<Step>['secondLook'] {
  if (!cluster.masters.some((master) => isLiving(master) && !master.run)) return null;
  return {
    afterSeconds: pollSeconds,
    why: 'to see whether a living Buildbot master takes it: each tries every 5 minutes',
  };
}
