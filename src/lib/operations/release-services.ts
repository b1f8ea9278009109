/*
 * Releases the claims of services that nobody runs. Never one whose holder may be running: a Buildbot master that is
 * active never looks at its claim again, so both would run the service, and the first to stop would delete the
 * other's claim.
 */
import { masterName, masterOf } from '../model/cluster.js';
import type { Cluster } from '../model/cluster.js';
import { findNamed } from '../model/find.js';
import { isUnchanged, secondLookAtStartSeconds } from '../model/master.js';
import type { Master } from '../model/master.js';
import { count, printable, shellArgument } from '../model/names.js';
import { isServiceStuck, kindNames } from '../model/service.js';
import type { Service, ServiceKind } from '../model/service.js';
import { seen, seenGone } from '../db/masters.js';
import type { SeenMaster } from '../db/masters.js';
import { releaseService } from '../db/services.js';
import { readCluster } from '../db/snapshot.js';
import type { Blocker, Operation, Plan, SecondLook, Step } from '../operation.js';
import { adviseServices } from './advice.js';

export interface ReleaseServicesInput {
  readonly services: readonly string[];
  readonly expireAfter: number;
}

export interface ReleaseServiceStep extends Step {
  readonly kind: 'release service';
  readonly service: { readonly kind: ServiceKind; readonly id: number; readonly name: string };
  readonly holder: SeenMaster;
}

export function releaseServices(input: ReleaseServicesInput): Operation<Cluster, ReleaseServiceStep> {
  return {
    name: 'services release',
    tables: ['masters', 'scheduler_masters', 'changesource_masters', 'builder_masters'],
    read: (database) => readCluster(database, { expireAfter: input.expireAfter }),
    plan: (cluster, earlier) => planRelease(cluster, input, earlier),
    describe: (step) =>
      `release ${step.service.kind} ${printable(step.service.name)} from ${printable(step.holder.name)}`,
    work: (tx, step) => releaseService(tx, step.service.kind, step.service.id, step.holder),
    advise: (cluster) => adviseServices(cluster),
  };
}

interface Judgement {
  readonly service: Service;
  readonly holder?: SeenMaster;
  readonly note?: string;
  readonly blocker?: Blocker;
  readonly look?: SecondLook;
}

export function planRelease(
  cluster: Cluster,
  input: ReleaseServicesInput,
  earlier?: Cluster,
): Plan<ReleaseServiceStep> {
  const named = [...new Set(input.services.flatMap((name) => findNamed(cluster.services, name, 'service')))];
  const judged = named.length > 0 ? named.map((service) => judge(service, cluster, earlier)) : stuckOnes(cluster);
  const steps = judged.flatMap(({ service, holder }): ReleaseServiceStep[] =>
    holder
      ? [
          {
            kind: 'release service',
            subject: `${service.kind} ${service.id}`,
            service: { kind: service.kind, id: service.id, name: service.name },
            holder,
          },
        ]
      : [],
  );
  return {
    title: `Release ${count(steps.length, 'service claim')}`,
    steps,
    notes: judged.flatMap((one) => one.note ?? []),
    warnings: [],
    blockers: judged.flatMap((one) => one.blocker ?? []),
    secondLook: judged.find((one) => one.look)?.look ?? null,
  };
}

function stuckOnes(cluster: Cluster): Judgement[] {
  return cluster.services.flatMap((service): Judgement[] => {
    const holder = masterOf(cluster, service.holderId);
    if (isServiceStuck(service, holder)) return [{ service, holder: holderSeen(service, holder) }];
    if (holder === undefined || holder.active) return [];
    return [
      {
        service,
        note: `${label(service)} is left alone: ${printable(holder.name)} is inactive and may be starting. Name the service to look twice.`,
      },
    ];
  });
}

function holderSeen(service: Service, holder: Master | undefined): SeenMaster {
  return holder ? seen(holder) : seenGone(service.holderId ?? 0);
}

function label(service: Service): string {
  const word = kindNames[service.kind];
  return `${word[0]?.toUpperCase()}${word.slice(1)} ${printable(service.name)}`;
}

function judge(service: Service, cluster: Cluster, earlier: Cluster | undefined): Judgement {
  if (service.holderId === null) return { service, note: `${label(service)} is not claimed by any master.` };
  const holder = masterOf(cluster, service.holderId);
  if (isServiceStuck(service, holder)) return { service, holder: holderSeen(service, holder) };
  if (holder === undefined || holder.active) return { service, blocker: running(service, cluster, holder) };
  if (!earlier) {
    return {
      service,
      holder: seen(holder),
      look: { afterSeconds: secondLookAtStartSeconds, why: `to see whether ${printable(holder.name)} is starting` },
    };
  }
  if (isUnchanged(masterOf(earlier, holder.id), holder)) return { service, holder: seen(holder) };
  return {
    service,
    blocker: {
      message: `${printable(holder.name)} has changed between two looks: it is starting or stopping.`,
      try: 'Wait until it is done.',
      override: null,
    },
  };
}

function running(service: Service, cluster: Cluster, holder: Master | undefined): Blocker {
  const name = printable(masterName(cluster, service.holderId ?? 0));
  if (holder?.state === 'active' || holder?.state === 'zombie') {
    return {
      message: `${label(service)} is held by ${name}, which is alive: it would go on running it, and another master would run it too.`,
      try: 'Stop that master; a master that stops cleanly gives its services back.',
      override: null,
    };
  }
  return {
    message: `${label(service)} is held by ${name}, which is ${holder?.state}: it may be running it.`,
    try: `See "bbctl masters show ${shellArgument(holder?.name ?? '')}"; when it is known to be gone, "bbctl masters expire --force ${shellArgument(holder?.name ?? '')}" releases all that it holds.`,
    override: null,
  };
}
