import { getEventListeners } from 'node:events';
import test from 'ava';
import { unlessAborted } from '../../../src/lib/runtime/aborted.js';

test('it waits for one of the two, and listens no longer', async (t) => {
  const life = new AbortController();
  await unlessAborted(Promise.resolve(), life.signal);
  t.deepEqual(getEventListeners(life.signal, 'abort'), []);
  await t.throwsAsync(unlessAborted(Promise.reject(new Error('lost')), life.signal), { message: 'lost' });
  t.deepEqual(getEventListeners(life.signal, 'abort'), []);
  const waiting = unlessAborted(new Promise(() => {}), life.signal);
  t.is(getEventListeners(life.signal, 'abort').length, 1);
  life.abort();
  await waiting;
  await unlessAborted(new Promise(() => {}), life.signal);
  t.pass();
});
