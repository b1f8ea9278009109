import { availableParallelism } from 'node:os';

/** What takes long is begun first: begun last, it would have the machine for itself. */
const LONG = [];

const rank = (file) => {
  const found = LONG.findIndex((name) => file.endsWith(`/build/test/${name}.test.js`));
  return found === -1 ? LONG.length : found;
};

export default {
  files: ['build/test/**/*.test.js'],
  require: ['./build/script/note-test-file.js'],
  workerThreads: false,
  timeout: '120s',
  // Many of the tests wait for another process.
  concurrency: availableParallelism() + 1,
  sortTestFiles: (one, other) => rank(one) - rank(other) || one.localeCompare(other),
};
