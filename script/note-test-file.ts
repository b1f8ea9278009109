import { appendFileSync, readFileSync } from 'node:fs';
import test from 'ava';
import type { Note } from './test-files.js';

/** Loaded by AVA before each test file: notes in BBCTL_TEST_NOTES when it begins and ends, for run-tests.ts. */
export default function noteTestFile(): void {
  const notes = process.env.BBCTL_TEST_NOTES;
  if (notes === undefined) return;
  const note = (more: Pick<Note, 'what' | 'left'>) =>
    appendFileSync(notes, `${JSON.stringify({ file: test.meta.file, pid: process.pid, at: Date.now(), ...more })}\n`);
  note({ what: 'began' });
  process.once('exit', () => note({ what: 'ended', left: children() }));
}

/** Those that still run, where the system tells. */
function children(): number[] {
  try {
    return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
