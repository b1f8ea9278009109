import type { Row } from '../model/rows.js';
import type { Database } from './connect.js';
import { readRows } from './rows.js';

/** What belongs to a builder and not to its builds. */
export interface BuilderRows {
  readonly revision: string;
  readonly builder: Row;
  /** Tags, each with the id of its tie to the builder as `tieid`. */
  readonly tags: readonly Row[];
  readonly project: string | null;
}

export function readArchivedBuilder(database: Database, id: number): Promise<BuilderRows> {
  return database.read(async (tx) => {
    const [builder = {}] = await readRows(tx, 'builders', 'id', [id]);
    const tags = await tx
      .sql('builders_tags as b')
      .join('tags as t', 't.id', 'b.tagid')
      .where('b.builderid', id)
      .orderBy('b.id')
      .select<Row[]>('t.*', { tieid: 'b.id' });
    const [project] = builder['projectid'] ? await readRows(tx, 'projects', 'id', [Number(builder['projectid'])]) : [];
    return {
      revision: tx.schema.revision,
      builder,
      tags,
      project: project ? String(project['name']) : null,
    };
  });
}

/** As far as history needs them: by their names. */
export function readNamed(database: Database, table: 'masters' | 'workers', ids: ReadonlySet<number>): Promise<Row[]> {
  const columns = table === 'masters' ? ['id', 'name', 'name_hash', 'active', 'last_active'] : ['id', 'name'];
  return database.read((tx) => readRows(tx, table, 'id', [...ids], columns));
}
