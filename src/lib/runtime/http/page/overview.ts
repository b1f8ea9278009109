/* What the status page shows, from one look at the cluster. Pure. */
import { isOrphanedBuilder } from '../../../model/builder.js';
import { builderName, masterName, stuckRequests, stuckServices } from '../../../model/cluster.js';
import type { Cluster, Queue } from '../../../model/cluster.js';
import { groupBy } from '../../../model/group-by.js';
import type { Master } from '../../../model/master.js';
import { kindNames, runsAnywhere } from '../../../model/service.js';
import type { Service } from '../../../model/service.js';
import type { Chronicle } from '../../chronicle.js';
import type { MasterState } from '../../master.js';

/** Times are epoch seconds of the database's clock. */
export interface Overview {
  readonly now: number;
  readonly self: { readonly id: number | null; readonly name: string; readonly state: MasterState };
  readonly masters: readonly MasterCard[];
  readonly unheld: readonly Service[];
  readonly builders: readonly BuilderLine[];
  readonly orphans: { readonly names: readonly string[]; readonly total: number };
  readonly queue: readonly QueueLine[];
  readonly stuck: { readonly requests: number; readonly services: number };
  readonly running: readonly RunningLine[];
  readonly history: Pick<Chronicle, 'timeline' | 'since'>;
}

export interface MasterCard {
  readonly master: Master;
  readonly isSelf: boolean;
  readonly holds: readonly string[];
  readonly builders: number;
  readonly running: number;
}

export interface BuilderLine {
  readonly id: number;
  readonly name: string;
  readonly masters: readonly string[];
  readonly pending: number;
  readonly running: number;
  readonly last: LastResult | null;
}

/** Its newest build. */
export interface LastResult {
  readonly buildId: number;
  readonly number: number;
  /** Buildbot's number; `null`: it runs. */
  readonly results: number | null;
}

export interface QueueLine extends Queue {
  readonly builder: string;
  /** No master configures the builder: these wait for ever. */
  readonly isUnservable: boolean;
}

export interface RunningLine {
  readonly id: number;
  readonly number: number;
  readonly builder: string;
  readonly worker: string;
  readonly master: string;
  readonly startedAt: number;
  readonly tail: readonly string[];
}

export interface Looked {
  readonly cluster: Cluster;
  readonly self: Overview['self'];
  readonly lastResults: ReadonlyMap<number, LastResult>;
  /** `builds.id` → the last lines of what it prints. */
  readonly tails: ReadonlyMap<number, readonly string[]>;
  readonly history: Overview['history'];
}

/** Of builders that nobody configures, names are shown up to so many. */
const mostOrphans = 200;

export function overviewOf({ cluster, self, lastResults, tails, history }: Looked): Overview {
  const orphans = cluster.builders.filter(isOrphanedBuilder).map(({ name }) => name);
  return {
    now: cluster.now,
    self,
    masters: masterCards(cluster, self.id),
    unheld: cluster.services.filter((service) => service.holderId === null && !runsAnywhere(service)),
    builders: builderLines(cluster, lastResults),
    orphans: { names: orphans.sort(byName).slice(0, mostOrphans), total: orphans.length },
    queue: queueLines(cluster),
    stuck: { requests: stuckRequests(cluster).length, services: stuckServices(cluster).length },
    running: runningLines(cluster, tails),
    history,
  };
}

function byName(one: string, other: string): number {
  return one < other ? -1 : 1;
}

/** Who acts first, the long stopped last. */
const order = ['active', 'starting', 'late', 'silent', 'zombie', 'dead', 'unclean', 'stopped'];

function masterCards(cluster: Cluster, selfId: number | null): MasterCard[] {
  const held = groupBy(cluster.services, ({ holderId }) => holderId);
  const builds = groupBy(cluster.builds, ({ masterId }) => masterId);
  const cards = cluster.masters.map((master) => ({
    master,
    isSelf: master.id === selfId,
    holds: (held.get(master.id) ?? []).map(({ kind, name }) => `${kindNames[kind]} ${name}`).sort(byName),
    builders: master.has.builderMasters.length,
    running: builds.get(master.id)?.length ?? 0,
  }));
  return cards.sort((a, b) => order.indexOf(a.master.state) - order.indexOf(b.master.state) || byName(a.master.name, b.master.name)); // prettier-ignore
}

function builderLines(cluster: Cluster, lastResults: Looked['lastResults']): BuilderLine[] {
  const pending = new Map(cluster.queues.map(({ builderId, length }) => [builderId, length]));
  const builds = groupBy(cluster.builds, ({ builderId }) => builderId);
  return cluster.builders
    .filter((builder) => !isOrphanedBuilder(builder))
    .map(({ id, name, masterIds }) => ({
      id,
      name,
      masters: masterIds.map((masterId) => masterName(cluster, masterId)),
      pending: pending.get(id) ?? 0,
      running: builds.get(id)?.length ?? 0,
      last: lastResults.get(id) ?? null,
    }))
    .sort((a, b) => byName(a.name, b.name));
}

/** Who waits longest comes first. */
function queueLines(cluster: Cluster): QueueLine[] {
  const builders = new Map(cluster.builders.map((builder) => [builder.id, builder]));
  return cluster.queues
    .map((queue) => {
      const builder = builders.get(queue.builderId);
      return {
        ...queue,
        builder: builderName(cluster, queue.builderId),
        isUnservable: !builder || isOrphanedBuilder(builder),
      };
    })
    .sort((a, b) => a.oldestSubmittedAt - b.oldestSubmittedAt);
}

function runningLines(cluster: Cluster, tails: Looked['tails']): RunningLine[] {
  const workers = new Map(cluster.workers.map(({ id, name }) => [id, name]));
  return cluster.builds.map(({ id, number, builderId, workerId, masterId, startedAt }) => ({
    id,
    number,
    builder: builderName(cluster, builderId),
    worker: workers.get(workerId ?? -1) ?? 'none',
    master: masterName(cluster, masterId),
    startedAt,
    tail: tails.get(id) ?? [],
  }));
}
