import { bbctl, type CliResult } from '../cli.js';
import type { Master } from './master.js';

interface Masters {
  masters: { id: number; name: string; state: string }[];
}

interface Requests {
  requests: { id: number }[];
}

/** What bbctl calls the master. */
export async function readState(db: { url: string }, master: Pick<Master, 'name'>): Promise<string | undefined> {
  const { masters } = await read<Masters>(db, ['masters', '--json']);
  return masters.find(({ name }) => name === master.name)?.state;
}

export async function readStuckRequests(db: { url: string }): Promise<number[]> {
  const { requests } = await read<Requests>(db, ['requests', '--stuck', '--json']);
  return requests.map(({ id }) => id);
}

/** As an administrator runs it after a crash: no names. */
export function expire(db: { url: string }): Promise<CliResult> {
  return bbctl(['masters', 'expire', '--yes'], { db: db.url });
}

async function read<View>(db: { url: string }, args: string[]): Promise<View> {
  const { status, stdout, stderr, json } = await bbctl(args, { db: db.url });
  if (status !== 0) throw new Error(`bbctl ${args.join(' ')} ended with status ${status}:\n${stdout}${stderr}`);
  return json() as View;
}
