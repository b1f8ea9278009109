import type { AddressInfo } from 'node:net';
import { Failure } from '../../errors.js';
import type { Address } from '../../model/cluster-config.js';
import type { Master } from '../master.js';
import { appOf } from './app.js';
import type { Site } from './site.js';

export interface HttpServer {
  /** Where it listens; the port is the one that was given where none was asked for. */
  readonly address: Address;
  close(): Promise<void>;
}

/** A client that sends, or takes, byte by byte must not keep a place for ever. */
const patience = { headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 5000 };
const idleMs = 60_000;
const mostConnections = 200;

/** Throws a `Failure` where somebody else listens there. */
export async function serve(master: Master, site: Site, { host, port }: Address): Promise<HttpServer> {
  const [app, { createAdaptorServer }] = await Promise.all([appOf(master, site, host), import('@hono/node-server')]);
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions: patience });
  server.maxConnections = mostConnections;
  server.setTimeout(idleMs);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: Error) => reject(notThere(host, port, error)));
    server.listen(port, host, resolve);
  });
  const given = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
  return { address: { host, port: given.port }, close };
}

function notThere(host: string, port: number, cause: Error): Failure {
  return new Failure('refused', `Nothing can listen on ${host}:${port}: ${cause.message}.`, {
    try: 'Does another master run there? Choose another port with "listen" in cluster.yaml.',
    cause,
  });
}
