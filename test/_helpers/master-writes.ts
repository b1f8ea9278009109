// What a master writes in its life, statement by statement, for users who may just do that. Schema 059.
import type { Knex } from 'knex';
import { mark } from '../../src/lib/db/announcements.js';
import { addBuildProperties } from '../../src/lib/db/running-builds.js';
import { readContents } from '../../src/lib/db/buildset-contents.js';
import { addBuildset, findBuilderIds } from '../../src/lib/db/buildsets.js';
import { addChange, mendChange } from '../../src/lib/db/changes.js';
import { readView } from '../../src/lib/db/cluster-view.js';
import type { Transaction } from '../../src/lib/db/connect.js';
import { holdClaim } from '../../src/lib/db/fence.js';
import type { Me } from '../../src/lib/db/fence.js';
import { beat, enrol, leave, readOwnRow } from '../../src/lib/db/membership.js';
import { register as registerAll } from '../../src/lib/db/registrations.js';
import { addPending, newestChangeId, readChanges, readPending, readStampProperties, removePending } from '../../src/lib/db/scheduler-changes.js'; // prettier-ignore
import { claimServices, giveServices, releaseServices } from '../../src/lib/db/service-claims.js';
import { noOffer } from '../../src/lib/model/run.js';

type Row = Record<string, string | number | null>;

const at = 1_800_000_000;
const hash = 'f'.repeat(40);

/** Registers, claims, builds, cleans up; reads again all that it has written. */
export async function liveAsMaster(tx: Transaction): Promise<void> {
  const write = writerOn(tx.sql);
  const own = await register(write);
  const build = await buildOnce(write, own);
  await finish(tx.sql, build);
  await tx
    .sql('masters')
    .where({ id: own.master })
    .update({ last_active: at + 15 });
  await tx.sql('schedulers').where({ id: own.scheduler }).update({ enabled: 0 });
  await tx.sql('builders').where({ id: own.builder }).update({ description: 'tests' });
  await tx.sql('workers').where({ id: own.worker }).update({ paused: 1 });
  await tx.sql('object_state').where({ objectid: own.object }).update({ value_json: '2' });
  await tx.dialect.locking(tx.sql('scheduler_masters').where({ schedulerid: own.scheduler }).select('masterid'));
  await unregister(tx.sql, own);
  await liveAsMember(tx);
  for (const table of write.tables) await tx.sql(table).limit(1).select('*');
}

/** What only the real statements are sure to do: two masters of bbctl's own, their services and what these write. */
async function liveAsMember(tx: Transaction): Promise<void> {
  const [me, other] = [await join(tx, 'blue'), await join(tx, 'green')];
  const registered = (['scheduler', 'changesource'] as const).map((kind) => ({ kind, name: 'new', className: 'a.B' }));
  await registerAll(tx, me, { builders: [{ name: 'new', workers: ['new'] }], services: registered });
  const services = (await readView(tx)).services.filter(({ name }) => name === 'new');
  await claimServices(tx, me, services);
  const peer = (await readView(tx)).peers.find(({ id }) => id === other.id);
  if (!peer || !(await giveServices(tx, me, peer, services))) throw new Error('nobody was given anything');
  for (const { kind, id } of services) await holdClaim(tx, kind, id, other.id);
  await work(tx, services.find(({ kind }) => kind === 'scheduler')?.id ?? 0);
  await beat(tx, me);
  await mark(tx, ['changes']);
  await releaseServices(tx, other, services);
  for (const one of [me, other]) await leave(tx, one);
}

async function join(tx: Transaction, name: string): Promise<Me> {
  const enrolment = { name, incarnation: name, expireAfter: 45, offer: noOffer };
  return enrol(tx, enrolment, await readOwnRow(tx, name));
}

/** A poller finds a commit, twice over where it was cut off; a scheduler looks at it, and has it built. */
async function work(tx: Transaction, scheduler: number): Promise<void> {
  const stamp = { branch: 'main', revision: 'r', repository: 'new', project: '', codebase: '' };
  const change = { ...stamp, author: 'new', committer: 'new', comments: '', files: ['f'], when: at, category: null, properties: {}, vcs: 'git' as const }; // prettier-ignore
  const id = await addChange(tx, change, at);
  await mendChange(tx, id, { ...change, properties: { p: 1 } });
  await newestChangeId(tx, 'locking');
  const [seen] = await readChanges(tx, [id], 'with files');
  if (!seen) throw new Error('the change is not there');
  for (const importance of ['important', 'unimportant'] as const) await addPending(tx, scheduler, [{ ...seen, importance }]); // prettier-ignore
  await readPending(tx, scheduler);
  await readStampProperties(tx, seen.sourceStampId);
  await removePending(tx, scheduler, 'all');
  const builders = await findBuilderIds(tx, ['new']);
  const asked = { reason: 'r', properties: { scheduler: ['new', 'Scheduler'] as [unknown, string] }, sourceStampIds: [seen.sourceStampId] }; // prettier-ignore
  const { buildsetId } = await addBuildset(tx, { ...asked, builderIds: [...builders.values()] }, at);
  await beginBuild(tx, buildsetId);
}

/** What of a build no row tells that is written below. */
async function beginBuild(tx: Transaction, buildsetId: number): Promise<void> {
  await readContents(tx, [buildsetId]);
  const properties = new Map([['p', { value: 1, source: 'Build' }]]);
  const build = await tx.sql('builds').orderBy('id').first<{ id: number }>('id');
  await addBuildProperties(tx, [{ id: build.id, properties }], true);
}

interface Writer {
  readonly tables: Set<string>;
  /** Returns the row's id, where its table makes one in this column. */
  readonly add: (table: string, row: Row, id?: string) => Promise<number>;
}

function writerOn(sql: Knex): Writer {
  const tables = new Set<string>();
  const add: Writer['add'] = async (table, row, id) => {
    tables.add(table);
    const insert = sql(table).insert(row);
    if (id === undefined) {
      await insert;
      return NaN;
    }
    const [made] = await insert.returning<(Row | number)[]>(id);
    return Number(typeof made === 'object' ? made[id] : made);
  };
  return { tables, add };
}

async function register({ add }: Writer) {
  const master = await add('masters', { name: 'host:/own', name_hash: hash, active: 1, last_active: at }, 'id');
  const scheduler = await add('schedulers', { name: 'own', name_hash: hash, enabled: 1 }, 'id');
  await add('scheduler_masters', { schedulerid: scheduler, masterid: master });
  const source = await add('changesources', { name: 'own', name_hash: hash }, 'id');
  await add('changesource_masters', { changesourceid: source, masterid: master });
  const builder = await add('builders', { name: 'own', name_hash: hash }, 'id');
  const link = await add('builder_masters', { builderid: builder, masterid: master }, 'id');
  const tag = await add('tags', { name: 'own', name_hash: hash }, 'id');
  await add('builders_tags', { builderid: builder, tagid: tag }, 'id');
  const worker = await add('workers', { name: 'own', info: '{}', paused: 0, graceful: 0 }, 'id');
  await add('configured_workers', { buildermasterid: link, workerid: worker }, 'id');
  await add('connected_workers', { masterid: master, workerid: worker }, 'id');
  const object = await add('objects', { name: 'own', class_name: 'Own' }, 'id');
  await add('object_state', { objectid: object, name: 'last_build', value_json: '1' });
  return { master, scheduler, source, builder, link, worker, object };
}

type Own = Awaited<ReturnType<typeof register>>;

async function buildOnce({ add }: Writer, { master, scheduler, builder, worker }: Own) {
  const stamp = await add('sourcestamps', { ss_hash: hash, created_at: at }, 'id');
  const change = { author: 'a', comments: '', when_timestamp: at, sourcestampid: stamp };
  const changeid = await add('changes', change, 'changeid');
  await add('change_files', { changeid, filename: 'f' });
  await add('change_properties', { changeid, property_name: 'p', property_value: '[]' });
  await add('scheduler_changes', { schedulerid: scheduler, changeid, important: 1 });
  const buildset = await add('buildsets', { submitted_at: at, complete: 0 }, 'id');
  await add('buildset_properties', { buildsetid: buildset, property_name: 'p', property_value: '[]' });
  await add('buildset_sourcestamps', { buildsetid: buildset, sourcestampid: stamp }, 'id');
  const asked = { buildsetid: buildset, builderid: builder, submitted_at: at, complete: 0, priority: 0 };
  const request = await add('buildrequests', asked, 'id');
  await add('buildrequest_claims', { brid: request, masterid: master, claimed_at: at });
  const begun = { number: 1, builderid: builder, buildrequestid: request, workerid: worker, masterid: master };
  const build = await add('builds', { ...begun, started_at: at, state_string: '' }, 'id');
  await add('build_properties', { buildid: build, name: 'p', value: '1', source: 's' });
  const step = await add('steps', { number: 0, name: 's', buildid: build, state_string: '', urls_json: '[]', hidden: 0 }, 'id'); // prettier-ignore
  const log = await add('logs', { name: 'l', slug: 'l', stepid: step, complete: 0, num_lines: 0, type: 's' }, 'id');
  await add('logchunks', { logid: log, first_line: 0, last_line: 0, content: 'o', compressed: 0 });
  return { buildset, request, build, step, log };
}

async function finish(sql: Knex, { buildset, request, build, step, log }: Awaited<ReturnType<typeof buildOnce>>) {
  const ended = { complete_at: at, results: 0 };
  await sql('logchunks').where({ logid: log }).delete();
  await sql('logs').where({ id: log }).update({ complete: 1, num_lines: 1 });
  await sql('steps').where({ id: step }).update(ended);
  await sql('build_properties').where({ buildid: build }).update({ value: '2' });
  await sql('builds').where({ id: build }).update(ended);
  await sql('buildrequests')
    .where({ id: request })
    .update({ ...ended, complete: 1 });
  await sql('buildsets')
    .where({ id: buildset })
    .update({ ...ended, complete: 1 });
}

async function unregister(sql: Knex, { master, scheduler, builder, link }: Own): Promise<void> {
  await sql('scheduler_changes').where({ schedulerid: scheduler }).delete();
  await sql('builders_tags').where({ builderid: builder }).delete();
  await sql('configured_workers').where({ buildermasterid: link }).delete();
  const registrations = ['connected_workers', 'builder_masters', 'scheduler_masters', 'changesource_masters', 'buildrequest_claims']; // prettier-ignore
  for (const table of registrations) await sql(table).where({ masterid: master }).delete();
}
