import type { Context } from 'hono';
import { Failure } from '../../errors.js';
import { printable } from '../../model/names.js';
import type { Log } from '../log.js';

export function notFound(what: string): Failure {
  return new Failure('notFound', `There is nothing at "${printable(what)}".`);
}

const statuses: Partial<Record<Failure['code'], 400 | 404>> = { usage: 400, notFound: 404 };

/** As Buildbot: `{"error": "…"}`. What the database or a bug has to say is for the log, not for whoever asks. */
export function answerError(context: Context, error: unknown, log: Log): Response {
  const status = error instanceof Failure && !error.cause ? statuses[error.code] : undefined;
  if (status !== undefined) return context.json({ error: (error as Failure).message }, status);
  log.warn(`could not answer over HTTP: ${(error as Error).message}`, { path: printable(context.req.path) });
  if (!(error instanceof Failure)) return context.json({ error: 'That failed; the log of this master says why.' }, 500);
  const why = error.code === 'timedOut' ? 'did not answer in time: ask for less, or later' : 'does not answer';
  return context.json({ error: `The database ${why}.` }, 503, { 'retry-after': '5' });
}
