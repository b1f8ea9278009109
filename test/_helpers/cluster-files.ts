import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import type { ClusterConfig } from '../../src/lib/model/cluster-config.js';
import { readClusterConfig } from '../../src/lib/cluster-file.js';

/** A `cluster.yaml` in a folder of its own. */
export function clusterFile(t: ExecutionContext, content: string | Uint8Array): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'bbctl-cluster-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'cluster.yaml');
  writeFileSync(file, content);
  return file;
}

export async function configOf(t: ExecutionContext, content: string): Promise<ClusterConfig> {
  return readClusterConfig(clusterFile(t, content));
}

/** `path, line N: message` for everything that is wrong; none where it is right. */
export async function wrongIn(read: (file: string) => Promise<unknown>, file: string): Promise<string[]> {
  const error = await read(file).then(
    () => null,
    (thrown: unknown) => thrown as Error,
  );
  if (error === null) return [];
  if (error.name !== 'Failure') throw error;
  return error.message.split('\n').slice(1).map((line) => line.trim()); // prettier-ignore
}
