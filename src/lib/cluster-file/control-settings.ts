import { constants } from 'node:os';
import * as v from 'valibot';
import type { Path, Problem } from './problem.js';
import type { Settings } from './sections.js';
import { duration, isMapping, text } from './values.js';

/** One of the three ways to do something to a master. */
export const action = v.union(
  [
    v.strictObject({
      exec: v.pipe(v.array(text()), v.nonEmpty('should name a program')),
      timeout: v.optional(duration({ least: 1, most: 3600 })),
    }),
    v.strictObject({ signal: v.pipe(text(), v.check(isSignal, 'should be the name of a signal, like USR1')), pidFile: text() }),
    v.strictObject({ http: v.pipe(text(), v.check(isWeb, 'should be a URL of http or https')) }),
  ],
  'should be {exec: [program, argument, …], timeout: DURATION}, {signal: NAME, pidFile: FILE} or {http: URL}',
); // prettier-ignore

export type ControlAction = v.InferOutput<typeof action>;

function isSignal(name: string): boolean {
  return `SIG${name.toUpperCase().replace(/^SIG/, '')}` in constants.signals;
}

function isWeb(url: string): boolean {
  return URL.canParse(url) && /^https?:/i.test(url);
}

/** Actions that are of a right shape and can do nothing of the kind. */
export function controlProblems({ kind, control }: Settings, path: Path): Problem[] {
  if (!isMapping(control)) return [];
  const isOwn = kind !== 'buildbot';
  return Object.entries(control).flatMap(([verb, given]) => {
    const why = isMapping(given) ? impossible(verb, given, isOwn) : null;
    return why === null ? [] : [{ path: [...path, 'control', verb], message: why }];
  });
}

function impossible(verb: string, given: Settings, isOwn: boolean): string | null {
  if ('http' in given) return impossibleOverRest(verb, isOwn);
  if (!('signal' in given && 'pidFile' in given)) return null;
  if (verb === 'start') return 'cannot be a signal: there is no process yet';
  if (verb === 'status') return 'should be {exec: …}: the process of a pid file that another action names is looked at anyway'; // prettier-ignore
  const isQuick = isOwn && verb === 'stop' && !/^(SIG)?KILL$/i.test(String(given['signal']));
  return isQuick ? "should not be a signal: the first one drains a master of bbctl's own; {http: URL} stops it" : null;
}

function impossibleOverRest(verb: string, isOwn: boolean): string | null {
  if (verb === 'start' || verb === 'kill') return 'cannot be a URL: it wants no master that answers';
  if (verb === 'drain' || verb === 'stop') return isOwn ? null : "cannot be a URL: Buildbot's REST API has nothing that stops a master"; // prettier-ignore
  return null;
}
