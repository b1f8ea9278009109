import { setTimeout as pause } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { readView } from '../../../src/lib/db/cluster-view.js';
import { Database } from '../../../src/lib/db/connect.js';
import type { Transaction } from '../../../src/lib/db/connect.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import type { Location } from '../../../src/lib/db/url.js';
import { systemClock } from '../../../src/lib/runtime/clock.js';
import { ReopeningStore } from '../../../src/lib/runtime/store.js';
import { epoch } from './chaos-log.js';

/** What was so at a moment, as an onlooker saw it. */
export interface Sample {
  /** Epoch seconds. */
  readonly at: number;
  /** Nothing kept the onlooker waiting: neither the database nor this machine. */
  readonly isSound: boolean;
  /** Service → key of the master that holds it. */
  readonly holders: ReadonlyMap<string, string>;
  readonly enabled: ReadonlySet<string>;
}

const everyMs = 250;
const lateSeconds = 1;

/** Looks at the database a few times a second, on a connection of its own that writes nothing. */
export class Sampler {
  readonly samples: Sample[] = [];
  /** What the poller had seen, whenever it was looked at. */
  readonly polledHeads = new Set<string>();
  readonly store: ReopeningStore;
  private readonly location: Location;

  constructor(url: string) {
    this.location = parseDatabaseUrl(url);
    const open = () => Database.open(this.location, { access: 'read', purpose: 'onlooker', timeoutMs: 2000 });
    this.store = new ReopeningStore(this.location.label, open, systemClock);
  }

  async run(signal: AbortSignal): Promise<void> {
    let last = epoch();
    while (!signal.aborted) {
      const sample = await this.look();
      const isLate = epoch() - last > lateSeconds;
      this.samples.push({ ...sample, isSound: sample.isSound && !isLate && this.isWritable() });
      last = epoch();
      await pause(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  private async look(): Promise<Sample> {
    try {
      return await this.store.glance((tx) => this.sample(tx));
    } catch {
      return { at: epoch(), isSound: false, holders: new Map(), enabled: new Set() };
    }
  }

  private async sample(tx: Transaction): Promise<Sample> {
    const { peers, services } = await readView(tx);
    const keys = new Map(peers.map(({ id, name }) => [id, name.replace(/:.*/, '')]));
    const held = services.flatMap(({ name, holderId }) => holderId === null ? [] : [[name, keys.get(holderId) ?? '?'] as const]); // prettier-ignore
    for (const head of await polledHeads(tx)) this.polledHeads.add(head);
    const enabled = new Set(services.filter((service) => service.enabled).map(({ name }) => name));
    return { at: epoch(), isSound: true, holders: new Map(held), enabled };
  }

  /** On SQLite one process that was stopped while it wrote keeps all others from writing. */
  private isWritable(): boolean {
    if (this.location.engine !== 'sqlite') return true;
    const database = new Sqlite(this.location.file, { timeout: 50 });
    try {
      database.exec('BEGIN IMMEDIATE; ROLLBACK');
      return true;
    } catch {
      return false;
    } finally {
      database.close();
    }
  }
}

async function polledHeads({ sql }: Transaction): Promise<string[]> {
  const row = await sql('object_state').where('name', 'lastRev').first<{ value_json: string } | undefined>('value_json'); // prettier-ignore
  return row ? Object.values(JSON.parse(String(row.value_json)) as Record<string, string>) : [];
}
