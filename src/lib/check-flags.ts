import * as Flags from '@oclif/core/flags';

const several = { multiple: true, multipleNonGreedy: true, helpGroup: 'CHECKS' } as const;

/** Which checks, for `doctor` and `health`. */
export const checkFlags = {
  only: Flags.string({ description: 'only this check; may be repeated', helpValue: 'CHECK', ...several }),
  skip: Flags.string({ description: 'not this check; may be repeated', helpValue: 'CHECK', ...several }),
  warning: Flags.string({ description: 'threshold of a check, or off', helpValue: 'CHECK=VALUE', ...several }),
  critical: Flags.string({ description: 'threshold of a check, or off', helpValue: 'CHECK=VALUE', ...several }),
};
