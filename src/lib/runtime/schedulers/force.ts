import { sourced } from '../../model/buildset.js';
import type { AskedStamp } from '../../model/buildset.js';
import type { Codebase, Properties, SchedulerConfig } from '../../model/cluster-config.js';
import { list, printable } from '../../model/names.js';
import { Failure } from '../../errors.js';
import type { FencedTransaction } from '../service.js';
import { reasonOf } from './classes.js';
import { schedule } from './schedule.js';
import type { Scheduled } from './schedule.js';

/** What somebody fills in to have something built now. */
export interface ForceRequest {
  readonly owner: string;
  /** Not given: `force build`, as in Buildbot's form. */
  readonly reason?: string;
  readonly properties?: Properties;
  /** Some of the scheduler's; not given: all of them. */
  readonly builders?: readonly string[];
  /** By codebase; what is not said is the scheduler's. */
  readonly stamps?: readonly AskedStamp[];
}

type ForceConfig = Extract<SchedulerConfig, { kind: 'force' }>;

const source = 'Force Build Form';

/**
 * Asks for builds as Buildbot's form does. `tx` names `scheduleTables`. Throws a `Failure` where a builder or codebase is
 * not the scheduler's.
 */
export async function force(tx: FencedTransaction, config: ForceConfig, request: ForceRequest): Promise<Scheduled> {
  const { owner, reason = 'force build', builders = config.builders, stamps = [] } = request;
  verifyKnown(config, 'builder', builders, config.builders);
  verifyKnown(config, 'codebase', stamps.map(({ codebase }) => codebase), Object.keys(config.codebases)); // prettier-ignore
  const codebases = Object.fromEntries(Object.entries(config.codebases).map(([name, one]) => [name, asInForm(one)]));
  return schedule(tx, { ...config, codebases }, {
    reason: reasonOf(config, { owner, reason }),
    properties: sourced({ ...request.properties, reason, owner }, source),
    builders,
    stamps,
  }); // prettier-ignore
}

/** Fields that are left empty are texts. */
function asInForm({ repository, branch, revision }: Codebase): Codebase {
  return { repository, branch: branch ?? '', revision: revision ?? '' };
}

function verifyKnown({ name }: ForceConfig, what: string, asked: readonly string[], known: readonly string[]): void {
  const unknown = asked.filter((one) => !known.includes(one));
  if (asked.length > 0 && unknown.length === 0) return;
  if (what === 'codebase' && asked.length === 0) return;
  const which = unknown.length === 0 ? `no ${what} was named` : `it has no ${what} ${list(unknown.map(printable))}`;
  throw new Failure('usage', `Scheduler ${printable(name)} cannot be forced so: ${which}.`, {
    try: `It has: ${list(known.map((one) => printable(one) || "''"))}.`,
  });
}
