import type { BuildEnd } from '../model/build.js';
import type { Database } from './connect.js';
import { newestId } from './rows.js';

type Raw = Record<string, unknown>;

/** Builds of these masters from this `builds.id` on: by the primary key, for few are newer. */
export function readBuildEnds(database: Database, masterIds: readonly number[], fromId: number): Promise<BuildEnd[]> {
  return database.read(async (tx) => {
    const rows = await tx
      .sql('builds')
      .leftJoin('builders', 'builders.id', 'builds.builderid')
      .where('builds.id', '>=', fromId)
      .whereIn('builds.masterid', [...masterIds])
      .orderBy('builds.id')
      .select<Raw[]>('builds.id', 'builders.name', 'builds.number', 'builds.masterid', 'builds.complete_at', 'builds.results'); // prettier-ignore
    return rows.map((row) => ({
      id: Number(row['id']),
      builder: typeof row['name'] === 'string' ? row['name'] : 'a builder that is gone',
      number: Number(row['number']),
      masterId: Number(row['masterid']),
      results: row['complete_at'] === null ? null : Number(row['results']),
    }));
  });
}

/** Builds that begin from now on have a greater one. */
export function readNewestBuild(database: Database): Promise<number> {
  return database.read((tx) => newestId(tx, 'builds'));
}
