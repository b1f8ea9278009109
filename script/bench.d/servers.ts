import type { Bench } from './bench.js';
import { ensureFolder, onCopy } from './mariadb.js';
import type { Result } from './report.js';

/** A database on a server that nothing else uses meanwhile. */
export interface Place {
  readonly engine: 'PostgreSQL' | 'MariaDB';
  readonly url: string;
}

/** On PostgreSQL and on MariaDB (InnoDB), one after the other, with a database that has no tables yet. */
export async function* onServers(
  bench: Bench,
  name: string,
  measure: (place: Place) => AsyncIterable<Result>,
): AsyncGenerator<Result> {
  const server = await bench.postgres();
  await server.drop(name);
  await server.run('postgres', `CREATE DATABASE ${name}`);
  yield* measure({ engine: 'PostgreSQL', url: server.url(name) });
  await server.drop(name);
  const folder = await ensureFolder(bench.dir, 'mariadb_empty', () => Promise.resolve());
  yield* await onCopy(folder, async ({ url }) => {
    const results: Result[] = [];
    for await (const result of measure({ engine: 'MariaDB', url })) results.push(result);
    return results;
  });
}
