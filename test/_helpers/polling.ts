import type { ExecutionContext } from 'ava';
import type { ChangeSourceConfig } from '../../src/lib/model/cluster-config.js';
import { GitPoller } from '../../src/lib/runtime/sources/git-poller.js';
import type { ServiceContext } from '../../src/lib/runtime/service.js';
import type { Connection } from './engines/connection.js';
import { databaseFrom, type EngineName, type TestDatabase } from './database.js';
import { createRepository, temporaryFolder, type GitRepository } from './git-repository.js';
import { freeContext, openFor, rememberingLog, type FreeContext } from './service-context.js';

export function pollerConfig(repository: string, more: Partial<ChangeSourceConfig> = {}): ChangeSourceConfig {
  const names = { name: 'own-poller', project: 'p', codebase: 'c', category: null };
  return { kind: 'git-poller', repository, branches: null, everyMs: 60_000, timeoutMs: 60_000, ...names, ...more };
}

export interface Polling {
  readonly db: TestDatabase;
  readonly repository: GitRepository;
  readonly context: FreeContext;
  readonly log: ReturnType<typeof rememberingLog>;
  readonly workDir: string;
  /** By a poller of its own, as after a fail-over on the same machine. */
  readonly poll: (more?: Partial<ChangeSourceConfig>) => Promise<number | null>;
  /** `branch comment` of the changes since the last call, in their order. */
  readonly changes: () => Promise<string[]>;
  readonly state: () => Promise<unknown>;
}

export async function startPolling(
  t: ExecutionContext,
  engine: EngineName = 'sqlite',
  fixture = '3.7.0/killed',
): Promise<Polling> {
  const db = await databaseFrom(engine, fixture);
  t.teardown(() => db.close());
  const log = rememberingLog();
  const context = freeContext(await openFor(t, db), { id: 1, name: 'own-poller', kind: 'changesource', log });
  const repository = createRepository(t);
  const workDir = temporaryFolder(t);
  let last = await newestChange(db);
  return {
    ...{ db, repository, context, log, workDir },
    poll: (more) => new GitPoller(pollerConfig(repository.path, more), { workDir }).turn(context),
    async changes() {
      const rows = await db.query('SELECT changeid, branch, comments FROM changes WHERE changeid > ? ORDER BY changeid', [last]); // prettier-ignore
      last = Number(rows.at(-1)?.['changeid'] ?? last);
      return rows.map((row) => `${String(row['branch'])} ${String(row['comments'])}`);
    },
    state: () => readLastRev(db),
  };
}

export async function readLastRev(db: Pick<Connection, 'query'>, poller = 'own-poller'): Promise<unknown> {
  const [row] = await db.query(
    `SELECT s.value_json AS v FROM object_state s JOIN objects o ON o.id = s.objectid WHERE o.name = ? AND o.class_name = 'GitPoller' AND s.name = 'lastRev'`,
    [poller],
  );
  return row === undefined ? undefined : JSON.parse(String(row['v']));
}

/** As a master that stops after the first piece of a push. */
export function interruptedAfterChanges(context: ServiceContext): ServiceContext {
  const controller = new AbortController();
  const fenced: ServiceContext['fenced'] = async (tables, work) => {
    const result = await context.fenced(tables, work);
    if (tables.includes('change_files')) controller.abort();
    return result;
  };
  return { ...context, fenced, signal: controller.signal };
}

/** The recordings have changes of their own. */
async function newestChange(db: Pick<Connection, 'query'>): Promise<number> {
  const [row] = await db.query('SELECT MAX(changeid) AS id FROM changes');
  return Number(row?.['id'] ?? 0);
}
