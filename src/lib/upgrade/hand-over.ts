import { isLiving } from '../model/master.js';
import type { Cluster } from '../model/cluster.js';
import type { HandedService } from '../model/handover.js';
import { count, list, printable } from '../model/names.js';
import { runsAnywhere } from '../model/service.js';
import type { UpgradeGround } from './ground.js';
import { goBack, goOn, Halt } from './halt.js';

/** Buildbot looks for free services every five minutes, from its own start. */
const buildbotWithinMs = 6 * 60_000;
/** bbctl's own do at once; but half a minute after a Buildbot that held them. */
const ownWithinMs = 90_000;

/** Ends when every service that the old masters held is held by a living master that stays. Throws a `Halt` where one is not. */
export async function handOver(leaving: ReadonlySet<number>, ground: UpgradeGround): Promise<void> {
  const { ports, book, watch } = ground;
  const beganAtMs = ports.nowMs();
  let told = '';
  await watch.until([], ({ cluster }) => {
    const unheld = unheldOf(book.now.services, leaving, cluster);
    const names = unheld.map(({ name }) => name);
    if (told !== names.join('\n')) ports.emit({ event: 'unheld', services: names });
    told = names.join('\n');
    const withinMs = staying(cluster, leaving).some(({ run }) => run === null) ? buildbotWithinMs : ownWithinMs;
    if (unheld.length > 0 && ports.nowMs() - beganAtMs > withinMs) throw nobodyTakes(unheld, withinMs);
    return unheld.length === 0 ? true : null;
  });
}

function staying(cluster: Cluster, leaving: ReadonlySet<number>): Cluster['masters'] {
  return cluster.masters.filter((master) => isLiving(master) && !leaving.has(master.id));
}

/** What somebody has disabled, what is gone, and what runs on every master that has it nobody needs to hold. */
export function unheldOf(
  services: readonly HandedService[],
  leaving: ReadonlySet<number>,
  cluster: Cluster,
): HandedService[] {
  const holders = new Set(staying(cluster, leaving).map(({ id }) => id));
  return services.filter(({ kind, id }) => {
    const service = cluster.services.find((one) => one.kind === kind && one.id === id);
    if (service === undefined || service.enabled === false || runsAnywhere(service)) return false;
    return service.holderId === null || !holders.has(service.holderId);
  });
}

function nobodyTakes(unheld: readonly HandedService[], withinMs: number): Halt {
  const names = list(unheld.map(({ name }) => printable(name)), 3); // prettier-ignore
  const why = `Nobody has taken ${count(unheld.length, 'service')} over in ${Math.round(withinMs / 60_000)} minutes: ${names}.`;
  return new Halt('blocked', why, [
    `Does a living master configure ${unheld.length === 1 ? 'it' : 'them'}? "bbctl services" tells who holds what. Start one that does, and then "${goOn}".`,
    `"${goBack}" goes back.`,
  ]);
}
