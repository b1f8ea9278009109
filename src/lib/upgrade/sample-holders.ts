import { Failure } from '../errors.js';
import type { HandedService } from '../model/handover.js';
import type { UpgradeGround } from './ground.js';

/** Often enough to tell whether a service was without a holder for less than a second. */
const everyMs = 250;

/** Sees who holds the services until the signal is aborted, and once more then, beside all else that is done meanwhile. */
export async function sampleHolders(ground: UpgradeGround, signal: AbortSignal): Promise<void> {
  for (let isLast = false; ;) {
    await sample(ground);
    if (isLast) return;
    await ground.ports.sleep(everyMs, signal);
    isLast = signal.aborted;
  }
}

async function sample(ground: UpgradeGround): Promise<void> {
  try {
    for (const service of ground.book.see(await ground.ports.readHolders())) tell(service, ground);
  } catch (error) {
    // Whoever looks at the whole cluster tells that the database is away.
    if (!(error instanceof Failure)) throw error;
  }
}

function tell({ kind, name, from, seen, unheld }: HandedService, { ports, watch }: UpgradeGround): void {
  const to = seen?.holderId ?? null;
  if (to === null || to === from) return;
  ports.emit({ event: 'moved', kind, service: name, from: watch.nameOf(from), to: watch.nameOf(to), unheld });
}
