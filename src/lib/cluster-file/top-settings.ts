import * as v from 'valibot';
import { duration, flag, isMapping, settings, text } from './values.js';

const named = v.nullish(v.custom<Readonly<Record<string, unknown>>>(isMapping, 'should map names to settings'), {});

export const top = settings('a cluster', {
  database: v.nullish(text()),
  expireAfter: v.nullish(
    duration({
      least: 5,
      most: 600,
      reason:
        'the database keeps whole seconds, so that less cannot be told from a beat that is a little late; after 10m Buildbot masters expire it anyway',
    }),
    '45s',
  ),
  tokenFile: v.nullish(text()),
  complete: v.nullish(flag, false),
  masters: named,
  workers: named,
  builders: named,
  schedulers: named,
  changeSources: named,
});

const slots = 'should be a whole number from 1 to 1000';

export const worker = settings('a worker', {
  local: v.nullish(flag, false),
  slots: v.nullish(v.pipe(v.number(slots), v.integer(slots), v.minValue(1, slots), v.maxValue(1000, slots)), 1),
  passwordFile: v.nullish(text()),
});
