import * as Flags from '@oclif/core/flags';
import { Failure } from './errors.js';
import { parseDuration } from './model/duration.js';

const everySeconds = 2;

/** `--watch[=SECONDS]`; its value is in seconds. */
export const watchFlag = Flags.custom<number>({
  description: `look again every ${everySeconds} seconds, or as many as said, until Ctrl-C`,
  helpValue: '[SECONDS]',
  helpGroup: 'WATCH',
  parse: (text) => Promise.resolve(parseSeconds(text)),
});

function parseSeconds(text: string): number {
  const seconds = parseDuration(text);
  // Beyond what a timer can wait for it would not wait at all.
  if (seconds >= 1 && seconds <= 86_400) return seconds;
  throw new Failure('usage', '--watch may not be less than 1s, nor more than 1d.', {
    try: `Leave its value out for ${everySeconds}s.`,
  });
}

/** oclif knows no flag that may go without its value: it would take the next word for it. */
export function withWatchSeconds(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((word, index) => (word === '--watch' && index < end ? `--watch=${everySeconds}` : word));
}
