import * as v from 'valibot';
import { roles } from '../model/cluster-config.js';
import { action } from './control-settings.js';
import { controlVerbs } from '../model/inventory.js';
import { address, anyName, choice, settings, someOf, text } from './values.js';

/** The key that names its incarnation among the objects is not longer. */
const mostOfName = 128;

const control = settings(
  'control',
  Object.fromEntries(controlVerbs.map((verb) => [verb, v.optional(action)])) as Record<
    (typeof controlVerbs)[number],
    v.OptionalSchema<typeof action, undefined>
  >,
);

const every = {
  kind: v.optional(choice(['bbctl', 'buildbot']), 'bbctl'),
  control: v.nullish(control, {}),
};

/** A Buildbot master: bbctl knows what it is called, and how to reach it. */
export const buildbotMaster = settings('a master', {
  name: v.nullish(anyName),
  ...every,
  version: v.nullish(
    v.pipe(anyName, v.regex(/^\d+\.\d+(\.\d+)?$/, 'should be a version of Buildbot, like "4.3" or 4.3.0')),
  ),
});

/** One that `bbctl master run` runs. */
export const ownMaster = settings('a master', {
  name: v.nullish(text(mostOfName)),
  ...every,
  listen: v.nullish(address),
  workerListen: v.nullish(address),
  roles: v.nullish(someOf(choice(roles)), [...roles]),
});
