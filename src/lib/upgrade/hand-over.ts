import type { Target } from '../drain/targets.js';
import { isLiving } from '../model/master.js';
import type { Cluster } from '../model/cluster.js';
import type { HandedService } from '../model/handover.js';
import { count, list, printable } from '../model/names.js';
import { runsAnywhere } from '../model/service.js';
import type { UpgradeGround } from './ground.js';
import { goBack, goOn, Halt } from './halt.js';
import { presenceOf } from './presence.js';

/** Buildbot looks for free services every five minutes, from its own start. */
const buildbotWithinMs = 6 * 60_000;
/** A Buildbot that stops has deleted by then what it deletes. */
const settledAfterMs = 20_000;
const unseenMs = 5000;
/** bbctl's own do at once; but half a minute after a Buildbot that held them. */
const ownWithinMs = 90_000;

/**
 * Ends when every service that the old masters held is held by a living master that stays, and will be: the processes of
 * old Buildbots are gone. Throws a `Halt` where one is not.
 */
export async function handOver(old: readonly Target[], ground: UpgradeGround): Promise<void> {
  const { ports, book, watch } = ground;
  const leaving = new Set(old.map(({ master }) => master.id));
  const beganAtMs = ports.nowMs();
  let told = '';
  await watch.until([], async ({ cluster }) => {
    const unheld = unheldOf(book.now.services, leaving, cluster);
    const names = unheld.map(({ name }) => name);
    if (told !== names.join('\n')) ports.emit({ event: 'unheld', services: names });
    told = names.join('\n');
    const robbed = robbedOf(unheld, leaving, cluster);
    if (robbed.length > 0 && ports.nowMs() - beganAtMs > settledAfterMs) throw lostTheRow(robbed, watch);
    const withinMs = staying(cluster, leaving).some(({ run }) => run === null) ? buildbotWithinMs : ownWithinMs;
    if (unheld.length > 0 && ports.nowMs() - beganAtMs > withinMs) throw nobodyTakes(unheld, withinMs);
    return unheld.length === 0 && (await areGone(old, ports.nowMs() - beganAtMs)) ? true : null;
  });
}

/** A Buildbot that has let everything go may be about to delete claims once more; one that nobody can see is given a moment. */
async function areGone(old: readonly Target[], sinceMs: number): Promise<boolean> {
  if (sinceMs > settledAfterMs) return true;
  const presences = await Promise.all(
    old.filter(({ kind }) => kind === 'buildbot').map(({ controlled }) => presenceOf(controlled)),
  );
  return presences.every((presence) => presence === 'gone' || (presence === 'unknown' && sinceMs > unseenMs));
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

/**
 * A Buildbot that stops first lets its services go, and then deletes the claim of each once more, by the service alone: who
 * has been quick to take one loses its row, and does not know. One of bbctl's own sees it at its next beat, and claims it again.
 */
function robbedOf(unheld: readonly HandedService[], leaving: ReadonlySet<number>, cluster: Cluster): HandedService[] {
  const others = staying(cluster, leaving).filter(({ run }) => run === null);
  return unheld.filter(({ seen, takenBy }) => seen?.holderId === null && others.some(({ id }) => id === takenBy));
}

function lostTheRow(robbed: readonly HandedService[], watch: UpgradeGround['watch']): Halt {
  const names = list(robbed.map(({ name }) => printable(name)), 3); // prettier-ignore
  const master = printable(watch.nameOf(robbed[0]?.takenBy ?? 0));
  const [them, their] = robbed.length === 1 ? ['it', 'its'] : ['them', 'their'];
  return new Halt(
    'blocked',
    `${master} has taken ${names} over and runs ${them}, but the old Buildbot has deleted ${their} claim as it stopped. Another Buildbot that starts would run ${them}, too.`,
    [`Start ${master} again ("buildbot restart"), so that it claims ${them} anew; then "${goOn}".`],
  );
}

function nobodyTakes(unheld: readonly HandedService[], withinMs: number): Halt {
  const names = list(unheld.map(({ name }) => printable(name)), 3); // prettier-ignore
  const why = `Nobody has taken ${count(unheld.length, 'service')} over in ${Math.round(withinMs / 60_000)} minutes: ${names}.`;
  return new Halt('blocked', why, [
    `Does a living master configure ${unheld.length === 1 ? 'it' : 'them'}? "bbctl services" tells who holds what. Start one that does, and then "${goOn}".`,
    `"${goBack}" goes back.`,
  ]);
}
