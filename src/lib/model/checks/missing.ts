import type { Cluster } from '../cluster.js';
import type { Inventory } from '../inventory.js';
import { isLiving } from '../master.js';
import type { Master } from '../master.js';
import { count, list, printable } from '../names.js';
import type { Check, Found } from './check.js';

/** A kind of thing: what the inventory names, and what becomes of it in the database. */
interface Kind {
  readonly noun: string;
  readonly topic: string;
  readonly named: Iterable<string>;
  readonly registered: ReadonlySet<string>;
  /** Those that are there and that no living master has; `null` where another check tells it. */
  readonly away: ReadonlySet<string> | null;
}

function kindsOf(cluster: Cluster, inventory: Inventory): Kind[] {
  const living = new Set(cluster.masters.filter(isAround).map((master) => master.id));
  const isAway = (ids: readonly number[]): boolean => living.size > 0 && !ids.some((id) => living.has(id));
  const builders = cluster.builders.filter(({ masterIds }) => isAway(masterIds));
  const workers = cluster.workers.filter(({ masterIds, connectedTo }) => isAway([...masterIds, ...connectedTo]));
  const stopped = cluster.masters.filter((master) => master.state === 'stopped');
  const services = (kind: string): ReadonlySet<string> => namesOf(cluster.services.filter((one) => one.kind === kind));
  const masters = inventory.masters.map((master) => master.name ?? master.key);
  return [
    { noun: 'master', topic: 'masters', named: masters, registered: namesOf(cluster.masters), away: namesOf(stopped) },
    { noun: 'builder', topic: 'builders', named: inventory.builders, registered: namesOf(cluster.builders), away: namesOf(builders) },
    { noun: 'worker', topic: 'workers', named: inventory.workers, registered: namesOf(cluster.workers), away: namesOf(workers) },
    { noun: 'scheduler', topic: 'services', named: inventory.schedulers, registered: services('scheduler'), away: null },
    { noun: 'change source', topic: 'services', named: inventory.changeSources, registered: services('changesource'), away: null },
  ]; // prettier-ignore
}

/** It may configure things: it lives, or nobody can tell. */
function isAround(master: Master): boolean {
  return isLiving(master) || ['late', 'silent', 'starting'].includes(master.state);
}

function namesOf(things: readonly { readonly name: string }[]): ReadonlySet<string> {
  return new Set(things.map((thing) => thing.name));
}

function missing({ noun, topic, named, registered, away }: Kind, file: string): Found[] {
  const names = [...named];
  const unknown = names.filter((name) => !registered.has(name));
  const absent = names.filter((name) => away?.has(name));
  const tell = (some: readonly string[], how: string, state: string): Found[] =>
    some.length === 0 ? [] : [{ message: `${count(some.length, noun)} that ${printable(file)} names ${some.length === 1 ? 'is' : 'are'} ${how}: ${list(some.map(printable), 5)}.`, evidence: { kind: noun, names: some, state }, fix: [`bbctl ${topic}`] }]; // prettier-ignore
  const isAway = noun === 'master' ? 'stopped' : 'configured by no living master';
  return [...tell(unknown, 'not in the database', 'unknown'), ...tell(absent, isAway, 'away')];
}

export const inventoryMissing: Check = {
  id: 'inventory-missing',
  severity: 'warning',
  title: 'What the cluster is meant to have is not there',
  meaning:
    'A cluster.yaml that names everything names it; but no master has ever registered it, or none that lives configures it: its master is down, or it was renamed or removed and the file was not. (What nobody holds of the schedulers and change sources is told as service-unclaimed.)',
  find({ cluster, inventory = null }) {
    if (!inventory?.complete) return [];
    return kindsOf(cluster, inventory).flatMap((kind) => missing(kind, inventory.file));
  },
};
