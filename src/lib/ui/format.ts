import type { Orphaned } from '../model/inventory.js';
import { formatDuration } from '../model/duration.js';
import { printable } from '../model/names.js';

/** `2h 3m ago`; a clock that is ahead is said so. */
export function ago(seconds: number | null): string {
  if (seconds === null) return 'never';
  return seconds < -1 ? `${formatDuration(-seconds)} ahead` : `${formatDuration(seconds)} ago`;
}

/** `2026-11-21 17:42:10 UTC` */
export function timestamp(epochSeconds: number): string {
  return `${new Date(epochSeconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Any value of a row, for people. */
export function text(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(text).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

/** Whether a thing that no master configures is left over. */
export function orphanhood(how: Orphaned): string {
  return how === 'missing' ? 'missing: its master is away' : how;
}
