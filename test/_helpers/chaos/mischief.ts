import { setTimeout as pause } from 'node:timers/promises';
import type { ChaosLog, FaultKind } from './chaos-log.js';
import type { ChaosMaster } from './chaos-master.js';
import { clusterFaults, masterFaults, possible, type Ground } from './faults.js';

/** In seconds: between two faults, and after so many of them some peace, in which all must go well. */
export interface Pace {
  readonly least: number;
  readonly most: number;
  readonly peace: number;
  readonly faultsUntilPeace: number;
}

export const longPace: Pace = { least: 2, most: 9, peace: 25, faultsUntilPeace: 12 };
export const shortPace: Pace = { least: 0.5, most: 2, peace: 3, faultsUntilPeace: 5 };

/** Draws one fault after the other until the signal; returns when the last one is over. */
export async function makeMischief(
  ground: Ground,
  masters: readonly ChaosMaster[],
  log: ChaosLog,
  pace: Pace,
  signal: AbortSignal,
): Promise<void> {
  const { random } = ground;
  const kinds = possible(ground);
  const running = new Set<Promise<void>>();
  let isServerTaken = false;
  const start = (work: Promise<void>): void => {
    const one: Promise<void> = work.catch((error: unknown) => ground.complain(String(error))).finally(() => running.delete(one)); // prettier-ignore
    running.add(one);
  };
  for (let count = 1; !signal.aborted; count++) {
    const kind = random.pickWeighted(kinds);
    const master = random.pick(masters);
    if (kind in clusterFaults && !isServerTaken) {
      isServerTaken = true;
      start(log.during(kind, null, () => ofCluster(kind, ground)).finally(() => (isServerTaken = false)));
    } else if (kind in masterFaults && !master.isTaken) {
      master.isTaken = true;
      start(log.during(kind, master.key, () => ofMaster(kind, ground, master)).finally(() => (master.isTaken = false)));
    }
    const isPeace = count % pace.faultsUntilPeace === 0;
    const seconds = isPeace ? pace.peace : random.between(pace.least, pace.most);
    await pause(1000 * seconds, undefined, { signal }).catch(() => {});
  }
  await Promise.all(running);
}

function ofMaster(kind: FaultKind, ground: Ground, master: ChaosMaster): Promise<void> {
  return masterFaults[kind]?.act(ground, master) ?? Promise.resolve();
}

function ofCluster(kind: FaultKind, ground: Ground): Promise<void> {
  return clusterFaults[kind]?.act(ground) ?? Promise.resolve();
}
