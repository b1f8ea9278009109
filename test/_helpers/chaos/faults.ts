import { setTimeout as pause } from 'node:timers/promises';
import type { FaultKind } from './chaos-log.js';
import type { ChaosMaster } from './chaos-master.js';
import type { Proxy } from './proxy.js';
import type { Random } from '../random.js';

/** What faults act upon. */
export interface Ground {
  readonly random: Random;
  readonly proxies: ReadonlyMap<string, Proxy>;
  readonly server: { stop(): Promise<void>; crash(): Promise<void>; start(): Promise<void> } | undefined;
  /** Another process that writes, on SQLite. */
  readonly lock: ((ms: number) => Promise<void>) | undefined;
  /** Writes the master another configuration. */
  reconfigure(master: ChaosMaster): void;
  /** Tells a master over REST, where masters listen; returns whether it obeys. */
  readonly order?: (master: ChaosMaster, method: 'drain' | 'cancelDrain' | 'stop') => Promise<boolean>;
  /** What the engine is known not to withstand. */
  readonly without?: readonly FaultKind[];
  enable(isEnabled: boolean): Promise<void>;
  complain(text: string): void;
}

/** Builds end first, on a machine with much else to do. */
const leavesMs = 90_000;

export type MasterFault = (ground: Ground, master: ChaosMaster) => Promise<void>;

const seconds = (ground: Ground, least: number, most: number): Promise<void> => pause(1000 * ground.random.between(least, most)); // prettier-ignore

/** Each ends with the master on its way back. */
export const masterFaults: Readonly<Partial<Record<FaultKind, { weight: number; act: MasterFault }>>> = {
  kill: {
    weight: 4,
    act: async (ground, master) => {
      await master.kill();
      // Now and then for so long that somebody else has to clean up.
      if (ground.random.next() < 0.3) await seconds(ground, 14, 25);
      else await seconds(ground, 0.1, 9);
      master.start();
    },
  },
  pause: {
    weight: 6,
    act: async (ground, master) => {
      master.signal('SIGSTOP');
      await seconds(ground, 1, 20);
      master.signal('SIGCONT');
    },
  },
  terminate: {
    weight: 3,
    act: async (ground, master) => {
      if (!(await master.terminate(leavesMs))) ground.complain(`${master.key} did not stop in order`);
      await seconds(ground, 0.1, 5);
      master.start();
    },
  },
  drain: {
    weight: 2,
    act: async (ground, master) => {
      const isObeyed = ground.random.chance(0.5) && (await ground.order?.(master, 'drain'));
      if (!(await master.leave(leavesMs, isObeyed ? [] : ['SIGUSR1']))) ground.complain(`${master.key} did not drain`);
      await seconds(ground, 0.1, 5);
      master.start();
    },
  },
  cancel: {
    weight: 2,
    act: async (ground, master) => {
      await ground.order?.(master, 'drain');
      await seconds(ground, 0.1, 3);
      await ground.order?.(master, 'cancelDrain');
    },
  },
  quick: {
    weight: 3,
    act: async (ground, master) => {
      const isObeyed = ground.random.chance(0.5) && (await ground.order?.(master, 'stop'));
      if (!(await master.leave(leavesMs, isObeyed ? [] : ['SIGTERM', 'SIGTERM'])))
        ground.complain(`${master.key} did not stop quickly`);
      await seconds(ground, 0.1, 5);
      master.start();
    },
  },
  reload: {
    weight: 2,
    act: (ground, master) => {
      ground.reconfigure(master);
      master.signal('SIGHUP');
      return Promise.resolve();
    },
  },
  hang: { weight: 4, act: (ground, master) => cut(ground, master, 'hang') },
  reset: { weight: 2, act: (ground, master) => cut(ground, master, 'reset') },
  delay: {
    weight: 2,
    act: (ground, master) => cut(ground, master, { delayMs: ground.random.whole(5, 80) }),
  },
};

async function cut(ground: Ground, { key }: ChaosMaster, mode: Parameters<Proxy['set']>[0]): Promise<void> {
  const proxy = ground.proxies.get(key);
  proxy?.set(mode);
  await seconds(ground, 0.5, 14);
  proxy?.set('carry');
}

export type ClusterFault = (ground: Ground) => Promise<void>;

export const clusterFaults: Readonly<Partial<Record<FaultKind, { weight: number; act: ClusterFault }>>> = {
  restart: { weight: 1, act: (ground) => again(ground, 'stop') },
  crash: { weight: 1, act: (ground) => again(ground, 'crash') },
  lock: { weight: 4, act: (ground) => ground.lock?.(1000 * ground.random.between(0.5, 8)) ?? Promise.resolve() },
  disable: {
    weight: 1,
    act: async (ground) => {
      await ground.enable(false);
      await seconds(ground, 2, 8);
      await ground.enable(true);
    },
  },
};

async function again(ground: Ground, how: 'stop' | 'crash'): Promise<void> {
  await ground.server?.[how]();
  await seconds(ground, 0, 6);
  await ground.server?.start();
}

/** What can be done here, and how often. */
export function possible({
  proxies,
  server,
  lock,
  order,
  without: known = [],
}: Ground): (readonly [FaultKind, number])[] {
  const without: FaultKind[] = [
    ...(proxies.size === 0 ? (['hang', 'reset', 'delay'] as const) : []),
    ...(server ? [] : (['restart', 'crash'] as const)),
    ...(lock ? [] : (['lock'] as const)),
    ...(order ? [] : (['drain', 'cancel', 'quick'] as const)),
    ...known,
  ];
  const all = Object.entries({ ...masterFaults, ...clusterFaults }) as [FaultKind, { weight: number }][];
  return all.filter(([kind]) => !without.includes(kind)).map(([kind, { weight }]) => [kind, weight] as const);
}
