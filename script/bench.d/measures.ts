import type { Bench } from './bench.js';
import { expire } from './measure-expire.js';
import { forget, forgetInnodb } from './measure-forget.js';
import { health } from './measure-health.js';
import { idle } from './measure-idle.js';
import { startUp } from './measure-start-up.js';
import { statusOnPostgres, statusOnSqlite } from './measure-status.js';
import { takeOver } from './measure-take-over.js';
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
];
