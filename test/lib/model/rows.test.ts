import test from 'ava';
import fc from 'fast-check';
import { countRows, inverse, keyColumn, keysOf, type Row, type RowSet } from '../../../src/lib/model/rows.js';

const tables = fc.constantFrom('builds', 'buildrequest_claims', 'scheduler_masters', 'changesource_masters', 'masters');
const value = fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.string(), fc.constant(null));
const row: fc.Arbitrary<Row> = fc.dictionary(fc.constantFrom('masterid', 'results', 'complete_at', 'name'), value);

const anySet: fc.Arbitrary<RowSet> = fc.oneof(
  fc.record({ kind: fc.constant('update' as const), table: tables, keys: fc.array(fc.nat()), before: row, after: row }),
  fc
    .record({ kind: fc.constantFrom('insert' as const, 'delete' as const), table: tables, rows: fc.array(row) })
    .map((set) => ({ ...set, rows: set.rows.map((one, index) => ({ ...one, [keyColumn(set.table)]: index })) })),
);

test('what identifies a row', (t) => {
  t.is(keyColumn('builds'), 'id');
  t.is(keyColumn('buildrequest_claims'), 'brid');
  t.is(keyColumn('scheduler_masters'), 'schedulerid');
  t.is(keyColumn('changesource_masters'), 'changesourceid');
  t.deepEqual(keysOf({ kind: 'delete', table: 'buildrequest_claims', rows: [{ brid: 7, masterid: 1 }] }), [7]);
  t.deepEqual(keysOf({ kind: 'update', table: 'builds', keys: [1, 2], before: {}, after: {} }), [1, 2]);
});

test('taking back what was taken back is what was done', (t) => {
  fc.assert(fc.property(anySet, (set) => void t.deepEqual(inverse(inverse(set)), set)));
  t.pass();
});

test('taking back concerns the same rows of the same table', (t) => {
  fc.assert(
    fc.property(anySet, (set) => {
      t.is(inverse(set).table, set.table);
      t.deepEqual(keysOf(inverse(set)), keysOf(set));
      t.is(countRows([set, inverse(set)]), 2 * keysOf(set).length);
    }),
  );
  t.pass();
});

test('an insert is taken back by a delete of what was inserted, and an update by its opposite', (t) => {
  const rows = [{ brid: 1, masterid: 2, claimed_at: 3 }];
  t.deepEqual(inverse({ kind: 'insert', table: 'buildrequest_claims', rows }), {
    kind: 'delete',
    table: 'buildrequest_claims',
    rows,
  });
  const update = { kind: 'update', table: 'masters', keys: [1], before: { active: 1 }, after: { active: 0 } } as const;
  t.deepEqual(inverse(update), { ...update, before: { active: 0 }, after: { active: 1 } });
});
