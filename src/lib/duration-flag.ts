import * as Flags from '@oclif/core/flags';
import type { Interfaces } from '@oclif/core';
import { parseDuration } from './model/duration.js';

const duration = Flags.custom<number>({ parse: (text) => Promise.resolve(parseDuration(text)) });

/** A flag like `--timeout 30s`; its value is in seconds. */
export function durationFlag(
  description: string,
  seconds: number,
  shown: string,
  helpGroup?: string,
): Interfaces.OptionFlag<number> {
  const help = {
    description,
    helpValue: 'DURATION',
    defaultHelp: () => Promise.resolve(shown),
    ...(helpGroup ? { helpGroup } : {}),
  };
  return duration({ ...help, default: seconds } as never);
}
