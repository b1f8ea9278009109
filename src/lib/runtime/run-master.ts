import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { readPlacedConfig } from '../cluster-file.js';
import type { PlacedConfig } from '../cluster-file.js';
import { masterNamed } from '../cluster-file/check.js';
import { parseDatabaseUrl } from '../db/url.js';
import type { Location } from '../db/url.js';
import { Failure } from '../errors.js';
import type { ClusterConfig, MasterConfig } from '../model/cluster-config.js';
import { list, printable } from '../model/names.js';
import { aborted } from './aborted.js';
import { systemClock } from './clock.js';
import { listenEarly } from './early-signals.js';
import { controlsOf } from './force-builds.js';
import type { Controls } from './force-builds.js';
import { serve } from './http/server.js';
import type { HttpServer } from './http/server.js';
import type { Site } from './http/site.js';
import type { Log } from './log.js';
import { Workshop } from './make-work.js';
import { Master } from './master.js';
import { keepPidFile } from './pid-file.js';
import type { Reader } from './reading.js';
import type { Store } from './store.js';
import { killOwn } from './workers/kill-own.js';
import { earOf, openReading, openStores } from './stores.js';
import { wakeBuildbots } from './wake-buildbots.js';
import type { WakingOptions } from './wake-buildbots.js';

export interface RunOptions {
  /** The `cluster.yaml`. */
  readonly file: string;
  /** The key of the master; not needed where there is only one. */
  readonly key: string | undefined;
  /** Over the database that the file names. */
  readonly db: string | undefined;
  readonly workDir: string;
  /** Says which process it is while it runs. */
  readonly pidFile: string | null;
  readonly log: Log;
}

/** Runs a master in this process until a signal stops it. */
export async function runMaster(options: RunOptions): Promise<void> {
  const tellEarly = listenEarly();
  const read = await readPlacedConfig(options.file);
  const section = masterIn(read.config, options.key);
  if (options.pidFile !== null)
    keepPidFile(options.pidFile, { key: section.key, file: path.resolve(read.config.file) });
  const running = await start(options, { ...read, section });
  const life = new AbortController();
  const waking = wakeBuildbots(wakingOf(running), life.signal);
  try {
    await untilStopped(running, tellEarly);
  } finally {
    life.abort();
    await waking;
    await running.server?.close();
    const stores = Object.values<Pick<Store, 'close'>>({ ...running.stores, reading: running.reading });
    await Promise.all(stores.map((store) => store.close()));
  }
}

interface Running {
  readonly master: Master;
  readonly workshop: Workshop;
  readonly stores: ReturnType<typeof openStores>;
  readonly reading: Reader;
  server: HttpServer | null;
  readonly log: Log;
  configured: Configured;
  /** One after the other, however many ask. */
  reloaded: Promise<string | null>;
}

/** What the file says, as it was last taken over. */
type Configured = Pick<PlacedConfig, 'config' | 'inventory'> & { readonly section: MasterConfig };

async function start(options: RunOptions, configured: Configured): Promise<Running> {
  const { log } = options;
  const { config, section } = configured;
  const { expireAfterMs } = config;
  const workDir = path.join(options.workDir, section.key);
  mkdirSync(workDir, { recursive: true, mode: 0o700 });
  const opening = { location: locationOf(options, config), expireAfterMs, clock: systemClock };
  const stores = openStores(opening);
  const workshop = new Workshop(workDir);
  const name = section.name ?? `${hostname()}:${path.dirname(path.resolve(config.file))}`;
  const work = workshop.make(config, section);
  const reconfig = (): Promise<string | null> =>
    (running.reloaded = running.reloaded.then(() => reload(options, running, section)));
  const settings = { name, expireAfterMs, work, workDir, stores, clock: systemClock, log, reconfig };
  const master = new Master({ ...settings, ear: earOf(opening, log) });
  const reading = openReading(opening);
  const running: Running = {
    master,
    workshop,
    stores,
    reading,
    log,
    configured,
    server: null,
    reloaded: Promise.resolve(null),
  };
  const ground = { membership: master.membership, store: stores.work, wakeUps: master.wakeUps };
  const site = siteOf(running, controlsOf(ground, () => running.configured)); // prettier-ignore
  const server = section.listen ? await serve(master, site, section.listen) : null;
  log.info('starting', { name, database: opening.location.label });
  if (server) master.listen = `${server.address.host}:${server.address.port}`;
  if (server) log.info('listening', { http: master.listen });
  running.server = server;
  return running;
}

/** What it has to do with whoever asks over HTTP. */
function siteOf({ master, reading, log }: Running, controls: Controls): Site {
  const { membership } = master;
  let id: number | null = null;
  const self = (): ReturnType<Site['self']> => ({ id: (id = membership.trusted?.id ?? id), name: membership.name });
  return { self, reading, controls, orders: master.orders, running: () => master.running, log };
}

function wakingOf(running: Running): WakingOptions {
  const { master, stores, log } = running;
  return {
    store: stores.work,
    clock: systemClock,
    log,
    wakeUps: master.wakeUps,
    inventory: () => running.configured.inventory,
    isMine: () => master.isSpokesman,
  };
}

function masterIn(config: ClusterConfig, key: string | undefined): MasterConfig {
  if (key !== undefined) return masterNamed(config, key);
  const [only, ...others] = config.masters;
  if (only && others.length === 0) return only;
  throw new Failure('usage', `${config.file} has ${config.masters.length} masters of bbctl's own: which one is this?`, {
    try: `Name it with --name: ${list(config.masters.map((master) => printable(master.key)))}.`,
  });
}

function locationOf({ db }: RunOptions, { file, database }: ClusterConfig): Location {
  if (db !== undefined) return parseDatabaseUrl(db);
  if (database !== null) return parseDatabaseUrl(database, path.dirname(path.resolve(file)));
  throw new Failure('usage', `${file} names no database.`, { try: 'Add "database: URL" to it, or use --db.' });
}

/** What hangs is not waited for. */
const quickMs = 10_000;

/**
 * The first signal drains it, the second has it stop quickly, the third at once; SIGUSR1 only drains, and SIGHUP has it read
 * its file again.
 */
async function untilStopped({ master, log }: Running, tellEarly: ReturnType<typeof listenEarly>): Promise<void> {
  const [drain, quick] = [new AbortController(), new AbortController()];
  const onStop = (signal: NodeJS.Signals): void => {
    if (quick.signal.aborted) return exitAtOnce(log);
    log.info(drain.signal.aborted ? 'stopping quickly' : 'stopping', { signal });
    (drain.signal.aborted ? quick : drain).abort();
  };
  const onDrain = (): void => master.orders.drain();
  const onHangup = (): void => void master.orders.reconfig();
  const handlers = [['SIGTERM', onStop], ['SIGINT', onStop], ['SIGUSR1', onDrain], ['SIGHUP', onHangup]] as const; // prettier-ignore
  for (const [signal, handler] of handlers) process.on(signal, handler);
  tellEarly((signal) => (signal === 'SIGHUP' ? onHangup : onDrain)());
  try {
    const inTime = aborted(quick.signal).then(() => systemClock.sleep(quickMs));
    await Promise.race([master.run(drain.signal, quick.signal), inTime]);
  } finally {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  }
}

function exitAtOnce(log: Log): never {
  log.warn('killed');
  killOwn();
  process.exit(1);
}

/** A file that is not right changes nothing; returns what is not right about it. */
async function reload(options: RunOptions, running: Running, before: MasterConfig): Promise<string | null> {
  const { master, workshop, log } = running;
  try {
    const { config, inventory } = await readPlacedConfig(options.file);
    const section = masterNamed(config, before.key);
    const fixed = ['name', 'listen', 'workerListen'] as const;
    for (const setting of fixed)
      if (JSON.stringify(section[setting]) !== JSON.stringify(before[setting]))
        log.warn('takes a restart', { setting });
    master.configure(workshop.make(config, section));
    running.configured = { config, inventory, section };
    master.wakeUps.announce(['requests']);
    if (config.expireAfterMs !== master.membership.expireAfterMs)
      log.warn('takes a restart', { setting: 'expireAfter' });
    log.info('took the changed configuration over', { file: config.file });
    return null;
  } catch (error) {
    const lines = (error as Error).message.split('\n').map((line) => line.trim());
    log.error(`the configuration is not taken over: ${lines.join(' ')}`);
    return lines.join(' ');
  }
}
