import type { Cluster } from './cluster.js';
import { isLiving } from './master.js';
import type { Master } from './master.js';
import { printable, shellWord } from './names.js';
import type { Worker } from './worker.js';

/** A living master that would build what was released, if only it looked. */
export interface WakeUp {
  readonly masterId: number;
  readonly master: string;
  /** Those of the released requests that it configures, by name. */
  readonly builders: readonly string[];
  /** Connected to it, and neither paused nor shutting down, as far as the database tells. */
  readonly workers: readonly WakingWorker[];
}

/** A free hand: a master that is told of one looks for requests of its builders. */
export interface WakingWorker {
  readonly id: number;
  readonly name: string;
  /** Names; some of the `builders`. */
  readonly builders: readonly string[];
}

/** What became of it. */
export interface Woken {
  readonly master: string;
  readonly way: 'rest' | 'command' | 'signal' | 'reconfig';
  /** What it looks for now. */
  readonly builders: readonly string[];
  /** Why it does not, or not for all of them: a sentence. */
  readonly error: string | null;
}

/** Whom to wake after requests of these builders (`builders.id`) were released: masters of bbctl's own look by themselves. */
export function wakeUps(cluster: Cluster, builderIds: ReadonlySet<number>): WakeUp[] {
  const released = cluster.builders.filter((builder) => builderIds.has(builder.id));
  return cluster.masters
    .filter((master) => isLiving(master) && !master.run)
    .flatMap((master): WakeUp[] => {
      const builders = released.filter((builder) => builder.masterIds.includes(master.id));
      if (builders.length === 0) return [];
      const named = new Map(builders.map(({ id, name }) => [id, name]));
      const workers = cluster.workers.filter((worker) => isFree(worker, master.id)).map(({ id, name, builderIds: on }) => ({ id, name, builders: on.flatMap((builder) => named.get(builder) ?? []) })); // prettier-ignore
      return [
        {
          masterId: master.id,
          master: master.name,
          builders: [...named.values()],
          workers: workers.filter((worker) => worker.builders.length > 0),
        },
      ];
    });
}

function isFree(worker: Worker, masterId: number): boolean {
  return worker.connectedTo.includes(masterId) && !worker.paused && !worker.graceful;
}

/** Several parts of a change wake each master once. */
export function joinedWakeUps(all: readonly WakeUp[]): WakeUp[] {
  const joined = new Map<number, WakeUp>();
  for (const one of all) {
    const before = joined.get(one.masterId);
    const builders = [...new Set([...(before?.builders ?? []), ...one.builders])];
    const workers = new Map((before?.workers ?? []).map((worker) => [worker.id, worker]));
    for (const worker of one.workers) {
      const on = [...new Set([...(workers.get(worker.id)?.builders ?? []), ...worker.builders])];
      workers.set(worker.id, { ...worker, builders: on });
    }
    joined.set(one.masterId, { ...one, builders, workers: [...workers.values()] });
  }
  return [...joined.values()];
}

/** Builders whose requests somebody looks for now. */
export function wokenBuilders(woken: readonly Woken[]): Set<string> {
  return new Set(woken.flatMap((one) => one.builders));
}

/** What a person runs to make a master look. The name is `host:/base/dir`, unless the configuration says otherwise. */
export function reconfigCommand(master: Master): string {
  const place = /^([^-:/\s][^:/\s]*):(\/.*)$/.exec(master.name);
  if (!place) return `buildbot reconfig BASEDIR   (on ${printable(master.name)})`;
  // Quoted twice: the shell there reads it again.
  return `ssh ${shellWord(place[1] ?? '')} buildbot reconfig ${shellWord(shellWord(place[2] ?? ''))}`;
}
