/*
 * A program: shows a scripted upgrade by the outlet, as the command does. With a number as its second word it stops
 * after that many events and waits for Ctrl-C.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { presenterFor } from '../../src/lib/ui/presenter.js';
import { upgradeOutlet } from '../../src/lib/ui/upgrade-outlets.js';
import * as scripts from './upgrade-script.js';

const [name = 'smooth', until] = process.argv.slice(2);
const events = scripts[name as 'smooth' | 'blocked' | 'wave' | 'nasty'];
const json = process.env['AS_JSON'] === '1';
const presenter = await presenterFor({ json, yes: true, typed: null });
const outlet = upgradeOutlet({ json, presenter });
const interrupted = until === undefined ? null : interruption();

for (const event of events.slice(0, until === undefined ? events.length : Number(until))) {
  outlet.emit(event);
  // Long enough for a frame.
  await sleep(30);
}
if (interrupted) {
  await interrupted;
  const running = { name: scripts.blue, role: 'old', outcome: 'running', killed: false, seconds: 9, error: null } as const; // prettier-ignore
  const report = scripts.reportWith({ status: 'interrupted', masters: [running], ways: ['bbctl upgrade --resume'] });
  outlet.emit({ event: 'report', report });
}
await outlet.end();
process.stdout.write('the end\n');

function interruption(): Promise<void> {
  const goesOn = setInterval(() => {}, 1000);
  return new Promise((resolve) => process.on('SIGINT', () => (clearInterval(goesOn), resolve())));
}
