/*
 * Two masters of bbctl's own that `bbctl upgrade` starts and drains as an operator would have it: by a script that puts
 * them into the background, REST, and signals to pid files. Nobody holds their processes.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Control, ControlVerb } from '../../src/lib/model/inventory.js';
import type { UpgradeReport } from '../../src/lib/upgrade/events.js';
import { until } from './buildbot/until.js';
import { startBbctl, type CliResult, type RunningCli } from './cli.js';
import { databaseFrom, type EngineName, type TestDatabase } from './database.js';
import { closedPort } from './network.js';
import { isRunning } from './processes.js';
import { insertRevision } from './recordings.js';

export type Key = 'blue' | 'green';
export const names: Record<Key, string> = { blue: 'ci1:/srv/blue', green: 'ci2:/srv/green' };

/** What `control.start` does: like the real one, or otherwise. */
export type StartWay = 'well' | 'fails' | 'lies' | 'crashes' | 'hangs';

type Controls = Partial<Record<ControlVerb, Control | { exec: readonly string[]; timeout: string }>>;

export type StoredDatabase = Pick<TestDatabase, 'url' | 'query'>;

export interface SiteOptions {
  readonly engine?: EngineName;
  /** Another address of the database: a server of the test's own. */
  readonly database?: StoredDatabase;
  /** Beside `start` and `kill`; the defaults of the others are REST. */
  readonly control?: Partial<Record<Key, Controls>>;
}

const token = 's3cret';
const script = `#!/bin/sh
echo "$1" >> starts
case $(cat "$1.how" 2>/dev/null) in
fails) echo "no room in $1"; exit 1 ;;
lies) exit 0 ;;
hangs) sleep 600 ;;
esac
setsid "$NODE" "$RUN" master run --config cluster.yaml --name "$1" --pid-file "$1.pid" --work-dir work --log-format json >> "$1.log" 2>&1 < /dev/null &
echo "$1 $!" >> pids
if [ "$(cat "$1.how" 2>/dev/null)" = crashes ]; then
  setsid sh -c "while ! grep -q 'joined the cluster' $1.log; do kill -0 $! || exit; sleep 0.05; done; kill -9 $!" < /dev/null > /dev/null 2>&1 &
fi
`;

export class UpgradingMasters {
  readonly folder: string;
  readonly database: StoredDatabase;
  private readonly env: Record<string, string>;

  private constructor(folder: string, database: StoredDatabase) {
    this.folder = folder;
    this.database = database;
    this.env = { NODE: process.execPath, RUN: path.resolve('bin', 'run.js') };
  }

  /** Blue runs, holds all services, and builds until the gate is opened; green never ran. */
  static async begin(t: ExecutionContext, options: SiteOptions = {}): Promise<UpgradingMasters> {
    const database = options.database ?? (await freshDatabase(t, options.engine ?? 'sqlite'));
    const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'bbctl-upgrade-')));
    const site = new UpgradingMasters(folder, database);
    t.teardown(() => site.end(t));
    writeFileSync(path.join(folder, 'token'), token, { mode: 0o600 });
    writeFileSync(path.join(folder, 'start.sh'), script, { mode: 0o700 });
    await site.configure(options.control);
    await site.begunByHand('blue');
    await until('blue builds', async () => (await database.query('SELECT id FROM builds')).length > 0);
    return site;
  }

  /** Writes the cluster.yaml. */
  async configure(control: SiteOptions['control'] = {}): Promise<void> {
    const gated = `until [ -e ${this.at('open')} ]; do [ -d ${this.folder} ] || exit 1; sleep 0.1; done`;
    const builder = (command: string): object => ({ workers: ['local'], collapseRequests: false, steps: [{ shell: command }] }); // prettier-ignore
    const config = {
      database: this.database.url,
      expireAfter: '8s',
      tokenFile: 'token',
      masters: { blue: await this.section('blue', control), green: await this.section('green', control) },
      workers: { local: { local: true, slots: 4 } },
      builders: { slow: builder(gated), quick: builder('true') },
      schedulers: {
        hourly: { type: 'periodic', every: '1h', builders: ['slow'] },
        nightly: { type: 'nightly', cron: '0 3 1 1 *', builders: ['quick'] },
        force: { type: 'force', builders: ['slow', 'quick'] },
      },
    };
    writeFileSync(this.at('cluster.yaml'), JSON.stringify(config, null, 1));
  }

  private readonly ports = new Map<Key, number>();

  private async section(key: Key, control: SiteOptions['control']): Promise<object> {
    const port = this.ports.get(key) ?? (await closedPort());
    this.ports.set(key, port);
    const start = { exec: ['./start.sh', key] };
    const kill = { signal: 'KILL', pidFile: this.at(`${key}.pid`) };
    return { name: names[key], listen: `127.0.0.1:${port}`, control: { start, kill, ...control?.[key] } };
  }

  at(file: string): string {
    return path.join(this.folder, file);
  }

  /** `bbctl upgrade`, of which nobody has to confirm anything. */
  upgrade(...words: string[]): RunningCli {
    return this.bbctl('upgrade', ...words, ...(words.includes('--dry-run') ? [] : ['--yes']));
  }

  bbctl(...words: string[]): RunningCli {
    return startBbctl([...words, '--config', this.at('cluster.yaml')], { home: this.folder, cwd: this.folder, env: this.env, timeoutMs: 100_000 }); // prettier-ignore
  }

  /** From blue to green. */
  begun(...words: string[]): RunningCli {
    return this.upgrade('--drain', 'blue', '--start', 'green', ...words);
  }

  /** Killed as soon as it has printed this, before it can tidy anything up. */
  async killedAt(run: RunningCli, pattern: RegExp): Promise<void> {
    await run.waitForOutput(pattern);
    run.kill('SIGKILL');
    await run.finished;
  }

  /** How `control.start` goes from now on. */
  startGoes(key: Key, how: StartWay): void {
    writeFileSync(this.at(`${key}.how`), how);
  }

  /** How often `control.start` was run. */
  starts(key: Key): number {
    return linesOf(this.at('starts')).filter((line) => line === key).length;
  }

  /** By somebody, not by bbctl. Returns when it takes part. */
  async begunByHand(key: Key): Promise<void> {
    const counted = linesOf(this.at('starts'));
    execFileSync('./start.sh', [key], { cwd: this.folder, env: { ...process.env, ...this.env, HOME: this.folder, XDG_STATE_HOME: this.at('.local/state') } }); // prettier-ignore
    writeFileSync(this.at('starts'), counted.map((line) => `${line}\n`).join(''));
    await until(`${key} takes part`, async () => (await this.active()).includes(key));
  }

  pid(key: Key): number {
    return Number(readFileSync(this.at(`${key}.pid`), 'utf8'));
  }

  async kill9(key: Key): Promise<void> {
    const pid = this.pid(key);
    process.kill(pid, 'SIGKILL');
    await until(`${key} is gone`, () => !isRunning(pid));
  }

  /** Keys of those whose processes run, whatever the database says. */
  running(): Key[] {
    return (['blue', 'green'] as const).filter((key) => linesOf(this.at('pids')).some((line) => isOf(key, line)));
  }

  text(file: string): string {
    return readFileSync(this.at(file), 'utf8');
  }

  /** Of `--json`. */
  lastEvent({ stdout }: CliResult): { readonly report: UpgradeReport } {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { report: UpgradeReport };
  }

  async journal(): Promise<unknown> {
    const { json } = await startBbctl(['journal', '--json'], { home: this.folder }).finished;
    return (json() as { changes: unknown }).changes;
  }

  openGate(): void {
    writeFileSync(this.at('open'), '');
  }

  closeGate(): void {
    rmSync(this.at('open'), { force: true });
  }

  /** Asks this master for a build of each builder. */
  async force(key: Key): Promise<void> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'force', params: { owner: 'tests', reason: 'now' } });
    const url = `http://127.0.0.1:${this.ports.get(key)}/api/v2/forceschedulers/force`;
    await until(`${key} takes a request`, () =>
      fetch(url, { method: 'POST', headers, body }).then(({ ok }) => ok).catch(() => false)); // prettier-ignore
  }

  /** Keys of the masters whose row is active. */
  async active(): Promise<string[]> {
    const rows = await this.database.query('SELECT name FROM masters WHERE active = 1 ORDER BY name');
    return rows.map(({ name }) => keyOf(name));
  }

  /** Key of the master that holds each service. */
  async holders(): Promise<Record<string, string>> {
    const rows = await this.database.query(
      'SELECT schedulers.name AS service, masters.name AS master FROM scheduler_masters JOIN schedulers ON schedulers.id = schedulerid JOIN masters ON masters.id = masterid ORDER BY 1',
    );
    return Object.fromEntries(rows.map(({ service, master }) => [String(service), keyOf(master)]));
  }

  /** What is kept of an upgrade, and locks. */
  leftovers(): string[] {
    const found = execFileSync('find', [this.folder, '-name', 'upgrade-*.json', '-o', '-name', '*lock*'], { encoding: 'utf8' }); // prettier-ignore
    return found.split('\n').filter(Boolean);
  }

  /** What is kept of the upgrade. */
  saved(): { finished: string | null; text: string; file: string } {
    const files = execFileSync('find', [this.folder, '-name', 'upgrade-*.json'], { encoding: 'utf8' }).trim();
    const text = readFileSync(files, 'utf8');
    return { finished: (JSON.parse(text) as { finished: string | null }).finished, text, file: files };
  }

  private async end(t: ExecutionContext): Promise<void> {
    const pids = linesOf(this.at('pids'))
      .map((line) => Number(line.split(' ')[1]))
      .filter(isRunning);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await until('its masters are gone', () => !pids.some(isRunning));
    if (!t.passed) for (const key of ['blue', 'green']) t.log(`${key}:\n${linesOf(this.at(`${key}.log`)).join('\n')}`);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function freshDatabase(t: ExecutionContext, engine: EngineName): Promise<TestDatabase> {
  const database = await databaseFrom(engine, '3.7.0/fresh');
  t.teardown(() => database.close());
  await insertRevision(database, '3.7.0/fresh');
  return database;
}

/** `KEY PID` */
function isOf(key: Key, line: string): boolean {
  const [whose, pid] = line.split(' ');
  return whose === key && isRunning(Number(pid));
}

function keyOf(name: unknown): string {
  return Object.entries(names).find(([, one]) => one === name)?.[0] ?? String(name);
}

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** All that was asked for is built exactly once, but for what was begun anew because its master was killed. */
export async function verifyBuilt(t: ExecutionContext, { database }: UpgradingMasters, retried = 0): Promise<void> {
  const open = (): Promise<Record<string, unknown>[]> => database.query('SELECT id FROM buildrequests WHERE complete = 0');
  await until('all requests are complete', async () => (await open()).length === 0);
  const requests = await database.query('SELECT id, results FROM buildrequests');
  const builds = await database.query('SELECT buildrequestid AS request, results FROM builds');
  for (const { id, results } of requests) {
    const own = builds.filter(({ request, results: one }) => request === id && one !== 5);
    t.deepEqual([results, own.map((one) => one['results'])], [0, [0]], `request ${String(id)}`);
  }
  t.is(builds.filter(({ results }) => results === 5).length, retried, 'retried');
} // prettier-ignore

/** The upgrade is done: green serves, and blue has stopped. */
export async function verifyUpgraded(t: ExecutionContext, site: UpgradingMasters): Promise<void> {
  t.deepEqual(await site.active(), ['green']);
  t.deepEqual(await site.holders(), { hourly: 'green', nightly: 'green' });
  t.is(site.saved().finished, 'done');
}

/** As before the upgrade. */
export async function verifyTakenBack(t: ExecutionContext, site: UpgradingMasters): Promise<void> {
  t.deepEqual(await site.active(), ['blue']);
  t.deepEqual(await site.holders(), { hourly: 'blue', nightly: 'blue' });
  t.is(site.saved().finished, 'aborted');
}

export function verifyStatus(t: ExecutionContext, { status, stdout, stderr }: CliResult, expected: number): void {
  t.is(status, expected, stdout + stderr);
}
