/* Whatever is asked of a collection, each engine answers it as plain JavaScript would. */
import test from 'ava';
import fc from 'fast-check';
import { Database } from '../../../../src/lib/db/connect.js';
import { readPage } from '../../../../src/lib/db/data/collection.js';
import { collectionAt } from '../../../../src/lib/db/data/locate.js';
import type { Collection } from '../../../../src/lib/db/data/collection.js';
import { fieldsIn, typesOf } from '../../../../src/lib/db/data/resource.js';
import { parseDatabaseUrl } from '../../../../src/lib/db/url.js';
import { applyQuery } from '../../../../src/lib/model/apply-query.js';
import type { Entity } from '../../../../src/lib/model/apply-query.js';
import type { DataQuery, FieldTypes, Filter, Order } from '../../../../src/lib/model/data-query.js';
import { databaseFrom, engines, type TestDatabase } from '../../../_helpers/database.js';
import { insertRevision } from '../../../_helpers/recordings.js';
import { Random } from '../../../_helpers/random.js';

/** Such that folding, spaces, signs of patterns and other scripts make a difference. */
const texts = ['a', 'A', 'a ', 'ä', 'b%', 'b_', '', 'ab', 'a\\', "b'", '🐘', '\uffee'];

async function fill(db: TestDatabase): Promise<void> {
  const random = new Random(20);
  const integer = (below: number): number => random.whole(0, below - 1);
  // Buildbot's own tables there hold three bytes of a character.
  const held = texts.filter((one) => db.engine === 'sqlite' || db.engine === 'postgres' || one !== '🐘');
  const text = (): string => random.pick(held);
  const maybe = <T>(value: T): T | null => (integer(3) === 0 ? null : value);
  const add = (table: string, row: Record<string, unknown>): Promise<unknown> => {
    const columns = Object.keys(row);
    const marks = columns.map(() => '?').join(', ');
    return db.query(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`, Object.values(row));
  };
  for (const id of [1, 2, 3]) {
    await add('masters', { id, name: `m${id}`, name_hash: `m${id}`, active: id % 2, last_active: id });
    await add('builders', { id, name: texts[id], name_hash: `b${id}`, description: maybe(text()) });
    await add('tags', { id, name: texts[id + 6], name_hash: `t${id}` });
  }
  for (const [id, builder, other] of [[1, 1, 1], [2, 1, 2], [3, 2, 3], [4, 3, 1]] as const) {
    await add('builder_masters', { id, builderid: builder, masterid: other });
    await add('builders_tags', { id, builderid: builder, tagid: other });
  }
  await add('sourcestamps', { id: 1, ss_hash: 'x', repository: '', codebase: '', project: '', created_at: 1 });
  await add('buildsets', { id: 1, reason: 'why', submitted_at: 1, complete: 0, results: -1 });
  for (let id = 1; id <= 40; id++) {
    const complete = integer(2);
    await add('buildrequests', { id, buildsetid: 1, builderid: 1 + integer(3), priority: integer(3), complete, results: complete ? integer(4) : -1, submitted_at: integer(5), complete_at: complete ? integer(5) : null, waited_for: integer(2) });
    if (integer(2)) await add('buildrequest_claims', { brid: id, masterid: 1 + integer(3), claimed_at: integer(5) });
    const end = maybe(integer(5));
    await add('builds', { id, number: id, builderid: 1 + integer(3), buildrequestid: id, masterid: 1 + integer(3), started_at: integer(5), complete_at: end, results: end === null ? null : integer(4), state_string: text() });
    await add('changes', { changeid: id, author: text(), comments: text(), branch: maybe(text()), revision: maybe(text()), revlink: null, when_timestamp: integer(5), category: maybe(text()), repository: text(), codebase: '', project: text(), sourcestampid: 1, parent_changeids: id > 1 ? maybe(1 + integer(id - 1)) : null });
    for (const name of new Set([text(), text()])) if (name !== '') await add('change_files', { changeid: id, filename: name });
  }
} // prettier-ignore

function filterOf(types: FieldTypes): fc.Arbitrary<Filter> {
  const fields = Object.keys(types).filter((field) => types[field] !== 'object');
  return fc.constantFrom(...fields).chain((field): fc.Arbitrary<Filter> => {
    const type = types[field];
    const value = type === 'integer' || type === 'integers' ? fc.integer({ min: -1, max: 6 }) : type === 'boolean' ? fc.boolean() : fc.constantFrom(...texts); // prettier-ignore
    const plural = fc.array<number | boolean | string>(value, { minLength: 1, maxLength: 3 });
    const single = value.map((one) => [one]);
    if (type === 'integers' || type === 'strings') return plural.map((values) => ({ field, operator: 'contains', values })); // prettier-ignore
    const equal = fc.constantFrom('eq', 'ne', 'in', 'notin').chain((operator) => plural.map((values) => ({ field, operator, values }))); // prettier-ignore
    if (type === 'boolean') return equal;
    const ordered = fc.constantFrom('lt', 'le', 'gt', 'ge').chain((operator) => single.map((values) => ({ field, operator, values }))); // prettier-ignore
    const contains = plural.map((values): Filter => ({ field, operator: 'contains', values }));
    return type === 'string' ? fc.oneof(equal, ordered, contains) : fc.oneof(equal, ordered);
  });
}

function queryOf(types: FieldTypes): fc.Arbitrary<DataQuery> {
  const fields = Object.keys(types).filter((field) => !['object', 'integers', 'strings'].includes(types[field] ?? ''));
  const order: fc.Arbitrary<Order> = fc.record({ field: fc.constantFrom(...fields), descending: fc.boolean() });
  return fc.record({
    filters: fc.array(filterOf(types), { maxLength: 2 }),
    fields: fc.constant(null),
    order: fc.array(order, { maxLength: 2 }),
    limit: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 45 })),
    offset: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 45 })),
    properties: fc.constant([]),
  });
}

const everything: DataQuery = { filters: [], fields: null, order: [], limit: null, offset: 0, properties: [] };

/** In the end by the key; what is not claimed is asked of open requests, as Buildbot does. */
function asMeant(query: DataQuery, { resource }: Collection): DataQuery {
  const open = query.filters.some(({ field, operator, values }) => {
    const wanted = [true, false].filter((one) => values.includes(one) === (operator === 'eq' || operator === 'in'));
    return field === 'claimed' && wanted.length === 1 && !wanted[0];
  });
  const filters: Filter[] = open ? [...query.filters, { field: 'complete', operator: 'eq', values: [false] }] : [...query.filters]; // prettier-ignore
  return { ...query, filters, order: [...query.order, { field: resource.key, descending: false }] };
}

for (const engine of engines) {
  test(`filters, orders and pages mean on ${engine} what they mean in memory`, async (t) => {
    t.timeout(120_000);
    const db = await databaseFrom(engine, '3.7.0/fresh');
    t.teardown(() => db.close());
    await insertRevision(db, '3.7.0/fresh');
    await fill(db);
    const database = await Database.open(parseDatabaseUrl(db.url), { access: 'read', purpose: 'test', timeoutMs: 10_000 });
    t.teardown(() => database.close());
    for (const place of ['builds', 'buildrequests', 'changes', 'builders', 'masters']) {
      const collection = collectionAt(place, {}) as Collection;
      const read = (query: DataQuery) => database.glance((tx) => readPage(tx, collection, query));
      const types = await database.glance((tx) => Promise.resolve(typesOf(fieldsIn(collection.resource, tx.schema))));
      const all: readonly Entity[] = (await read(everything)).rows;
      t.is(all.length, place === 'builders' || place === 'masters' ? 3 : 40);
      const meaning = { nullMatchesNothing: collection.resource.nullMatchesNothing === true };
      const seen = async (query: DataQuery): Promise<void> => {
        const wanted = applyQuery(all, asMeant(query, collection), meaning);
        t.deepEqual(await read(query), wanted, `${place} ${JSON.stringify(query)}`);
      };
      await fc.assert(fc.asyncProperty(queryOf(types), seen), { numRuns: 60, seed: 20 });
    }
  }); // prettier-ignore
}
