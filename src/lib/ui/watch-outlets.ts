import { printableJson } from '../model/names.js';
import { watchHeader } from './frame.js';
import { Screen } from './screen.js';

/** What a look printed, and what it returned. */
export interface Look {
  readonly text: string;
  readonly value: unknown;
}

/** Where the looks of `--watch` go. */
export interface Outlet {
  show(look: Look): void;
  /** A look that failed; it is tried again. */
  fail(message: Look): void;
  end(): void;
}

export interface OutletOptions {
  readonly json: boolean;
  readonly seconds: number;
  /** Of the database, known after the first look. */
  readonly label: () => string;
}

export function outletFor(options: OutletOptions): Outlet {
  if (options.json) return jsonLines;
  // One that cannot move its cursor is no screen.
  const isScreen = process.stdout.isTTY && process.env['TERM'] !== 'dumb';
  return isScreen ? screenOutlet(options) : streamOutlet();
}

/** One document on each line, one line for each look. */
const jsonLines: Outlet = {
  show: ({ value }) => void process.stdout.write(`${printableJson(JSON.stringify(value))}\n`),
  fail: ({ value }) => void process.stdout.write(`${printableJson(JSON.stringify(value))}\n`),
  end: () => {},
};

/** Each look that differs from the one before, with an empty line between; what fails goes to stderr, once. */
function streamOutlet(): Outlet {
  let [shown, failed]: (string | undefined)[] = [];
  return {
    show({ text }) {
      if (text !== shown) process.stdout.write(`${shown === undefined ? '' : '\n'}${text}\n`);
      [shown, failed] = [text, undefined];
    },
    fail({ text }) {
      if (text !== failed) process.stderr.write(`${text}\n`);
      failed = text;
    },
    end: () => {},
  };
}

function screenOutlet({ seconds, label }: OutletOptions): Outlet {
  const screen = new Screen();
  let seenAt = new Date();
  const show = (text: string): void =>
    screen.show(`${watchHeader(label(), seconds, new Date(), screen.size.columns)}\n\n${text}`);
  return {
    show({ text }) {
      seenAt = new Date();
      show(text);
    },
    fail: ({ text }) => show(`${text}\n\nIt was seen last at ${seenAt.toISOString().slice(11, 19)} UTC. Trying again.`),
    end: screen.close,
  };
}
