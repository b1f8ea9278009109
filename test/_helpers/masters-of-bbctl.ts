/* Masters of bbctl's own, in this process, on a real database and the real clock. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { systemClock } from '../../src/lib/runtime/clock.js';
import type { Log } from '../../src/lib/runtime/log.js';
import { Master } from '../../src/lib/runtime/master.js';
import type { Work } from '../../src/lib/runtime/master.js';
import type { ClusteredService } from '../../src/lib/runtime/service.js';
import type { Stores } from '../../src/lib/runtime/stores.js';
import { earOf, openStores } from '../../src/lib/runtime/stores.js';

/** A service that counts its turns in the database: exactly as many as were fenced. */
export function ticking(name: string, everyMs = 50): ClusteredService & { readonly turns: number[] } {
  const turns: number[] = [];
  return {
    kind: 'scheduler',
    name,
    watches: ['changes'],
    turns,
    turn: (context) =>
      context.fenced([], (tx) => {
        turns.push(tx.now);
        return Promise.resolve(everyMs);
      }),
  };
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'bbctl-master-'));
}

export interface StartedMaster {
  readonly master: Master;
  readonly stores: Stores;
  readonly lines: string[];
  /** Settled when it has ended. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  /** As kill -9 does: nothing is written any more. */
  close(): Promise<void>;
}

export function startMaster(
  url: string,
  name: string,
  services: readonly ClusteredService[],
  { expireAfterMs = 5000, clock = systemClock } = {},
): StartedMaster {
  const registration = {
    builders: [{ name: 'tests', workers: ['w1'] }],
    services: services.map((service) => ({ kind: service.kind, name: service.name, className: 'bbctl.Ticking' })),
  };
  return startWork(url, name, { registration, services }, { expireAfterMs, clock });
}

/** The same with all that a configuration says. */
export function startWork(
  url: string,
  name: string,
  work: Work,
  { expireAfterMs = 5000, clock = systemClock, workDir = temporaryFolder() } = {},
): StartedMaster {
  const location = parseDatabaseUrl(url);
  const lines: string[] = [];
  const say = (message: string, fields?: object): void =>
    void lines.push(`${(performance.now() / 1000).toFixed(2)} ${message} ${JSON.stringify(fields ?? {})}`);
  const log: Log = { info: say, warn: say, error: say };
  const opening = { location, expireAfterMs, clock };
  const stores = openStores(opening);
  const master = new Master({
    name,
    expireAfterMs,
    work,
    workDir,
    stores,
    clock,
    log,
    ear: earOf(opening, log),
  });
  const stopping = new AbortController();
  const closing = async (): Promise<void> =>
    void (await Promise.all([stores.heart.close(), stores.work.close(), stores.builds.close()]));
  const ended = master.run(stopping.signal);
  ended.catch((error: unknown) => lines.push(String(error)));
  return { master, stores, lines, ended, stop: () => (stopping.abort(), ended.finally(closing)), close: closing };
}
