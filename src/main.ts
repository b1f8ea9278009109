import { execute } from '@oclif/core/execute';

/** Where `bin/run.js` starts; `dir` is the folder of the package. */
export async function main(dir: string): Promise<void> {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  try {
    await execute({ dir });
  } finally {
    endSoon();
  }
}

/** A driver may keep a connection that it has given up: it must not keep the program. */
function endSoon(): void {
  const isWritten = (): boolean => process.stdout.writableLength === 0 && process.stderr.writableLength === 0;
  setInterval(() => (isWritten() ? process.exit() : undefined), 200).unref();
}
