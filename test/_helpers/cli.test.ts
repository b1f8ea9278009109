import test from 'ava';
import { bbctl, startBbctl } from './cli.js';

test('bbctl runs, and what it prints and its status are seen', async (t) => {
  const { status, stdout, json } = await bbctl(['--version']);
  t.is(status, 0);
  t.regex(stdout, /^bbctl\/\d+\.\d+\.\d+/);
  t.throws(json, { message: /^bbctl --version did not print JSON/ });
  t.not((await bbctl(['no', 'such', 'command'])).status, 0);
});

test('bbctl can be watched and killed while it runs', async (t) => {
  const running = startBbctl(['--help']);
  t.is((await running.waitForOutput(/usage/i))[0].toLowerCase(), 'usage');
  await running.finished;
  await t.throwsAsync(running.waitForOutput(/never printed/), { message: /ended before/ });
  const killed = startBbctl(['--help']);
  killed.kill('SIGKILL');
  t.is((await killed.finished).status, 137);
});
