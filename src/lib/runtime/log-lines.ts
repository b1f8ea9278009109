import { printable } from '../model/names.js';
import type { Fields, Log } from './log.js';

export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

type Level = keyof Log;

/** One line for each thing that is told, whatever text from the database is in it. */
export function logLines(format: LogFormat, write: (line: string) => void, now = (): Date => new Date()): Log {
  const line = format === 'json' ? jsonLine : textLine;
  const say =
    (level: Level) =>
    (message: string, fields: Fields = {}): void =>
      write(line(now(), level, message, fields));
  return { info: say('info'), warn: say('warn'), error: say('error') };
}

function jsonLine(at: Date, level: Level, message: string, fields: Fields): string {
  return JSON.stringify({ time: at.toISOString(), level, message, ...fields });
}

function textLine(at: Date, level: Level, message: string, fields: Fields): string {
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${quoted(String(value))}`);
  return [at.toISOString(), level.padEnd(5), printable(message), ...pairs].join(' ');
}

/** Values with spaces are told apart from what follows them. */
function quoted(value: string): string {
  const text = printable(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
