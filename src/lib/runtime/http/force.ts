import { printable } from '../../model/names.js';
import type { Controls } from '../force-builds.js';
import type { ForceRequest } from '../schedulers/force.js';
import type { Call } from './json-rpc.js';
import { codes, Refusal } from './json-rpc.js';

/** The method `force` of a force scheduler, as Buildbot's: returns the buildset and its requests, by their builders. */
export async function forceBuilds(controls: Controls, name: string, { params }: Call): Promise<unknown> {
  const scheduler = controls.forceScheduler(name);
  if (!scheduler) throw new Refusal(404, `There is no force scheduler ${printable(name)} on this master.`);
  const request = await parseRequest(params);
  const { buildsetId, requestIds } = await controls.force(scheduler, request);
  return [buildsetId, Object.fromEntries(requestIds)];
}

async function parseRequest(params: Call['params']): Promise<ForceRequest> {
  const v = await import('valibot');
  const text = v.optional(v.string());
  const stamp = { branch: text, revision: text, repository: text, project: text };
  const schema = v.strictObject({
    owner: v.optional(v.string(), 'somebody over REST'),
    reason: text,
    builderNames: v.optional(v.array(v.string())),
    properties: v.optional(v.record(v.string(), v.unknown())),
    codebase: v.optional(v.string(), ''),
    ...stamp,
  });
  const parsed = v.safeParse(schema, params);
  if (parsed.success) return requestOf(parsed.output);
  const where = v.getDotPath(parsed.issues[0]) ?? 'params';
  throw new Refusal(400, `"${printable(where)}" is not as "force" takes it.`, codes.invalidParams);
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
