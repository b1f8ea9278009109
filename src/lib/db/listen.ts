import type { EventEmitter } from 'node:events';
import { channel, topics } from './announcements.js';
import type { Topic } from './announcements.js';
import { openRaw } from './connect.js';
import type { OpenOptions } from './connect.js';
import type { Location } from './url.js';

/** A session that listens, on PostgreSQL. */
export interface Listening {
  /** Settled when the session is lost or closed: then nothing more is heard. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

interface RawPostgres extends EventEmitter {
  query(sql: string): Promise<unknown>;
}

interface RawClient {
  acquireConnection(): Promise<RawPostgres>;
  releaseConnection(connection: RawPostgres): Promise<void>;
}

/** Calls `heard` for each announcement, until it has ended. */
export async function listen(
  location: Location,
  options: OpenOptions,
  heard: (topic: Topic) => void,
): Promise<Listening> {
  const knex = await openRaw(location, options);
  const client = knex.client as RawClient;
  const connection = await client.acquireConnection();
  const ended = new Promise<void>((resolve) => {
    for (const event of ['end', 'error']) connection.once(event, () => resolve());
  });
  connection.on('notification', ({ payload }: { payload?: string }) => {
    const topic = topics.find((one) => one === payload);
    if (topic) heard(topic);
  });
  await connection.query(`LISTEN ${channel}`);
  const close = async (): Promise<void> => {
    await client.releaseConnection(connection);
    await knex.destroy();
  };
  return { ended, close };
}
