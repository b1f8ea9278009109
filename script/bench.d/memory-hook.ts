import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Loaded into the measured program: at SIGUSR2 it collects what nobody needs, and leaves what memory is left.
const file = process.env.BENCH_MEMORY_FILE;
if (file) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  process.on('SIGUSR2', () => {
    for (let i = 0; i < 5; i++) collect();
    const { rss, heapUsed } = process.memoryUsage();
    writeFileSync(`${file}.new`, JSON.stringify({ rss, heapUsed }));
    renameSync(`${file}.new`, file);
  });
}
