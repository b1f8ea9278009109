import type { Bench } from './bench.js';
import { builds } from './measure-builds.js';
import { claims } from './measure-claims.js';
import { expire } from './measure-expire.js';
import { forget, forgetInnodb } from './measure-forget.js';
import { health } from './measure-health.js';
import { idle } from './measure-idle.js';
import { logs } from './measure-logs.js';
import { memoryOfBuilds } from './measure-memory.js';
import { rest } from './measure-rest.js';
import { startUp } from './measure-start-up.js';
import { statusOnPostgres, statusOnSqlite } from './measure-status.js';
import { takeOver } from './measure-take-over.js';
import { upgrade } from './measure-upgrade.js';
import type { Result } from './report.js';

export interface Measure {
  /** What `--only` is matched against. */
  name: string;
  run(bench: Bench): AsyncIterable<Result>;
}

export const measures: Measure[] = [
  { name: 'start-up', run: startUp },
  { name: 'status-postgres', run: statusOnPostgres },
  { name: 'status-sqlite', run: statusOnSqlite },
  { name: 'health', run: health },
  { name: 'expire', run: expire },
  { name: 'forget-postgres', run: forget },
  { name: 'forget-innodb', run: forgetInnodb },
  { name: 'take-over', run: takeOver },
  { name: 'idle', run: idle },
  { name: 'builds', run: builds },
  { name: 'claims', run: claims },
  { name: 'logs', run: logs },
  { name: 'rest', run: rest },
  { name: 'memory', run: memoryOfBuilds },
  { name: 'upgrade', run: upgrade },
];
