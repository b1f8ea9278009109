/*
 * The changes of a build, as Buildbot finds them: from those of its source stamps back, parent by parent, to those of the
 * last successful build of the builder that built the same branches of the same repositories.
 */
import type { Transaction } from '../connect.js';
import type { Collection } from './collection.js';
import { keyColumnOf } from './resource.js';
import type { Raw } from './resource.js';
import { changes } from './resources.js';

/** Builds that are looked at for the last successful one, and changes of a codebase that are told: what is older is left out. */
const mostBuilds = 200;
const mostChanges = 500;

/** `changes.changeid`, codebase by codebase, the newest first. */
export async function readChangesOfBuild(tx: Transaction, buildId: number): Promise<number[]> {
  const stamps = await stampsOf(tx, [buildId]);
  const previous = await previousSuccess(tx, buildId, stamps);
  const found: number[] = [];
  for (const stamp of stamps) {
    const change = await changeOf(tx, Number(stamp['id']));
    const before = previous.find((one) => one['codebase'] === stamp['codebase']);
    const last = before ? await changeOf(tx, Number(before['id'])) : null;
    if (change !== null && change !== last) found.push(...(await ancestors(tx, change, last)));
  }
  return found;
}

/** These changes as a collection. */
export function someChanges(ids: readonly number[]): Collection {
  const narrow: Collection['narrow'] = (query) => void query.whereIn(keyColumnOf(changes), [...ids]);
  return { resource: changes, scope: {}, narrow, fixed: new Set() };
}

async function stampsOf(tx: Transaction, buildIds: readonly number[]): Promise<Raw[]> {
  return tx
    .sql('builds')
    .join('buildrequests', 'buildrequests.id', 'builds.buildrequestid')
    .join('buildset_sourcestamps', 'buildset_sourcestamps.buildsetid', 'buildrequests.buildsetid')
    .join('sourcestamps', 'sourcestamps.id', 'buildset_sourcestamps.sourcestampid')
    .whereIn('builds.id', buildIds)
    .orderBy('sourcestamps.id')
    .select<Raw[]>({
      build: 'builds.id',
      id: 'sourcestamps.id',
      repository: 'sourcestamps.repository',
      branch: 'sourcestamps.branch',
      codebase: 'sourcestamps.codebase',
    });
}

function kindOf(stamps: readonly Raw[]): string {
  const all = stamps.map(({ repository, branch, codebase }) => JSON.stringify([repository, branch, codebase]));
  return [...new Set(all)].sort().join();
}

/** Its source stamps; none where there is no such build. */
async function previousSuccess(tx: Transaction, buildId: number, stamps: readonly Raw[]): Promise<Raw[]> {
  const build = await tx.sql('builds').where('id', buildId).first<Raw | undefined>('builderid', 'number');
  if (!build) return [];
  const earlier = await tx
    .sql('builds')
    .where('builderid', Number(build['builderid']))
    .where('number', '<', Number(build['number']))
    .orderBy('number', 'desc')
    .limit(mostBuilds)
    .select<{ id: number; results: number | null }[]>('id', 'results');
  const ids = earlier.filter(({ results }) => results === 0).map(({ id }) => id);
  const all = await stampsOf(tx, ids);
  const wanted = kindOf(stamps);
  for (const id of ids) {
    const own = all.filter((stamp) => Number(stamp['build']) === id);
    if (kindOf(own) === wanted) return own;
  }
  return [];
}

async function changeOf(tx: Transaction, stampId: number): Promise<number | null> {
  const row = await tx.sql('changes').where('sourcestampid', stampId).max({ id: 'changeid' }).first<{ id: number | null }>(); // prettier-ignore
  return row.id;
}

async function ancestors(tx: Transaction, change: number, last: number | null): Promise<number[]> {
  const found = [change];
  for (let at = change; found.length < mostChanges;) {
    const row = await tx.sql('changes').where('changeid', at).first<Raw | undefined>('parent_changeids');
    const parent = Number(row?.['parent_changeids'] ?? 0);
    if (parent === 0 || parent === last) return found;
    if (!(await tx.sql('changes').where('changeid', parent).first<Raw | undefined>('changeid'))) return found;
    found.push((at = parent));
  }
  return found;
}
