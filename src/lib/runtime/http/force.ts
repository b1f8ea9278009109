import type { Context } from 'hono';
import { NotHolder, NotMember } from '../../db/fence.js';
import { Failure } from '../../errors.js';
import { printable } from '../../model/names.js';
import type { Controls } from '../force-builds.js';
import type { ForceRequest } from '../schedulers/force.js';
import { refusal } from './authorize.js';

const methodNotFound = -32601;
const invalidParams = -32602;

/** `POST /api/v2/forceschedulers/NAME`, the JSON-RPC method `force`, as Buildbot's: answers with the buildset and its requests. */
export function forceBuilds(controls: Controls) {
  return async (context: Context): Promise<Response> => {
    const name = context.req.param('name') ?? '';
    const scheduler = controls.forceScheduler(name);
    if (!scheduler) return context.json(refusal(`There is no force scheduler ${printable(name)} on this master.`), 404);
    const call = await parseCall(await context.req.json().catch(() => null));
    if (!call) return context.json(refusal('That is no call of JSON-RPC 2.0, or its params are not right.', invalidParams), 400); // prettier-ignore
    if (call.method !== 'force') return context.json(refusal('A force scheduler knows "force" alone.', methodNotFound, call.id), 400); // prettier-ignore
    try {
      const { buildsetId, requestIds } = await controls.force(scheduler, call.request);
      return context.json({ jsonrpc: '2.0', id: call.id, result: [buildsetId, Object.fromEntries(requestIds)] });
    } catch (error) {
      const isAway = error instanceof NotHolder || error instanceof NotMember;
      if (isAway) return context.json(refusal('This master is not in the cluster at the moment.', -32000, call.id), 503);
      if (!(error instanceof Failure)) throw error;
      return context.json(refusal(error.message, invalidParams, call.id), error.code === 'usage' ? 400 : 503);
    }
  };
} // prettier-ignore

interface Call {
  readonly method: string;
  readonly id: string | number | null;
  readonly request: ForceRequest;
}

async function parseCall(body: unknown): Promise<Call | null> {
  const v = await import('valibot');
  const text = v.optional(v.string());
  const stamp = { branch: text, revision: text, repository: text, project: text };
  const params = v.strictObject({
    owner: v.optional(v.string(), 'somebody over REST'),
    reason: text,
    builderNames: v.optional(v.array(v.string())),
    properties: v.optional(v.record(v.string(), v.unknown())),
    codebase: v.optional(v.string(), ''),
    ...stamp,
  });
  const call = v.object({
    jsonrpc: v.literal('2.0'),
    method: v.string(),
    id: v.optional(v.union([v.string(), v.number(), v.null()]), null),
    params: v.optional(params, {}),
  });
  const parsed = v.safeParse(call, body);
  if (!parsed.success) return null;
  const { method, id, params: given } = parsed.output;
  return { method, id, request: requestOf(given) };
}

type Params = {
  readonly owner: string;
  readonly reason?: string | undefined;
  readonly builderNames?: string[] | undefined;
  readonly properties?: Record<string, unknown> | undefined;
  readonly codebase: string;
} & { readonly [field in (typeof stampFields)[number]]?: string | undefined };

const stampFields = ['branch', 'revision', 'repository', 'project'] as const;

/** Without a word about the source, the scheduler's own codebases are built. */
function requestOf({ owner, reason, builderNames, properties, codebase, ...rest }: Params): ForceRequest {
  const said = stampFields.filter((field) => rest[field] !== undefined);
  const stamp = { codebase, ...Object.fromEntries(said.map((field) => [field, rest[field]])) };
  return {
    owner,
    ...(reason === undefined ? {} : { reason }),
    ...(properties === undefined ? {} : { properties }),
    ...(builderNames === undefined ? {} : { builders: builderNames }),
    ...(said.length === 0 ? {} : { stamps: [stamp] }),
  };
}
