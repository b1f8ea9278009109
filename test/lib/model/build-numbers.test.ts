// The numbers of two builders' builds that become one's, and the order in which they are written.
import test from 'ava';
import fc from 'fast-check';
import {
  batchesOf,
  inOrderOfWriting,
  isMoved,
  leftOf,
  renumber,
  runsOf,
} from '../../../src/lib/model/build-numbers.js';
import type { NumberedBuild, RenumberedBuild, Run, StoredBuild } from '../../../src/lib/model/build-numbers.js';

interface Builders {
  readonly from: NumberedBuild[];
  readonly into: NumberedBuild[];
}

/** Ids as the database gives them to both, numbers of each builder as Buildbot does; some were deleted since. */
const builders: fc.Arbitrary<Builders> = fc
  .array(
    fc.record({
      isFrom: fc.boolean(),
      idGap: fc.integer({ min: 1, max: 5 }),
      numberGap: fc.constantFrom(1, 1, 1, 1, 3),
    }),
    { maxLength: 40 },
  ) // prettier-ignore
  .map((added) => {
    const [from, into]: NumberedBuild[][] = [[], []];
    let id = 0;
    for (const { isFrom, idGap, numberGap } of added) {
      const builds = isFrom ? from! : into!;
      builds.push({ id: (id += idGap), number: (builds.at(-1)?.number ?? 0) + numberGap });
    }
    return { from: from!, into: into! };
  });

/** Numbers in any order: of databases that were filled by hand, or from several servers. */
const disorderly: fc.Arbitrary<Builders> = fc
  .record({
    from: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 20 }),
    into: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 20 }),
    ids: fc.shuffledSubarray([...Array(40).keys()], { minLength: 40 }),
  }) // prettier-ignore
  .map(({ from, into, ids }) => ({
    from: from.map((number, index) => ({ id: (ids[index] ?? 0) + 1, number })),
    into: into.map((number, index) => ({ id: (ids[20 + index] ?? 0) + 1, number })),
  }));

const anyBuilders = fc.oneof(builders, disorderly);
const sizes = fc.constantFrom(1, 2, 3, 7, 1000);

const numbers = (builds: readonly RenumberedBuild[]): number[] => builds.map((build) => build.to);

/** A table with the unique key that builds have. */
class Table {
  readonly rows = new Map<number, StoredBuild>();

  constructor({ from, into }: Builders) {
    for (const build of from) this.rows.set(build.id, { ...build, side: 'from' });
    for (const build of into) this.rows.set(build.id, { ...build, side: 'into' });
  }

  stored(): StoredBuild[] {
    return [...this.rows.values()];
  }

  write({ id, to }: RenumberedBuild): void {
    const taken = this.stored().find((row) => row.side === 'into' && row.number === to && row.id !== id);
    if (taken) throw new Error(`build ${id} cannot have the number ${to}: build ${taken.id} has it`);
    this.rows.set(id, { id, number: to, side: 'into' });
  }
}

function writesOf(batch: readonly Run[], table: Table): RenumberedBuild[] {
  const left = batch.map((run) => leftOf(run, table.stored()));
  if (left.includes(null)) throw new Error('the builds are not those of the run');
  return inOrderOfWriting(left.flatMap((builds) => builds ?? []));
}

test('numbers are unique and rise with the ids', (t) => {
  fc.assert(fc.property(anyBuilders, ({ from, into }) => {
    const all = renumber(from, into);
    t.is(all.length, from.length + into.length);
    t.true(all.every((build, index) => index === 0 || (build.id > all[index - 1]!.id && build.to > all[index - 1]!.to)));
  })); // prettier-ignore
});

test('no number becomes smaller, and one changes only where the one before it has reached it', (t) => {
  fc.assert(fc.property(anyBuilders, ({ from, into }) => {
    const all = renumber(from, into);
    t.true(all.every(({ number, to }, index) => to === number || (to > number && to === all[index - 1]!.to + 1)));
  })); // prettier-ignore
});

test('a builder that was renamed keeps all its numbers, and the builds since follow', (t) => {
  const from = [{ id: 1, number: 1 }, { id: 4, number: 2 }, { id: 5, number: 4 }]; // prettier-ignore
  const into = [{ id: 7, number: 1 }, { id: 9, number: 2 }]; // prettier-ignore
  t.deepEqual(numbers(renumber(from, into)), [1, 2, 4, 5, 6]);
  t.deepEqual(runsOf(renumber(from, into).filter(isMoved)), [
    { side: 'from', firstId: 1, lastId: 4, count: 2, number: 1, to: 1 },
    { side: 'from', firstId: 5, lastId: 5, count: 1, number: 4, to: 4 },
    { side: 'into', firstId: 7, lastId: 9, count: 2, number: 1, to: 5 },
  ]);
});

test('nothing is written for builds that stay as they are', (t) => {
  t.deepEqual(batchesOf(renumber([], [{ id: 3, number: 1 }]), 10), []);
  const late = renumber([{ id: 9, number: 1 }], [{ id: 3, number: 7 }, { id: 4, number: 8 }]); // prettier-ignore
  t.deepEqual(batchesOf(late, 10), [[{ side: 'from', firstId: 9, lastId: 9, count: 1, number: 1, to: 9 }]]);
});

test('batches are bounded, hold every build that moves once, and the first has the highest number', (t) => {
  fc.assert(fc.property(anyBuilders, sizes, ({ from, into }, size) => {
    const moved = renumber(from, into).filter(isMoved);
    const batches = batchesOf(renumber(from, into), size);
    const counts = batches.map((batch) => batch.reduce((sum, run) => sum + run.count, 0));
    t.true(counts.every((count) => count <= size));
    t.is(counts.reduce((sum, count) => sum + count, 0), moved.length);
    const last = batches[0]?.at(-1);
    t.is(last && last.to + last.count - 1, moved.at(-1)?.to);
  })); // prettier-ignore
});

test('written in batches, no build ever takes a number that another one still has', (t) => {
  fc.assert(fc.property(anyBuilders, sizes, (both, size) => {
    const [table, all] = [new Table(both), renumber(both.from, both.into)];
    for (const batch of batchesOf(all, size)) for (const build of writesOf(batch, table)) table.write(build);
    t.deepEqual(table.stored().sort((a, b) => a.id - b.id), all.map(({ id, to }) => ({ id, number: to, side: 'into' })));
  })); // prettier-ignore
});

test('ended after any row, the same batches go on from there', (t) => {
  fc.assert(fc.property(anyBuilders, sizes, fc.nat(100), (both, size, end) => {
    const [table, all] = [new Table(both), renumber(both.from, both.into)];
    const batches = batchesOf(all, size);
    let written = 0;
    const current = batches.findIndex((batch) => writesOf(batch, table).some((build) => {
      if (written++ === end) return true;
      table.write(build);
      return false;
    }));
    for (const batch of current < 0 ? [] : batches.slice(current)) for (const build of writesOf(batch, table)) table.write(build);
    t.deepEqual(table.stored().sort((a, b) => a.id - b.id), all.map(({ id, to }) => ({ id, number: to, side: 'into' })));
  })); // prettier-ignore
});

test('ended after any row and planned again, with builds added meanwhile, every build ends where it was to end', (t) => {
  fc.assert(fc.property(anyBuilders, sizes, fc.nat(100), fc.nat(3), (both, size, end, more) => {
    const [table, all] = [new Table(both), renumber(both.from, both.into)];
    let written = 0;
    for (const batch of batchesOf(all, size))
      for (const build of writesOf(batch, table)) if (written++ < end) table.write(build);
    if (written > 0 && end > 0) {
      for (let added = 0; added < more; added++) {
        const top = Math.max(0, ...table.stored().filter(({ side }) => side === 'into').map(({ number }) => number));
        table.rows.set(1000 + added, { id: 1000 + added, number: top + 1, side: 'into' });
      }
    }
    const of = (side: string) => table.stored().filter((row) => row.side === side);
    for (const batch of batchesOf(renumber(of('from'), of('into')), size))
      for (const build of writesOf(batch, table)) table.write(build);
    t.deepEqual(table.stored().filter(({ id }) => id < 1000).sort((a, b) => a.id - b.id), all.map(({ id, to }) => ({ id, number: to, side: 'into' })));
    t.deepEqual(of('from'), []);
  })); // prettier-ignore
});

test('runs are not those of the builds any more: a number was changed, or a build has gone or come', (t) => {
  const run: Run = { side: 'into', firstId: 3, lastId: 5, count: 2, number: 1, to: 2 };
  const stored = (...rows: [number, number][]): StoredBuild[] => rows.map(([id, number]) => ({ id, number, side: 'into' })); // prettier-ignore
  t.is(leftOf(run, stored([3, 1], [5, 2]))?.length, 2);
  t.deepEqual(leftOf(run, stored([3, 1], [5, 3])), [{ id: 3, number: 1, side: 'into', to: 2 }]);
  t.deepEqual(leftOf(run, stored([3, 2], [5, 3])), []);
  t.is(leftOf(run, stored([3, 1])), null);
  t.is(leftOf(run, stored([3, 1], [5, 4])), null);
  t.is(leftOf(run, stored([3, 1], [4, 9], [5, 2])), null);
  t.is(leftOf({ ...run, side: 'from' }, [{ id: 3, number: 7, side: 'from' }]), null);
});
