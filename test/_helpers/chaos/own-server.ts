import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineName } from '../database.js';
import { startPostgres } from '../buildbot/postgres-server.js';
import type { Scope } from '../scope.js';
import type { ChaosDatabase } from './chaos-database.js';
import { startMariadb } from './mariadb-server.js';

/** An empty database, on a server of its own where it takes one. */
export async function ownDatabase(scope: Scope, engine: EngineName): Promise<ChaosDatabase> {
  if (engine === 'sqlite') {
    const dir = mkdtempSync(join(tmpdir(), 'bbctl-chaos-sqlite-'));
    scope.teardown(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
    return { engine, url: `sqlite:///${join(dir, 'state.sqlite')}` };
  }
  if (engine === 'postgres') {
    const server = await startPostgres(scope);
    return { engine, url: server.url, server };
  }
  const server = await startMariadb(scope);
  return { engine, url: storedIn(engine, server.url), server };
}

/** The same address, for a program that makes tables there. */
export function storedIn(engine: EngineName, url: string): string {
  if (engine !== 'myisam' && engine !== 'innodb') return url;
  return `${url}?storage_engine=${engine === 'myisam' ? 'MyISAM' : 'InnoDB'}`;
}
