import { availableParallelism } from 'node:os';

/** What takes long is begun first: begun last, it would have the machine for itself. */
const LONG = [
  'commands/grants',
  'real/mixed-cluster',
  'lib/runtime/whole-life',
  'real/upgrade',
  'real/upgrade-trouble',
  'real/chaos',
  'real/counting',
  'lib/db/grants',
  'commands/health-databases',
  'lib/runtime/sources/exactly-once',
  'lib/runtime/simulation',
  'lib/crash-mending',
  'lib/crash',
  'lib/crash-merging',
  'commands/health-repair',
  'lib/batches',
  'commands/output',
  'commands/names',
  'lib/concurrency',
  'lib/operations/forget-builders',
  'script/examples',
];

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
