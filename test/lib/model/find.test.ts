import test from 'ava';
import fc from 'fast-check';
import { Failure } from '../../../src/lib/errors.js';
import { findNamed, parseId } from '../../../src/lib/model/find.js';

const masters = [
  { id: 1, name: 'host:/srv/bb' },
  { id: 2, name: 'host:/srv/bb2' },
  { id: 3, name: '1' },
  { id: 4, name: 'evil\u001b[2J' },
];
const find = (text: string) => findNamed(masters, text, 'master').map(({ id }) => id);

test('a thing is found by its whole name, or by its id', (t) => {
  t.deepEqual(find('host:/srv/bb'), [1]);
  t.deepEqual(find('host:/srv/bb2'), [2]);
  t.deepEqual(find('2'), [2]);
  t.deepEqual(find('evil\u001b[2J'), [4]);
});

test('a name goes before an id', (t) => {
  t.deepEqual(find('1'), [3]);
});

test('a scheduler and a change source of one name are both meant', (t) => {
  const services = [
    { id: 1, name: 'same', kind: 'scheduler' },
    { id: 1, name: 'same', kind: 'changesource' },
  ];
  t.is(findNamed(services, 'same', 'service').length, 2);
});

test('a part of a name is not enough, but tells what may be meant', (t) => {
  const failure = t.throws(() => find('host:/srv'), { name: 'Failure', code: 'notFound' });
  t.is(failure?.message, 'There is no master "host:/srv".');
  t.is(suggestion(failure), 'Do you mean host:/srv/bb, host:/srv/bb2? The whole name or the id is needed.');
  t.is(suggestion(t.throws(() => find('nowhere'))), 'See them with "bbctl masters".');
  for (const noun of ['service', 'scheduler', 'change source'])
    t.is(suggestion(t.throws(() => findNamed([], 'x', noun))), 'See them with "bbctl services".');
});

test('names are shown so that no terminal obeys them', (t) => {
  const failure = t.throws(() => find('evil\u001b'));
  t.is(failure?.message, 'There is no master "evil\\u001b".');
  t.regex(suggestion(failure) ?? '', /evil\\u001b\[2J/);
});

test('an id that was typed is a whole number', (t) => {
  t.is(parseId('17', 'build'), 17);
  t.is(parseId('0', 'build'), 0);
  for (const text of ['', '-1', '1.5', '1e3', ' 1', '0x10', '1; drop table builds', '9'.repeat(16)])
    t.throws(() => parseId(text, 'build'), { name: 'Failure', code: 'usage' }, text);
  fc.assert(fc.property(fc.nat(), (id) => parseId(String(id), 'build') === id));
});

function suggestion(error: Error | undefined): string | undefined {
  return error instanceof Failure ? error.try : undefined;
}
