import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Failure } from './errors.js';

/** Who reads it meanwhile sees the old one whole or the new one whole. */
export function replaceFile(file: string, text: string): void {
  const unfinished = `${file}.${process.pid}.new`;
  try {
    writeSynced(unfinished, text);
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw new Failure('unreachable', `${file} cannot be written: ${(error as Error).message}.`, { cause: error });
  }
}

function writeSynced(file: string, text: string): void {
  const descriptor = openSync(file, 'w', 0o644);
  try {
    // Goes on after a short write, as a disk that fills up makes them.
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
