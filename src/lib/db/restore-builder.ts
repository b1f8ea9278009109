import { printable } from '../model/names.js';
import type { LoadedRow, Replacement, Row, RowSet } from '../model/rows.js';
import type { LinkRow } from './archive-pages.js';
import type { Transaction } from './connect.js';
import { withIds } from './load-history.js';
import type { Place } from './load-history.js';
import { ChangedMeanwhile, readRows } from './rows.js';

/** What an archive tells of the builder itself. */
export interface ArchivedBuilder {
  readonly builder: Row;
  readonly tags: readonly Row[];
  readonly project: string | null;
  readonly masters: readonly Row[];
  readonly workers: readonly Row[];
}

/** What it is to be called. */
export interface Target {
  readonly name: string;
  readonly nameHash: string;
}

/** By which a build is known, whatever its id is. */
export interface BuildIdentity {
  readonly number: number;
  readonly identity: string;
}

/** From its row, and the property that tells the builder by the name that it was built under. */
export function identityOf(build: LoadedRow, properties: readonly LoadedRow[]): BuildIdentity {
  const name = properties.find((row) => row['buildid'] === build['id'] && row['name'] === 'buildername')?.['value'];
  const told = [build['started_at'], build['complete_at'], build['state_string'], name ?? null];
  return { number: Number(build['number']), identity: JSON.stringify(told) };
}

/** What is there under that name; `null`: nothing. */
export interface FoundBuilder {
  readonly id: number;
  readonly builds: number;
  readonly requests: number;
  /** The first and the last build. */
  readonly ends: readonly BuildIdentity[];
}

export async function findBuilder(tx: Transaction, { nameHash }: Target): Promise<FoundBuilder | null> {
  const id = await idOf(tx, nameHash);
  if (id === null) return null;
  const count = async (table: string): Promise<number> => {
    const row = await tx.sql(table).where('builderid', id).count({ rows: '*' }).first<{ rows: number | string }>();
    return Number(row.rows);
  };
  const ends: BuildIdentity[] = [];
  for (const order of ['asc', 'desc'] as const) {
    const [build] = await tx
      .sql<Row>('builds')
      .where('builderid', id)
      .orderBy('number', order)
      .limit(1)
      .select<Row[]>('*');
    if (build) ends.push(identityOf(build, await readRows(tx, 'build_properties', 'buildid', [Number(build['id'])])));
  }
  return { id, builds: await count('builds'), requests: await count('buildrequests'), ends };
}

async function idOf(tx: Transaction, nameHash: string): Promise<number | null> {
  const row = await tx.sql('builders').where('name_hash', nameHash).first<{ id: number } | undefined>('id');
  return row?.id ?? null;
}

/** The builder's row, its tags, and, as stopped, masters that have no row any more. */
export async function restoreBuilder(tx: Transaction, archived: ArchivedBuilder, target: Target): Promise<RowSet[]> {
  const { builder, tags, project } = archived;
  const sets = await missingMasters(tx, archived.masters);
  const there = await idOf(tx, target.nameHash);
  if (there !== null) {
    // A master that configures it by now has given it the tags that it should have.
    const registered = await readRows(tx, 'builder_masters', 'builderid', [there], ['id']);
    return registered.length > 0 ? sets : [...sets, ...(await tagSets(tx, there, tags))];
  }
  const projects: Row = tx.schema.has('builders', 'projectid') ? { projectid: await projectId(tx, project) } : {};
  const row: Row = { ...known(tx, 'builders', builder), name: target.name, name_hash: target.nameHash, ...projects };
  const rows = await withIds(tx, 'builders', [row]);
  sets.push({ kind: 'insert', table: 'builders', rows });
  sets.push(...(await tagSets(tx, Number(rows[0]?.['id']), tags)));
  return sets;
}

function known(tx: Transaction, table: string, row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([column]) => tx.schema.has(table, column)));
}

async function projectId(tx: Transaction, name: string | null): Promise<number | null> {
  if (name === null) return null;
  const row = await tx.sql('projects').where('name', name).first<{ id: number } | undefined>('id');
  return row?.id ?? null;
}

/** Each with the id of its tie to the builder, as `tieid`. */
async function tagSets(tx: Transaction, builderId: number, tags: readonly Row[]): Promise<RowSet[]> {
  const there = await idsByName(tx, 'tags');
  const isMissing = (tag: Row): boolean => !there.has(String(tag['name']));
  const fresh = await withIds(tx, 'tags', tags.filter(isMissing).map(({ id, name, name_hash }) => ({ id, name, name_hash }) as Row)); // prettier-ignore
  for (const row of fresh) there.set(String(row['name']), Number(row['id']));
  const tied = new Set((await readRows(tx, 'builders_tags', 'builderid', [builderId])).map((row) => row['tagid']));
  const untied = tags.filter((tag) => !tied.has(there.get(String(tag['name'])) ?? null));
  const ties = untied.map((tag): Row => ({ id: tag['tieid'] ?? null, builderid: builderId, tagid: there.get(String(tag['name'])) ?? null })); // prettier-ignore
  return [
    { kind: 'insert', table: 'tags', rows: fresh },
    { kind: 'insert', table: 'builders_tags', rows: await withIds(tx, 'builders_tags', ties) },
  ];
}

/** History names the masters that made it. One that is gone comes back as stopped: it can be started, or forgotten. */
async function missingMasters(tx: Transaction, masters: readonly Row[]): Promise<RowSet[]> {
  const there = await idsByName(tx, 'masters');
  const missing = masters.filter((row) => !there.has(String(row['name']))).map((row) => ({ ...row, active: 0 }));
  return missing.length === 0
    ? []
    : [{ kind: 'insert', table: 'masters', rows: await withIds(tx, 'masters', missing) }];
}

async function idsByName(tx: Transaction, table: string): Promise<Map<string, number>> {
  const rows = await tx.sql(table).select<{ id: number; name: string }[]>('id', 'name');
  return new Map(rows.map((row) => [row.name, row.id]));
}

/** Where the archive's rows belong here; throws where the builder is not there. */
export async function placeOf(tx: Transaction, { masters, workers }: ArchivedBuilder, target: Target): Promise<Place> {
  const builderId = await idOf(tx, target.nameHash);
  if (builderId === null) throw new ChangedMeanwhile(`builder ${printable(target.name)} is gone again`);
  const map = async (table: string, rows: readonly Row[]): Promise<Map<number, number>> => {
    const ids = await idsByName(tx, table);
    return new Map(rows.flatMap((row) => (ids.has(String(row['name'])) ? [[Number(row['id']), ids.get(String(row['name'])) ?? 0] as const] : []))); // prettier-ignore
  };
  return { builderId, masters: await map('masters', masters), workers: await map('workers', workers) };
}

/** Buildsets that came from builds of the builder say so again. */
export async function restoreLinks(tx: Transaction, place: Place, links: readonly LoadedRow[]): Promise<RowSet[]> {
  const rows = new Map<string, Replacement[]>();
  for (const link of links as readonly LinkRow[]) {
    const column = String(link.column);
    if (!tx.schema.has('buildsets', column)) continue;
    const build = await buildOf(tx, place.builderId, link.number);
    const buildset = await buildsetOf(tx, place.builderId, link);
    if (!build || buildset?.[column] !== null) continue;
    const row = { key: Number(buildset['id']), before: { [column]: null }, after: { [column]: Number(build['id']) } };
    rows.set(column, [...(rows.get(column) ?? []), row]);
  }
  return [...rows.values()].map((some) => ({ kind: 'replace', table: 'buildsets', rows: some }));
}

function buildOf(tx: Transaction, builderid: number, number: LinkRow['number']): PromiseLike<Row | undefined> {
  return tx
    .sql<Row>('builds')
    .where({ builderid, number: Number(number) })
    .first('id', 'buildrequestid');
}

/** By a build of it, which may have got another id; a buildset of other builders has kept its own. */
async function buildsetOf(tx: Transaction, builderId: number, link: LinkRow): Promise<Row | undefined> {
  const build = link.via === null ? undefined : await buildOf(tx, builderId, link.via);
  const [request] = build ? await readRows(tx, 'buildrequests', 'id', [Number(build['buildrequestid'])]) : [];
  const [buildset] = await readRows(tx, 'buildsets', 'id', [Number(request?.['buildsetid'] ?? link.buildsetid)]);
  return buildset?.['submitted_at'] === link.submitted_at ? buildset : undefined;
}
