/* The builds that this master runs, as Buildbot writes them. What is done anew (`again`) finds what is there. */
import { pythonJson } from '../model/python-json.js';
import type { PropertyMap } from '../model/properties.js';
import { retry } from '../model/results.js';
import { addRow } from './add-row.js';
import { chunks } from './chunks.js';
import { appendChunk, finishLog } from './log-chunks.js';
import { storableText } from './storable-text.js';
import type { Transaction } from './connect.js';

export interface NewBuild {
  readonly requestId: number;
  readonly builderId: number;
  readonly workerId: number;
}

export interface AddedBuild {
  readonly id: number;
  readonly number: number;
}

interface Found extends AddedBuild {
  readonly buildrequestid: number;
  readonly masterid: number;
  readonly complete_at: number | null;
  readonly results: number | null;
}

/** What was built for these requests before, but for what is to be built again. */
export interface EarlierBuilds {
  /** Request → the result that it is to have. */
  readonly finished: ReadonlyMap<number, number>;
  /** Request → the build that this master has begun. */
  readonly own: ReadonlyMap<number, AddedBuild>;
}

export async function readEarlierBuilds(
  tx: Transaction,
  masterId: number,
  requestIds: readonly number[],
): Promise<EarlierBuilds> {
  const rows: Found[] = [];
  for (const some of chunks(requestIds))
    rows.push(...(await tx.sql('builds').whereIn('buildrequestid', some).select<Found[]>('id', 'number', 'buildrequestid', 'masterid', 'complete_at', 'results'))); // prettier-ignore
  const finished = rows.filter(({ complete_at: at, results }) => at !== null && results !== null && results !== retry);
  const own = rows.filter(({ complete_at: at, masterid }) => at === null && masterid === masterId);
  return {
    finished: new Map(finished.map(({ buildrequestid, results }) => [buildrequestid, results!])),
    own: new Map(own.map((row) => [row.buildrequestid, { id: row.id, number: row.number }])),
  };
}

/** Others may take numbers at the same time; each time at least one of them takes one. */
const mostClashes = 1000;

/** Adds builds, those of a builder in their order, each under its next number; returns them by request. */
export async function addBuilds(
  tx: Transaction,
  masterId: number,
  builds: readonly NewBuild[],
  now: number,
): Promise<Map<number, AddedBuild>> {
  await holdNumbers(tx, builds.map(({ builderId }) => builderId)); // prettier-ignore
  const last = await readLastNumbers(tx, builds.map(({ builderId }) => builderId)); // prettier-ignore
  const added = new Map<number, AddedBuild>();
  // One builder after the other, whoever adds: of two masters one waits for the other, and never both for each other.
  let missing = [...builds].sort((one, other) => one.builderId - other.builderId);
  for (let clashes = 0; missing.length > 0; clashes++) {
    if (clashes === mostClashes) throw new Error('there are no free numbers for builds');
    for (const some of chunks(missing, 500)) {
      const rows = some.map((build) => newRow(tx, masterId, build, last, now));
      await tx.sql('builds').insert(rows).onConflict(['builderid', 'number']).ignore();
      for (const [requestId, build] of await readOpen(tx, masterId, some)) added.set(requestId, build);
    }
    missing = missing.filter(({ requestId }) => !added.has(requestId));
  }
  return added;
}

/**
 * Masters that add builds of the same builders go one after the other: what PostgreSQL finds to be a deadlock has cost a
 * second. InnoDB finds it at once, and there whoever adds a request of the builder would have to wait.
 */
async function holdNumbers(tx: Transaction, builderIds: readonly number[]): Promise<void> {
  if (tx.dialect.engine !== 'postgres') return;
  await tx.dialect
    .locking(
      tx
        .sql('builders')
        .whereIn('id', [...new Set(builderIds)])
        .orderBy('id'),
    )
    .select('id');
}

/** `last`: the number that was last tried of each builder, which is counted up here. */
function newRow(
  tx: Transaction,
  masterId: number,
  { requestId, builderId, workerId }: NewBuild,
  last: Map<number, number>,
  now: number,
) {
  const number = (last.get(builderId) ?? 0) + 1;
  last.set(builderId, number);
  return {
    number,
    builderid: builderId,
    buildrequestid: requestId,
    workerid: workerId,
    masterid: masterId,
    started_at: Math.floor(now),
    complete_at: null,
    results: null,
    state_string: 'building',
    ...(tx.schema.has('builds', 'locks_duration_s') ? { locks_duration_s: 0 } : {}),
  };
}

async function readOpen(
  tx: Transaction,
  masterId: number,
  builds: readonly NewBuild[],
): Promise<Map<number, AddedBuild>> {
  const requestIds = builds.map(({ requestId }) => requestId);
  const rows = await tx
    .sql('builds')
    .whereIn('buildrequestid', requestIds)
    .where('masterid', masterId)
    .whereNull('complete_at')
    .select<(AddedBuild & { readonly buildrequestid: number })[]>('id', 'number', 'buildrequestid');
  return new Map(rows.map(({ id, number, buildrequestid }) => [buildrequestid, { id, number }]));
}

/** Builder → the number of its last build. */
export async function readLastNumbers(tx: Transaction, builderIds: readonly number[]): Promise<Map<number, number>> {
  const last = new Map<number, number>();
  for (const id of new Set(builderIds)) {
    const row = await tx.sql('builds').where('builderid', id).max({ number: 'number' }).first<{ number: number | null }>();
    last.set(id, row.number ?? 0);
  }
  return last;
} // prettier-ignore

/** The properties with which builds begin. */
export async function addBuildProperties(
  tx: Transaction,
  builds: readonly { readonly id: number; readonly properties: PropertyMap }[],
  again: boolean,
): Promise<void> {
  const ids = builds.map(({ id }) => id);
  if (again) await tx.sql('build_properties').whereIn('buildid', ids).delete();
  const rows = builds.flatMap(({ id, properties }) =>
    [...properties].map(([name, { value, source }]) => ({ buildid: id, name, value: pythonJson(value), source })),
  );
  for (const some of chunks(rows, 500)) await tx.sql('build_properties').insert(some);
}

export async function setBuildProperty(
  tx: Transaction,
  buildId: number,
  name: string,
  { value, source }: { readonly value: unknown; readonly source: string },
): Promise<void> {
  const row = { value: pythonJson(value), source };
  const changed = await tx.sql('build_properties').where({ buildid: buildId, name }).update(row);
  if (changed === 0) await tx.sql('build_properties').insert({ buildid: buildId, name, ...row });
}

export async function setBuildState(tx: Transaction, buildId: number, state: string): Promise<void> {
  await tx
    .sql('builds')
    .where('id', buildId)
    .update({ state_string: await storableText(tx, state) });
}

/** The result of a build that has ended; `null`: it is open, and nobody else ends it before the transaction does. */
export async function holdEnded(tx: Transaction, buildId: number): Promise<number | null> {
  const query = tx.dialect.locking(tx.sql('builds').where('id', buildId).whereNotNull('complete_at'));
  return (await query.first<{ results: number } | undefined>('results'))?.results ?? null;
}

/** Returns whether it was open until now, and this master's. */
export async function finishBuild(
  tx: Transaction,
  masterId: number,
  buildId: number,
  { results, state }: { readonly results: number; readonly state: string },
  now: number,
): Promise<boolean> {
  const open = tx.sql('builds').where({ id: buildId, masterid: masterId }).whereNull('complete_at');
  const ended = { complete_at: Math.floor(now), results, state_string: await storableText(tx, state) };
  return (await open.update(ended)) > 0;
}

export interface NewStep {
  readonly buildId: number;
  /** From 0. */
  readonly number: number;
  readonly name: string;
}

/** Returns `steps.id`. */
export async function addStep(tx: Transaction, step: NewStep, now: number, again: boolean): Promise<number> {
  const { buildId: buildid, number, name } = step;
  const found = again ? await tx.sql('steps').where({ buildid, number }).first<{ id: number } | undefined>('id') : undefined; // prettier-ignore
  if (found) return found.id;
  const at = Math.floor(now);
  const begun = { started_at: at, ...(tx.schema.has('steps', 'locks_acquired_at') ? { locks_acquired_at: at } : {}) };
  const row = { buildid, number, name, ...begun, complete_at: null, results: null, state_string: 'running', urls_json: '[]', hidden: 0 }; // prettier-ignore
  return addRow(tx, 'steps', 'id', row);
}

export async function setStepState(tx: Transaction, stepId: number, state: string): Promise<void> {
  await tx
    .sql('steps')
    .where('id', stepId)
    .update({ state_string: await storableText(tx, state) });
}

export async function finishStep(
  tx: Transaction,
  stepId: number,
  { results, state }: { readonly results: number; readonly state: string },
  now: number,
): Promise<void> {
  const row = { complete_at: Math.floor(now), results, state_string: await storableText(tx, state) };
  await tx.sql('steps').where('id', stepId).whereNull('complete_at').update(row);
}

/** Returns `logs.id`. `t`: its lines have no marks. */
export async function addLog(
  tx: Transaction,
  stepId: number,
  name: string,
  again: boolean,
  type: 's' | 't' = 's',
): Promise<number> {
  const slug = name.replace(/[^\w.-]/g, '_').slice(0, 50);
  const found = again ? await tx.sql('logs').where({ stepid: stepId, slug }).first<{ id: number } | undefined>('id') : undefined; // prettier-ignore
  if (found) return found.id;
  return addRow(tx, 'logs', 'id', { name, slug, stepid: stepId, complete: 0, num_lines: 0, type });
}

/** A log that is there whole at once; its lines have no marks. */
export async function addText(
  tx: Transaction,
  stepId: number,
  { name, text }: { readonly name: string; readonly text: string },
  again: boolean,
): Promise<void> {
  const id = await addLog(tx, stepId, name, again, 't');
  const lastLine = text.split('\n').length - 1;
  await appendChunk(tx, id, { firstLine: 0, lastLine, content: Buffer.from(text), compressed: 0 }, again);
  await finishLog(tx, id, lastLine + 1);
}
