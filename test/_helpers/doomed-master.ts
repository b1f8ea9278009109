// `doomed-master.js FOLDER SCRIPT`: runs the script as a build does, and lives until it is killed.
import { runProcess } from '../../src/lib/runtime/workers/run-process.js';

const [folder = '', script = ''] = process.argv.slice(2);
await runProcess(
  { argv: ['/bin/sh', '-c', script], cwd: folder, folder, env: { PATH: process.env['PATH'] ?? '' }, timeoutMs: null, maxTimeMs: null }, // prettier-ignore
  {
    onOutput: (_stream, data) => Promise.resolve(void process.stdout.write(data)),
    onStop: () => Promise.resolve(),
    signal: new AbortController().signal,
  },
);
