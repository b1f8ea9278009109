import type { Context } from 'hono';
import { oneAt, locate } from '../../db/data/locate.js';
import { readOne } from '../../db/data/collection.js';
import { readWhereabouts } from '../../db/data/whereabouts.js';
import type { Entity } from '../../model/apply-query.js';
import { asId, parseDataPath } from '../../model/data-path.js';
import type { DataPath } from '../../model/data-path.js';
import { printable } from '../../model/names.js';
import { resultNames } from '../../model/results.js';
import { authorize } from './authorize.js';
import { forceBuilds } from './force.js';
import { codes, readCall, refuse, Refusal } from './json-rpc.js';
import type { Call } from './json-rpc.js';
import type { Site } from './site.js';

/** Does what a call asks; returns its result. Throws a `Refusal`. */
type Control = (site: Site, path: DataPath, call: Call) => Promise<unknown>;

/** By the place of what is asked, and the method. */
const controls: Readonly<Record<string, Readonly<Record<string, Control>>>> = {
  masters: {
    drain: ofThisMaster(({ orders }) => void orders.drain()),
    cancelDrain: ofThisMaster(({ orders }) => {
      if (!orders.cancelDrain()) throw new Refusal(409, 'It is not draining, or has left already.');
    }),
    stop: ofThisMaster(({ orders }) => void orders.stop()),
    reconfig: ofThisMaster(async ({ orders }) => {
      const why = await orders.reconfig();
      if (why !== null) throw new Refusal(409, `The configuration was not taken over: ${why}`);
    }),
  },
  builds: { stop: stopBuild },
  'builders/builds': { stop: stopBuild },
  buildrequests: { cancel: cancelOne },
  forceschedulers: { force: (site, { keys }, call) => forceBuilds(site.controls, keys[0] ?? '', call) },
};

/** `POST` to an entity: JSON-RPC 2.0, as in Buildbot's data API. */
export function control(site: Site) {
  return async (context: Context, rest: string): Promise<Response> => {
    let id: Call['id'] = null;
    try {
      authorize(context, site.controls);
      const path = parseDataPath(rest);
      const methods = path?.isOne && Object.hasOwn(controls, path.place) ? controls[path.place] : undefined;
      if (!path || !methods) throw new Refusal(404, 'There is nothing there that takes orders.');
      const call = await readCall(context);
      id = call.id;
      const perform = Object.hasOwn(methods, call.method) ? methods[call.method] : undefined;
      if (!perform) throw new Refusal(400, `It knows ${Object.keys(methods).join(', ')} alone.`, codes.methodNotFound);
      const result = await perform(site, path, call);
      site.log.info('told over HTTP', { what: `${call.method} ${path.place} ${printable(path.keys.join(' '))}` });
      return context.json({ jsonrpc: '2.0', id, result: result ?? null });
    } catch (error) {
      return refuse(context, error, id, site.log);
    }
  };
}

function ofThisMaster(obey: (site: Site) => void | Promise<void>): Control {
  return async (site, { keys: [key = ''] }) => {
    const self = site.self();
    if (key !== self.name && (self.id === null || asId(key) !== self.id)) await verifyThis(site, key);
    await obey(site);
  };
}

/** Throws where it is another master, with where to ask. */
async function verifyThis({ reading, self }: Site, key: string): Promise<void> {
  const other = await reading.glance(async (tx) => {
    const scope = await locate(tx, { place: 'masters', keys: [key] });
    return scope && readWhereabouts(tx, scope['masters'] ?? 0);
  });
  if (!other) throw new Refusal(404, `There is no master ${printable(key)}.`);
  if (other.name !== self().name) throw new Refusal(409, `That is another master. ${addressOf(other)}`);
}

function addressOf({ id, name, listen }: { id: number; name: string; listen: string | null }): string {
  const who = `master ${id} (${printable(name)})`;
  return listen === null ? `Ask ${who} itself.` : `Ask ${who} itself, at http://${printable(listen)}.`;
}

function reasonOf({ params }: Call): string {
  return typeof params['reason'] === 'string' ? params['reason'] : 'no reason';
}

async function stopBuild(site: Site, path: DataPath, call: Call): Promise<void> {
  const build = path.place === 'builds' ? asId(path.keys[0] ?? '') : null;
  if (build !== null && site.orders.stopBuild(build, reasonOf(call)) === 'stopping') return;
  const found = await findBuild(site, path);
  if (!found) throw new Refusal(404, 'There is no such build.');
  if (build === null && site.orders.stopBuild(Number(found['buildid']), reasonOf(call)) === 'stopping') return;
  if (found['complete']) {
    const result = resultNames[Number(found['results'])] ?? 'over';
    throw new Refusal(409, `Build ${String(found['buildid'])} has ended already: ${result}.`);
  }
  throw await elsewhere(site, `Build ${String(found['buildid'])} runs`, Number(found['masterid']));
}

function findBuild({ reading }: Site, { place, keys }: DataPath): Promise<Entity | null> {
  return reading.glance(async (tx) => {
    const scope = await locate(tx, { place, keys });
    const one = scope && oneAt(place, scope);
    return one ? readOne(tx, one, { fields: null, properties: [] }) : null;
  });
}

async function elsewhere({ reading, self }: Site, what: string, masterId: number): Promise<Refusal> {
  const holder = await reading.glance((tx) => readWhereabouts(tx, masterId));
  if (!holder) return new Refusal(409, `${what} on master ${masterId}, which is not there any more.`);
  if (holder.name === self().name) return new Refusal(409, `${what} on this master, in a run that is over, or has just ended.`); // prettier-ignore
  return new Refusal(409, `${what} on another master. ${addressOf(holder)}`);
}

/** What is pending is cancelled, what is built here is stopped. */
async function cancelOne(site: Site, { keys: [key = ''] }: DataPath, call: Call): Promise<void> {
  const id = asId(key);
  const running = site.running().find(({ requestId }) => requestId === id);
  if (running && site.orders.stopBuild(running.id, reasonOf(call)) === 'stopping') return;
  const done = id === null ? 'unknown' : await site.controls.cancelRequest(id);
  if (done === 'cancelled') return;
  if (done === 'unknown') throw new Refusal(404, `There is no request ${printable(key)}.`);
  if (done === 'complete') throw new Refusal(409, `Request ${key} is complete.`);
  if (done.claimedBy !== null) throw await elsewhere(site, `Request ${key} is claimed, and perhaps built,`, done.claimedBy); // prettier-ignore
  throw new Refusal(409, `${done.refused.message} ${done.refused.try}`);
}
