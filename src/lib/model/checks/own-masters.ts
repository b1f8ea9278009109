/* What masters of bbctl's own publish. Of Buildbot's own masters nobody knows what they configure. */
import { masterOf } from '../cluster.js';
import type { Cluster } from '../cluster.js';
import { serviceKey } from '../cluster-view.js';
import { formatDuration } from '../duration.js';
import { groupBy } from '../group-by.js';
import { isLiving } from '../master.js';
import type { Master } from '../master.js';
import { count, list, printable, shellArgument } from '../names.js';
import type { Check, Found } from './check.js';

export const configurationsDiffer: Check = {
  id: 'master-configurations-differ',
  severity: 'note',
  title: "Living masters of bbctl's own have different configurations",
  meaning:
    'Those that run schedulers offer all that their cluster.yaml has, and each lives by its expireAfter: where these differ, so do the files, or one master has not taken a new one over yet. What only some offer has fewer masters to go to. Give all of them the same file and send each a SIGHUP; a new expireAfter takes a restart.',
  find({ cluster }) {
    const own = cluster.masters.filter((master) => master.run && isLiving(master));
    return [...offersDiffer(own), ...expiriesDiffer(own)];
  },
};

function offered({ offer }: Master): string[] {
  return [...offer.schedulers, ...offer.changeSources];
}

/** Who offers nothing has another role, or is about to stop. */
function offersDiffer(own: readonly Master[]): Found[] {
  const offering = own.filter((master) => offered(master).length > 0);
  const all = [...new Set(offering.flatMap(offered))];
  const lacking = offering.flatMap((master) => {
    const lacks = all.filter((name) => !offered(master).includes(name));
    return lacks.length > 0 ? [{ master: master.name, lacks }] : [];
  });
  if (lacking.length === 0) return [];
  const told = lacking.map(({ master, lacks }) => `${printable(master)} does not offer ${list(lacks.map(printable), 4)}`);
  return [
    {
      message: `Masters of bbctl's own have different configurations: ${list(told, 3)}.`,
      evidence: { lacking },
      fix: lacking.map(({ master }) => `bbctl masters show ${shellArgument(master)}`),
    },
  ];
} // prettier-ignore

function expiriesDiffer(own: readonly Master[]): Found[] {
  const groups = groupBy(own, ({ run }) => run?.expireAfter ?? 0);
  if (groups.size < 2) return [];
  const names = (masters: readonly Master[]): string => list(masters.map(({ name }) => printable(name)), 3);
  const told = [...groups].map(([seconds, masters]) => `${formatDuration(seconds)} (${names(masters)})`);
  const evidence = Object.fromEntries(own.map(({ name, run }) => [name, run?.expireAfter]));
  return [{ message: `Masters of bbctl's own live by different values of expireAfter: ${list(told, 3)}.`, evidence: { expireAfter: evidence }, fix: [] }];
} // prettier-ignore

export const pinGone: Check = {
  id: 'service-kept-on-gone',
  severity: 'note',
  title: 'A service is kept on a master that has no row',
  meaning:
    'It was moved there with "bbctl services move", and the master was removed by other means than "bbctl masters forget". The service runs wherever there is room. Move it to another master, or let all be shared.',
  find({ cluster }) {
    const kept = cluster.services.filter((service) => isPinGone(cluster, serviceKey(service)));
    if (kept.length === 0) return [];
    const names = kept.map(({ name }) => name);
    const message = `${count(kept.length, 'service')} kept on a master that has no row: ${list(names.map(printable))}. ${kept.length === 1 ? 'It runs' : 'They run'} wherever there is room.`;
    return [{ message, evidence: { services: names }, fix: ['bbctl services rebalance'] }];
  },
};

function isPinGone(cluster: Cluster, key: string): boolean {
  const pin = cluster.pins.get(key);
  return pin !== undefined && masterOf(cluster, pin) === undefined;
}
