import { setTimeout as pause } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { bbctl } from '../cli.js';
import type { ChaosLog } from './chaos-log.js';
import { toggled } from './cluster-text.js';

/** Somebody else who writes for long. */
export async function holdWriteLock(url: string, ms: number): Promise<void> {
  const location = parseDatabaseUrl(url);
  if (location.engine !== 'sqlite') return;
  const database = new Sqlite(location.file, { timeout: 5000 });
  try {
    database.exec('BEGIN IMMEDIATE');
    await pause(ms);
    database.exec('ROLLBACK');
  } finally {
    database.close();
  }
}

/** A person's command, which may find the database away. */
export async function enable(url: string, isEnabled: boolean, log: ChaosLog): Promise<void> {
  for (let tries = 1; tries <= 10; tries++) {
    const { status, stderr } = await bbctl(['services', isEnabled ? 'enable' : 'disable', toggled, '--yes'], { db: url }); // prettier-ignore
    log.say(isEnabled ? 'enabled' : 'disabled', { status, stderr });
    if (status === 0) return;
    await pause(1000);
  }
}
