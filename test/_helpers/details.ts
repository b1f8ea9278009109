import type { ExecutionContext } from 'ava';
import { readDetails } from '../../src/lib/db/details.js';
import { snapshot } from '../../src/lib/db/snapshot.js';
import { findAll } from '../../src/lib/model/checks/catalogue.js';
import type { Subject } from '../../src/lib/model/checks/check.js';
import type { Details } from '../../src/lib/model/details.js';
import type { Finding } from '../../src/lib/model/finding.js';
import type { TestDatabase } from './database.js';
import { gateOn } from './gate.js';

interface Look {
  readonly thorough?: boolean;
}

/** What the checks look at, as `doctor` (thorough) or `health` reads it. */
export async function subjectOf(t: ExecutionContext, db: TestDatabase, look: Look = {}): Promise<Subject> {
  const thorough = look.thorough ?? false;
  const { reading } = await gateOn(t, db);
  return reading.read(async (tx) => {
    const cluster = await snapshot(tx, 'a label', { deep: thorough });
    return { cluster, details: await readDetails(tx, cluster, { thorough }) };
  });
}

export async function detailsOf(t: ExecutionContext, db: TestDatabase, look: Look = {}): Promise<Details> {
  const { details } = await subjectOf(t, db, look);
  if (details === null) throw new Error('no details were read');
  return details;
}

/** What one check finds there. */
export async function findingsOf(t: ExecutionContext, db: TestDatabase, id: string, look: Look = {}): Promise<Finding[]> {
  return findAll(await subjectOf(t, db, look)).filter((finding) => finding.id === id);
} // prettier-ignore

/** The first column of the first row. */
export async function valueOf(db: TestDatabase, sql: string, bindings: readonly (string | number)[] = []): Promise<number> {
  const [row] = await db.query(sql, [...bindings]);
  return Number(Object.values(row ?? {})[0]);
} // prettier-ignore
