import { clusterRows, type Tables } from './cluster-rows.js';

/** The first builds and their requests become those of builder 1, the others those of builder 2. */
export const leftoverStatements = (own: number): string[] => [
  `UPDATE builds SET builderid = CASE WHEN id <= ${own} THEN 1 ELSE 2 END, number = id`,
  `UPDATE buildrequests SET builderid = CASE WHEN id <= ${own} THEN 1 ELSE 2 END`,
];

/** A cluster in which nobody configures builder 1. */
export function leftoverRows(now: number): Tables {
  const { builder_masters = [], configured_workers = [], ...cluster } = clusterRows(now);
  const kept = builder_masters.filter((row) => row['builderid'] !== 1);
  const ids = new Set(kept.map((row) => row['id']));
  const workers = configured_workers.filter((row) => ids.has(row['buildermasterid'] ?? null));
  return { ...cluster, builder_masters: kept, configured_workers: workers };
}
