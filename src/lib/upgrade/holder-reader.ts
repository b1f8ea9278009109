import type { Database } from '../db/connect.js';
import { readHolders } from '../db/holders.js';
import type { Holders } from '../model/handover.js';

/** Looks often, on a connection of its own, which is opened anew where it was lost. */
export class HolderReader {
  private readonly open: () => Promise<Database>;
  private database: Database | null = null;

  constructor(open: () => Promise<Database>) {
    this.open = open;
  }

  /** Throws a `Failure` where the database is away. */
  async read(): Promise<Holders> {
    try {
      this.database ??= await this.open();
      return await readHolders(this.database);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { database } = this;
    this.database = null;
    await database?.close();
  }
}
