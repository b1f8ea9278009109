import { retry } from '../model/results.js';
import { updatesOf } from '../model/rows.js';
import type { Row, RowSet } from '../model/rows.js';
import type { Transaction } from './connect.js';
import { lockMaster } from './masters.js';
import type { SeenMaster } from './masters.js';
import { chunks } from './chunks.js';
import { lockRows, readRows } from './rows.js';

/** Ends builds that nobody runs any more, with their open steps and logs, as RETRY: what a survivor does for them. */
export async function finishBuilds(tx: Transaction, master: SeenMaster, ids: readonly number[]): Promise<RowSet[]> {
  await lockMaster(tx, master);
  const open = (row: Row): boolean => row['complete_at'] === null;
  const builds = (await lockRows(tx, 'builds', 'id', ids, ['id', 'masterid', 'complete_at', 'results'])).filter(
    (row) => open(row) && row['masterid'] === master.id,
  );
  const steps = await readRows(tx, 'steps', 'buildid', idsOf(builds), ['id', 'complete_at', 'results']);
  const logs = await readOpenLogs(tx, idsOf(steps));
  const ended = { complete_at: Math.floor(await tx.dialect.now(tx.sql)), results: retry };
  return [
    ...updatesOf('logs', logs, ['complete'], { complete: 1 }),
    ...updatesOf('steps', steps.filter(open), ['complete_at', 'results'], ended),
    ...updatesOf('builds', builds, ['complete_at', 'results'], ended),
  ]; // prettier-ignore
}

/** Most steps have none that is open. */
async function readOpenLogs(tx: Transaction, stepIds: readonly number[]): Promise<Row[]> {
  const logs: Row[][] = [];
  for (const some of chunks(stepIds)) {
    logs.push(await tx.sql<Row>('logs').whereIn('stepid', some).where({ complete: 0 }).select<Row[]>('id', 'complete'));
  }
  return logs.flat();
}

function idsOf(rows: readonly Row[]): number[] {
  return rows.map((row) => Number(row['id']));
}
