import * as v from 'valibot';
import { namesProperty } from '../model/properties.js';
import {
  anyName,
  anyText,
  argument,
  repository,
  duration,
  environment,
  flag,
  listOf,
  properties,
  settings,
  someOf,
  text,
} from './values.js';

/** Of `steps.name`. */
const mostOfStepName = 50;
export const mostOfBranch = 255;
export const mostOfRepository = 512;
export const mostOfCodebase = 256;

export const builder = settings('a builder', {
  workers: v.nullish(listOf(anyName), []),
  steps: v.nullish(v.array(v.unknown(), 'should be a list of steps'), []),
  description: v.nullish(anyText()),
  tags: v.nullish(listOf(text()), []),
  properties: v.nullish(properties, {}),
  env: v.nullish(environment, {}),
  collapseRequests: v.nullish(flag, true),
});

/** Buildbot's defaults. */
const common = {
  name: v.nullish(text(mostOfStepName)),
  haltOnFailure: v.nullish(flag, false),
  flunkOnFailure: v.nullish(flag, true),
  warnOnFailure: v.nullish(flag, false),
  alwaysRun: v.nullish(flag, false),
};

/** Here `null` says something: no limit. */
const limits = {
  timeout: v.optional(v.nullable(duration()), '20m'),
  maxTime: v.nullish(duration()),
};

/** What people say over REST must not become a program. */
const lineOnly =
  'should name no property in a line for the shell, which would run whatever its value says: put it into "env", like {BRANCH: "%(prop:branch)s"}, and write "$BRANCH"';
const shells = /(^|\/)(sh|bash|dash|ash|ksh|zsh)$/;

const command = v.union(
  [
    v.pipe(
      text(),
      v.check((line) => !namesProperty(line), lineOnly),
    ),
    v.pipe(
      v.array(anyText()),
      v.nonEmpty('is empty'),
      v.check((words) => !isShellLine(words), lineOnly),
    ),
  ],
  ({ input }) =>
    isShellLine(input) ? lineOnly : 'should be a line for the shell, or a list of a program and its arguments',
);

/** `[sh, -c, "make %(prop:target)s"]`, or the same as one text. */
function isShellLine(command: unknown): boolean {
  if (typeof command === 'string') return namesProperty(command);
  if (!Array.isArray(command)) return false;
  const [program, ...rest] = command.map(String);
  const at = rest.findIndex((word) => /^-\w*c$/.test(word));
  return shells.test(program ?? '') && at !== -1 && namesProperty(rest[at + 1] ?? '');
} // prettier-ignore

export const steps = {
  shell: settings('a shell step', { command, workdir: v.nullish(text()), env: v.nullish(environment, {}), ...common, ...limits }),
  git: settings('a git step', {
    repository: repository(mostOfRepository),
    branch: v.nullish(argument(mostOfBranch), 'HEAD'),
    codebase: v.nullish(anyText(mostOfCodebase), ''),
    workdir: v.nullish(text()),
    ...common,
    haltOnFailure: v.nullish(flag, true),
    ...limits,
  }),
  trigger: settings('a trigger step', {
    schedulers: someOf(text()),
    waitForFinish: v.nullish(flag, false),
    setProperties: v.nullish(properties, {}),
    ...common,
  }),
}; // prettier-ignore
