import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeDirectory } from './journal.js';
import type { Sighting } from './model/repair.js';
import { replaceFile } from './output-file.js';

/** What `health --repair` keeps between two runs, beside the journal: one small file for each database. */
export function sightingsFile(journalDirectory: string, label: string): string {
  const name = createHash('sha256').update(label).digest('hex').slice(0, 16);
  return path.join(journalDirectory, `starting-${name}.json`);
}

/** A file that is missing, or is not what was written, tells nothing: then looking begins anew. */
export function readSightings(file: string): Sighting[] {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(content) && content.every(isSighting) ? content : [];
  } catch {
    return [];
  }
}

function isSighting(value: unknown): value is Sighting {
  const { at, master } = (value ?? {}) as Partial<Sighting>;
  return typeof at === 'number' && typeof master?.id === 'number';
}

/** Throws a `Failure` where it cannot be written. */
export function keepSightings(file: string, sightings: readonly Sighting[]): void {
  if (sightings.length === 0) return rmSync(file, { force: true });
  makeDirectory(path.dirname(file));
  replaceFile(file, JSON.stringify(sightings));
}
