import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLeftOver, killOne, markedProcesses, sendSignal } from './marks.js';
import { isAlive, pidOf } from '../../process-identity.js';
import { readRecords, removeRecord, type GroupRecord } from './records.js';

/** Those that were killed may start others before they have ended. */
const mostLooks = 100;
const lookEveryMs = 50;
/** Of the work directory: a worker's folder, and a builder's in it. */
const depth = 2;

/**
 * Kills what masters that live no more have left running in this directory: process groups that they have recorded, and
 * every process with their mark in its environment. Never a process that has only come to have the same number. Resolves
 * when they are gone, with how many they were.
 */
export async function killLeftovers(workDir: string): Promise<number> {
  const folder = await realpath(workDir).catch(() => null);
  if (folder === null) return 0;
  const killed = new Set(await killRecorded(folder));
  for (let look = 0; look < mostLooks; look++) {
    const left = markedProcesses().filter(({ mark }) => isLeftOver(mark, folder));
    const recorded = [...killed].filter(isAlive);
    if (left.length === 0 && recorded.length === 0) break;
    for (const one of left) {
      killOne(one, 'SIGKILL');
      killed.add(one.identity);
    }
    await sleep(lookEveryMs);
  }
  return killed.size;
}

async function killRecorded(folder: string): Promise<string[]> {
  const killed: string[] = [];
  for (const below of [folder, ...(await foldersIn(folder, depth))]) {
    for (const record of readRecords(below).filter(({ master }) => !isAlive(master))) {
      if (isKilled(record)) killed.push(record.leader);
      removeRecord(below, record);
    }
  }
  return killed;
}

/** While its first process lives, the number of a group is nobody else's. */
function isKilled({ leader }: GroupRecord): boolean {
  return isAlive(leader) && sendSignal(-pidOf(leader), 'SIGKILL');
}

async function foldersIn(folder: string, levels: number): Promise<string[]> {
  if (levels === 0) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  const below = await Promise.all(folders.map((one) => foldersIn(one, levels - 1)));
  return [...folders, ...below.flat()];
}
