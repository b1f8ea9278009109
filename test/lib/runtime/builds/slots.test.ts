import test from 'ava';
import { folderName, Slots } from '../../../../src/lib/runtime/builds/slots.js';

test('a slot that is lent is used by others, and given back before anybody new gets one', async (t) => {
  const slots = new Slots('/w', () => {});
  slots.configure(new Map([['a', 1]]));
  const parent = slots.take('a', 'x');
  let go = (): void => {};
  const lent = parent.lend(() => new Promise<void>((resolve) => (go = resolve)), new AbortController().signal);
  t.is(slots.free.get('a'), 1);
  const child = slots.take('a', 'y');
  go();
  await Promise.resolve();
  child.release();
  await lent;
  t.is(slots.free.get('a'), 0);
  parent.release();
  t.is(slots.free.get('a'), 1);
});

test('who is told to end waits for no slot, and gives back none', async (t) => {
  const slots = new Slots('/w', () => {});
  slots.configure(new Map([['a', 1]]));
  const parent = slots.take('a', 'x');
  const stop = new AbortController();
  let go = (): void => {};
  const lent = parent.lend(() => new Promise<void>((resolve) => (go = resolve)), stop.signal);
  const child = slots.take('a', 'y');
  go();
  await Promise.resolve();
  stop.abort();
  await lent;
  parent.release();
  t.is(slots.free.get('a'), 0);
  child.release();
  t.is(slots.free.get('a'), 1);
});

test('a worker that is configured no more lets its builds go on', async (t) => {
  const slots = new Slots('/w', () => {});
  slots.configure(new Map([['a', 2]]));
  const parent = slots.take('a', 'x');
  const lent = parent.lend(() => Promise.resolve(slots.configure(new Map())), new AbortController().signal);
  await lent;
  t.is(slots.free.get('a'), 0);
  parent.release();
});

test('no two builds share a folder, and no two builders', (t) => {
  const slots = new Slots('/w', () => {});
  const [one, two] = [slots.take('a', 'x'), slots.take('a', 'x')];
  t.deepEqual([one.folder, two.folder], ['/w/a/x', '/w/a/x.2']);
  one.release();
  t.is(slots.take('a', 'x').folder, '/w/a/x');
  const names = ['a b', 'a_b', '..', 'x'.repeat(200), `${'x'.repeat(200)}y`, 'ä', '/'];
  t.is(new Set(names.map(folderName)).size, names.length);
  for (const name of names) t.regex(folderName(name), /^[\w-]{1,109}$/);
});
