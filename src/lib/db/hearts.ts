import type { Database } from './connect.js';

export interface Heart {
  /** `masters.id` */
  readonly id: number;
  readonly name: string;
  readonly active: boolean;
  /** Seconds since its last beat, by the database's clock. */
  readonly age: number;
}

export function readHearts(database: Database): Promise<Heart[]> {
  return database.read(async (tx) => {
    const now = await tx.dialect.now(tx.sql);
    const rows = await tx.sql('masters').select<{ id: number; name: string; active: number; last_active: number }[]>('id', 'name', 'active', 'last_active'); // prettier-ignore
    return rows.map(({ id, name, active, last_active }) => ({
      id,
      name,
      active: active !== 0,
      age: now - last_active,
    }));
  });
}
