// A program: a poller that polls until nothing is left to do, and kills itself (SIGKILL) before it writes for the nth time.
import type { Knex } from 'knex';
import { Database, type Transaction } from '../../src/lib/db/connect.js';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { GitPoller } from '../../src/lib/runtime/sources/git-poller.js';
import { pollerConfig } from './polling.js';
import { freeContext } from './service-context.js';

const [url = '', repository = '', workDir = '', killBefore = '0'] = process.argv.slice(2);
let writes = 0;

function onWrite(): void {
  if (++writes === Number(killBefore)) process.kill(process.pid, 'SIGKILL');
}

const verbs = ['insert', 'update', 'delete'] as const;
type Builder = Record<(typeof verbs)[number], (...args: unknown[]) => unknown>;

/** The same statements, counted. */
function counted(sql: Knex): Knex {
  return new Proxy(sql, {
    apply(target, self, args: unknown[]) {
      const builder = Reflect.apply(target as (...values: unknown[]) => unknown, self, args) as Builder;
      for (const verb of verbs) {
        const original = builder[verb].bind(builder);
        builder[verb] = (...values) => {
          onWrite();
          return original(...values);
        };
      }
      return builder;
    },
  });
}

const database = await Database.open(parseDatabaseUrl(url), { access: 'write', timeoutMs: 20_000, purpose: 'test' });
const write = database.write.bind(database);
database.write = (tables, work) => write(tables, (tx: Transaction) => work({ ...tx, sql: counted(tx.sql) }));
const context = freeContext(database, { id: 1, name: 'own-poller', kind: 'changesource' });
const poller = new GitPoller(pollerConfig(repository), { workDir });
while ((await poller.turn(context)) === 0);
process.stdout.write(String(writes));
await database.close();
