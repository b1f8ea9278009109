import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, Next } from 'hono';
import type { Controls } from '../force-builds.js';

/**
 * Only for who shows the token, and only as JSON: a page on another site can make a browser send neither without being
 * asked first.
 */
export function authorize({ token }: Controls) {
  return async (context: Context, next: Next): Promise<Response | void> => {
    const wanted = token();
    if (wanted === null) return context.json(refusal('This master takes no orders: cluster.yaml names no tokenFile.'), 403); // prettier-ignore
    const shown = /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1];
    if (shown === undefined || !isSame(shown, wanted))
      return context.json(refusal('Show the token of cluster.yaml: "Authorization: Bearer TOKEN".'), 401);
    if (!/^application\/json\b/.test(context.req.header('content-type') ?? ''))
      return context.json(refusal('What is asked must be application/json.'), 415);
    await next();
  };
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** As JSON-RPC tells that something is not done. */
export function refusal(message: string, code = -32600, id: unknown = null): object {
  return { jsonrpc: '2.0', id, error: { code, message } };
}
