import { execute } from '@oclif/core/execute';

/** Where `bin/run.js` starts; `dir` is its URL, from which oclif finds the package. */
export async function main(dir: string): Promise<void> {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  await execute({ dir });
}
