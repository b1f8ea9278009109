import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Failure } from './errors.js';

/** Who reads it meanwhile sees the old one whole or the new one whole. */
export function replaceFile(file: string, text: string): void {
  place(file, text, (unfinished) => renameSync(unfinished, file));
}

/** The same, but for a file that is there already: that is refused. */
export function createFile(file: string, text: string): void {
  place(file, text, (unfinished) => {
    linkSync(unfinished, file);
    rmSync(unfinished);
  });
}

function place(file: string, text: string, finish: (unfinished: string) => void): void {
  const unfinished = `${file}.${process.pid}.new`;
  try {
    writeSynced(unfinished, text);
    finish(unfinished);
  } catch (error) {
    rmSync(unfinished, { force: true });
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw isThere(file, error);
    throw new Failure('unreachable', `${file} cannot be written: ${(error as Error).message}.`, { cause: error });
  }
}

function isThere(file: string, cause: unknown): Failure {
  return new Failure('refused', `${file} is there already, and was left as it is.`, {
    try: 'Name another file, or use --force to write over it.',
    cause,
  });
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
