import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { UpgradeEvent, UpgradeReport } from '../../src/lib/upgrade/events.js';
import type { Bench } from './bench.js';
import { prepareCluster } from './master-process.js';
import { bbctl, run } from './process.js';
import type { Result } from './report.js';
import { onServers, type Place } from './servers.js';

const rounds = 4;
const services = 10;
const keys = ['blue', 'green'] as const;

/** One master of bbctl's own takes the place of another, there and back, while builds run: how long services are held by nobody. */
export async function* upgrade(bench: Bench): AsyncGenerator<Result> {
  yield* onServers(bench, 'upgrade', (place) => onServer(bench, place));
}

async function* onServer(bench: Bench, { engine, url }: Place): AsyncGenerator<Result> {
  const config = await prepare(bench.dir, url);
  try {
    await run({ ...bbctl(bench.dir, []), program: join(dirname(config), 'start-master'), args: ['blue'] });
    await untilActive(bench, config);
    const reports: UpgradeReport[] = [];
    for (let round = 0; round < rounds; round++) reports.push(await there(bench, config, round % 2 === 1));
    const unheld = reports.flatMap((report) => report.services.map((one) => one.unheld.atMost));
    const seconds = reports.map(({ startedAt, endedAt }) => endedAt - startedAt);
    const measured = `worst of ${unheld.length}`;
    // Looks come four times a second: what took no time at all may have taken as long as that.
    yield { what: `upgrade of a bbctl master, ${engine}: a service without a holder`, measured, value: Math.max(...unheld), unit: 's', target: engine === 'PostgreSQL' ? { atMost: 1 } : {} };
    const builds = reports.flatMap((report) => report.builds).length;
    const retried = reports.reduce((sum, report) => sum + report.retried, 0);
    yield { what: `the same: builds that were retried`, measured: `of ${builds}`, value: retried, unit: '', target: { atMost: 0 } };
    yield { what: `the same: the whole upgrade`, measured: `longest of ${rounds}`, value: Math.max(...seconds), unit: 's', target: {} };
  } finally {
    for (const key of keys) await end(join(dirname(config), `${key}.pid`));
  }
} // prettier-ignore

/** Each builds for a second, every other second, beside services that do nothing. */
async function prepare(dir: string, url: string): Promise<string> {
  const masters = keys.map((key) => `  ${key}: {name: ${key}, listen: "127.0.0.1:0", control: {start: {exec: [./start-master, ${key}]}}}`); // prettier-ignore
  const idle = Array.from({ length: services }, (_, i) => `  s${i}: {type: periodic, every: 1d, builders: [tests]}`);
  const file = await prepareCluster(dir, url, [
    'expireAfter: 15s',
    'tokenFile: token',
    'masters:',
    ...masters,
    'workers: {local: {local: true, slots: 2}}',
    'builders: {tests: {workers: [local], collapseRequests: false, steps: [{shell: sleep 1}]}}',
    'schedulers:',
    '  often: {type: periodic, every: 2s, builders: [tests]}',
    ...idle,
  ]);
  const folder = dirname(file);
  const { program, args } = bbctl(dir, ['master', 'run', '--config', file]);
  const script = `#!/bin/sh\ncd "${folder}"\nsetsid "${program}" ${args.map((arg) => `"${arg}"`).join(' ')} --name "$1" --pid-file "$1.pid" >>"$1.log" 2>&1 </dev/null &\n`; // prettier-ignore
  writeFileSync(join(folder, 'start-master'), script);
  chmodSync(join(folder, 'start-master'), 0o755);
  writeFileSync(join(folder, 'token'), 'bench', { mode: 0o600 });
  return file;
}

async function untilActive(bench: Bench, config: string): Promise<void> {
  const look = () => run({ ...bbctl(bench.dir, ['masters', '--json', '--config', config]), accepts: [0] });
  for (let tries = 0; tries < 100; tries++) if ((await look()).stdout.includes('"active"')) return;
  throw new Error('no master became active');
}

async function there(bench: Bench, config: string, isBack: boolean): Promise<UpgradeReport> {
  const [from, to] = isBack ? ['green', 'blue'] : ['blue', 'green'];
  const args = ['upgrade', '--drain', from, '--start', to, '--config', config, '--yes', '--json'];
  const { stdout } = await run(bbctl(bench.dir, args));
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as UpgradeEvent;
  if (last.event !== 'report') throw new Error('an upgrade ended without a report');
  return last.report;
}

/** The second time it ends its builds, too. */
async function end(pidFile: string): Promise<void> {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    process.kill(pid, 'SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended.
  }
}
