import type { AddressInfo } from 'node:net';
import { Failure } from '../../errors.js';
import type { Address } from '../../model/cluster-config.js';
import type { Controls } from '../force-builds.js';
import type { Master } from '../master.js';
import { appOf } from './app.js';

export interface HttpServer {
  /** Where it listens; the port is the one that was given where none was asked for. */
  readonly address: Address;
  close(): Promise<void>;
}

/** Throws a `Failure` where somebody else listens there. */
export async function serve(master: Master, controls: Controls, { host, port }: Address): Promise<HttpServer> {
  const [app, { createAdaptorServer }] = await Promise.all([appOf(master, controls), import('@hono/node-server')]);
  const server = createAdaptorServer({ fetch: app.fetch });
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
