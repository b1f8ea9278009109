import type { Context } from 'hono';
import { NotHolder, NotMember } from '../../db/fence.js';
import { Failure } from '../../errors.js';
import type { Log } from '../log.js';

/** A call of JSON-RPC 2.0, as Buildbot takes them: with named params, one at a time. */
export interface Call {
  readonly method: string;
  readonly id: string | number | null;
  readonly params: Readonly<Record<string, unknown>>;
}

export const codes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** It was understood, and is not done. */
  refused: -32000,
} as const;

type Status = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 500 | 503;

/** Why something is not done. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: Status;
  readonly code: number;

  constructor(status: Status, message: string, code: number = codes.refused) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Throws a `Refusal` where it is none. */
export async function readCall(context: Context): Promise<Call> {
  const v = await import('valibot');
  const text = await context.req.text();
  const schema = v.object({
    jsonrpc: v.literal('2.0'),
    method: v.string(),
    id: v.optional(v.union([v.string(), v.number(), v.null()]), null),
    params: v.optional(v.record(v.string(), v.unknown()), {}),
  });
  const body = jsonOf(text);
  const parsed = v.safeParse(schema, body);
  if (parsed.success && !Array.isArray((body as { params?: unknown }).params)) return parsed.output;
  throw new Refusal(400, 'That is no call of JSON-RPC 2.0 with named params.', codes.invalidRequest);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'That is no JSON.', codes.parseError);
  }
}

/** As JSON-RPC tells that something is not done. */
export function refuse(context: Context, error: unknown, id: Call['id'], log: Log): Response {
  const { status, message, code } = refusalOf(error, log);
  return context.json({ jsonrpc: '2.0', id, error: { code, message } }, status);
}

/** What the database or a bug has to say is for the log: it may name what is nobody's business. */
function refusalOf(error: unknown, log: Log): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof NotHolder || error instanceof NotMember)
    return new Refusal(503, 'This master is not in the cluster at the moment.');
  if (error instanceof Failure && error.code === 'usage') return new Refusal(400, error.message, codes.invalidParams);
  log.warn(`could not do what was asked over HTTP: ${(error as Error).message}`);
  if (error instanceof Failure) return new Refusal(503, 'The database does not answer at the moment.');
  return new Refusal(500, 'That failed; the log of this master says why.', codes.internal);
}
