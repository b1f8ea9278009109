import { bbctl, type CliResult } from '../cli.js';
import type { Master } from './master.js';

interface Masters {
  masters: { id: number; name: string; state: string }[];
}

/** What bbctl calls the master. */
export async function readState(db: { url: string }, master: Pick<Master, 'name'>): Promise<string | undefined> {
  const { masters } = (await bbctl(['masters', '--json'], { db: db.url })).json() as Masters;
  return masters.find(({ name }) => name === master.name)?.state;
}

export async function readStuckRequests(db: { url: string }): Promise<number[]> {
  const { requests } = (await bbctl(['requests', '--stuck', '--json'], { db: db.url })).json() as {
    requests: { id: number }[];
  };
  return requests.map(({ id }) => id);
}

/** As an administrator runs it after a crash: no names. */
export function expire(db: { url: string }): Promise<CliResult> {
  return bbctl(['masters', 'expire', '--yes'], { db: db.url });
}
