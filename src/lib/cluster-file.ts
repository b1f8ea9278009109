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

/** The same, and where in the file a thing is. */
export async function readPlacedConfig(file: string): Promise<{ config: ClusterConfig; lineOf: (path: Path) => number }> {
  const { value, lineOf } = await readValid(file, { isComplete: true });
  return { config: (await import('./cluster-file/config.js')).clusterConfigOf(file, value), lineOf };
} // prettier-ignore

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
