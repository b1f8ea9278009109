import { notRight } from './cluster-file/problem.js';
import type { Path, Problem } from './cluster-file/problem.js';
import { readText } from './cluster-file/read-text.js';
import type { ClusterConfig } from './model/cluster-config.js';
import type { Inventory } from './model/inventory.js';

/** A `cluster.yaml`: what the cluster is meant to have, and the database that it uses, if it names one. */
export interface ClusterFile {
  readonly inventory: Inventory;
  readonly database: string | null;
}

/** What is there must be right. Throws a `Failure` that names every place that is wrong, by its path and line. */
export async function readClusterFile(file: string): Promise<ClusterFile> {
  const { value } = await readValid(file, { isComplete: false });
  return (await import('./cluster-file/inventory.js')).clusterFileOf(file, value);
}

/** All that masters of bbctl's own need must be there, too. Throws as `readClusterFile` does. */
export async function readClusterConfig(file: string): Promise<ClusterConfig> {
  return (await readPlacedConfig(file)).config;
}

/** What masters of bbctl's own make of one reading of a file. */
export interface PlacedConfig {
  readonly config: ClusterConfig;
  readonly inventory: Inventory;
  /** Where in the file a thing is. */
  readonly lineOf: (path: Path) => number;
}

/** The same, with the inventory, and the places of things. */
export async function readPlacedConfig(file: string): Promise<PlacedConfig> {
  const { value, lineOf } = await readValid(file, { isComplete: true });
  const [{ clusterConfigOf }, { clusterFileOf }] = await Promise.all([
    import('./cluster-file/config.js'),
    import('./cluster-file/inventory.js'),
  ]);
  return { config: clusterConfigOf(file, value), inventory: clusterFileOf(file, value).inventory, lineOf };
}

async function readValid(file: string, { isComplete }: { isComplete: boolean }) {
  const text = readText(file);
  const { parseText } = await import('./cluster-file/parse-text.js');
  const parsed = parseText(text);
  if (parsed.problems.length > 0) throw notRight(file, parsed.problems, parsed.lineOf);
  const problems = await problemsOf(file, parsed.value, isComplete);
  if (problems.length > 0) throw notRight(file, problems, parsed.lineOf);
  return parsed;
}

async function problemsOf(file: string, raw: unknown, isComplete: boolean): Promise<Problem[]> {
  const [{ validate }, { cronProblems }] = await Promise.all([
    import('./cluster-file/validate.js'),
    import('./cluster-file/cron.js'),
  ]);
  const problems = [...validate(raw), ...(await cronProblems(raw))];
  if (!isComplete) return problems.filter(({ isMissing }) => !isMissing);
  return [...problems, ...(await import('./cluster-file/references.js')).references(file, raw)];
}
