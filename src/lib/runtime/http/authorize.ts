import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import type { Controls } from '../force-builds.js';
import { Refusal } from './json-rpc.js';

/**
 * Only for who shows the token, only as JSON, and from no other site's page: that can make a browser send none of it
 * without being asked first. Throws a `Refusal`.
 */
export function authorize(context: Context, { token }: Pick<Controls, 'token'>): void {
  const wanted = token();
  if (wanted === null) throw new Refusal(403, 'This master takes no orders: cluster.yaml names no tokenFile.');
  const shown = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1];
  if (shown === undefined || !isSameToken(shown, wanted))
    throw new Refusal(401, 'Show the token of cluster.yaml: "Authorization: Bearer TOKEN".');
  if (!/^application\/json\b/.test(context.req.header('content-type') ?? ''))
    throw new Refusal(415, 'What is asked must be application/json.');
  if (context.req.header('origin') !== undefined && !hasOwnOrigin(context))
    throw new Refusal(403, "A page of another site may not give orders: its Origin is not this master's.");
}

/** In a time that tells nothing. */
export function isSameToken(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** Does the browser say that it was a page of this master's which asked? */
export function hasOwnOrigin(context: Context): boolean {
  const origin = context.req.header('origin');
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === context.req.header('host');
}
