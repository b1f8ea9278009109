import { verifyBasedir } from './control/basedir.js';
import { loadConfiguration } from './control/load-config.js';
import type { Database } from './db/connect.js';
import { readLastUses } from './db/last-uses.js';
import { snapshot } from './db/snapshot.js';
import { draftOf } from './model/draft.js';
import type { Draft, LoadedMaster } from './model/draft.js';

export interface DraftInput {
  readonly expireAfter: number;
  /** Base directory of a Buildbot master whose `master.cfg` is to be run; `null`: of none. */
  readonly loadFrom: string | null;
}

/** What is registered, or configured by the master in `loadFrom`, and what is left in the database. */
export async function readDraft(database: Database, { expireAfter, loadFrom }: DraftInput): Promise<Draft> {
  const loaded = loadFrom === null ? null : await load(loadFrom);
  return database.read(async (tx) => {
    const cluster = await snapshot(tx, database.location.label, { expireAfter });
    return draftOf(cluster, await readLastUses(tx, cluster), loaded);
  });
}

async function load(directory: string): Promise<LoadedMaster> {
  verifyBasedir(directory);
  return (await loadConfiguration(directory)).master;
}
