import { printableJson } from '../model/names.js';

/** One document on one line. */
export function writeJsonLine(value: unknown): void {
  process.stdout.write(`${printableJson(JSON.stringify(value))}\n`);
}
