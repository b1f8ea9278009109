// `write-much.js MEGABYTES`: a real process prints so much, and it goes through a log into a sink that keeps nothing.
import { setImmediate } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { LogWriter } from '../../src/lib/runtime/logs/log-writer.js';
import { runProcess } from '../../src/lib/runtime/workers/run-process.js';

const bytes = Number(process.argv[2]) * 1_000_000;
let lines = 0;
const log = new LogWriter({
  append: async (chunk) => {
    await setImmediate();
    lines += chunk.lastLine - chunk.firstLine + 1;
  },
  finish: () => Promise.resolve(),
});
const line = 'gcc -O2 -Wall -c src/some/where/in/the/tree/file.c -o build/file.o';
await runProcess(
  { argv: ['/bin/sh', '-c', `yes '${line}' | head -c ${bytes}`], cwd: tmpdir(), folder: tmpdir(), env: { PATH: process.env['PATH'] ?? '' }, timeoutMs: null, maxTimeMs: null }, // prettier-ignore
  { onOutput: (stream, data) => log.write(stream, data), onStop: () => Promise.resolve(), signal: new AbortController().signal }, // prettier-ignore
);
await log.close();
process.stdout.write(String(lines));
