import { stuckRequests, stuckServices, masterOf } from '../../model/cluster.js';
import type { Master } from '../../model/master.js';
import { count, list, printable, shellArgument } from '../../model/names.js';
import { blocker, few, warning } from './remark.js';
import type { Remark, Rule } from './remark.js';
import { bystanders, isDraining } from './scene.js';
import type { Scene } from './scene.js';

/** What other masters hold that are not there, or cannot be counted on. */
export const others: Rule = (scene) => {
  const absent = bystanders(scene.input).filter(({ state }) => state === 'dead' || state === 'unclean');
  const inTheWay = absent.filter((master) => holdsWhatMoves(scene, master));
  const rest = absent.filter((master) => !inTheWay.includes(master));
  return [
    ...inTheWay.map(claimsInTheWay),
    ...ofNobody(scene),
    ...(rest.length > 0 ? [leftBehind(rest)] : []),
    ...doubtful(scene),
  ];
};

function holdsWhatMoves({ cluster, builders, newcomers }: Scene, { id }: Master): boolean {
  const names = new Set([...builders.map(({ name }) => name), ...newcomers.flatMap(({ configuration }) => [...(configuration?.builders.keys() ?? [])])]); // prettier-ignore
  const moving = new Set(cluster.builders.filter(({ name }) => names.has(name)).map((builder) => builder.id));
  const services = new Set(newcomers.flatMap(({ configuration }) => configuration ? [...configuration.schedulers, ...configuration.changeSources] : [])); // prettier-ignore
  return (
    cluster.claimed.some(({ claim, builderId }) => claim?.masterId === id && moving.has(builderId)) ||
    cluster.services.some(({ holderId, name }) => holderId === id && services.has(name))
  );
}

function claimsInTheWay({ name, state, has }: Master): Remark {
  const services = has.schedulers.length + has.changeSources.length;
  const parts = [services > 0 ? count(services, 'service') : '', has.claims > 0 ? count(has.claims, 'request') : ''];
  return blocker(
    `${printable(name)} is ${state} and has claimed ${parts.filter(Boolean).join(' and ')}, which nobody else can take.`,
    `bbctl masters expire ${shellArgument(name)}`,
  );
}

function leftBehind(masters: readonly Master[]): Remark {
  const names = list(masters.map(({ name, state }) => `${printable(name)} (${state})`), few);
  return warning(`Not everything was put away of ${names}, but nothing of what moves: "bbctl masters expire" does it.`);
} // prettier-ignore

/** Claims whose masters have no row any more. */
function ofNobody({ cluster }: Scene): Remark[] {
  const services = stuckServices(cluster).filter(({ holderId }) => !masterOf(cluster, holderId));
  const requests = stuckRequests(cluster).filter(({ claim }) => !masterOf(cluster, claim?.masterId ?? null));
  return [
    ...(services.length > 0 ? [blocker(`${list(services.map(({ name }) => printable(name)), few)}: claimed by a master that is gone from the database, so that nobody can take ${services.length === 1 ? 'it' : 'them'}.`, 'bbctl services release')] : []),
    ...(requests.length > 0 ? [blocker(`${count(requests.length, 'request')} (${list(requests.map(({ id }) => id), few)}): claimed by a master that is gone from the database, so that nobody builds ${requests.length === 1 ? 'it' : 'them'}.`, 'bbctl requests release')] : []),
  ];
} // prettier-ignore

/** They may be there, and are taken for absent. */
function doubtful({ input }: Scene): Remark[] {
  const unsteady = bystanders(input).flatMap((master) => {
    if (['late', 'silent', 'starting'].includes(master.state)) return [`${printable(master.name)} (${master.state})`];
    return isDraining(master) && master.active ? [`${printable(master.name)} (draining)`] : [];
  });
  return unsteady.length === 0 ? [] : [warning(`Not counted on: ${list(unsteady, few)}.`)];
}
