/*
 * The data API of a master on a database, without the master: `URL`. It says its port, and what it has last asked the
 * database; told `later`, a minute is over for it, and what it has remembered forgotten.
 */
import { createAdaptorServer } from '@hono/node-server';
import type { AddressInfo } from 'node:net';
import type { Transaction } from '../../src/lib/db/connect.js';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { systemClock } from '../../src/lib/runtime/clock.js';
import { dataApp } from '../../src/lib/runtime/http/app.js';
import { noLog } from '../../src/lib/runtime/log.js';
import { openReading } from '../../src/lib/runtime/stores.js';

export interface Statement {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

const [url = ''] = process.argv.slice(2);
const reader = openReading({ location: parseDatabaseUrl(url), clock: systemClock });
let listening = false;
let statements: Statement[] = [];

/** Listens to the statements only where somebody wants to know them: it costs time. */
const glance = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
  reader.glance(async (tx) => {
    if (!listening) return work(tx);
    statements = [];
    const note = ({ sql, bindings }: Statement): void => void statements.push({ sql, bindings });
    tx.sql.on('query', note);
    return work(tx).finally(() => tx.sql.removeListener('query', note));
  });

const nothing = (): never => {
  throw new Error('nothing is told here');
};
const site = {
  self: () => ({ id: null, name: 'bench' }),
  reading: { glance, close: () => reader.close() },
  controls: { token: () => null, forceSchedulers: () => [], forceScheduler: nothing, force: nothing, cancelRequest: nothing },
  orders: { drain: nothing, cancelDrain: nothing, stop: nothing, reconfig: nothing, stopBuild: nothing },
  running: () => [],
  log: noLog,
}; // prettier-ignore
const app = await dataApp(site, '127.0.0.1');
const server = createAdaptorServer({ fetch: app.fetch });
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once('disconnect', () => process.exit(0));
let aheadMs = 0;
systemClock.monotonicMs = () => performance.now() + aheadMs;
process.on('message', (message: 'listen' | 'tell' | 'later') => {
  if (message === 'later') aheadMs += 60_001;
  else listening = message === 'listen';
  process.send?.({ statements });
});
