import { setTimeout as pause } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { bbctl } from '../cli.js';
import type { ChaosLog } from './chaos-log.js';
import { toggled } from './cluster-text.js';

/** Somebody else who writes for long; not while a master that was stopped as it wrote keeps everybody from it. */
export async function holdWriteLock(url: string, ms: number): Promise<void> {
  const location = parseDatabaseUrl(url);
  if (location.engine !== 'sqlite') return;
  // While it waited nothing else of this process would go on.
  const database = new Sqlite(location.file, { timeout: 100 });
  try {
    if (!begins(database)) return;
    await pause(ms);
    database.exec('ROLLBACK');
  } finally {
    database.close();
  }
}

function begins(database: Sqlite.Database): boolean {
  try {
    database.exec('BEGIN IMMEDIATE');
    return true;
  } catch {
    return false;
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
