import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Loaded into the measured program, which collects what nobody needs. At SIGUSR2 it leaves how much memory it has then; at
// SIGWINCH all of its heap, after which it has much more.
const file = process.env.BENCH_MEMORY_FILE;
if (file) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const leave = (write: (to: string) => void): void => {
    for (let i = 0; i < 5; i++) collect();
    write(`${file}.new`);
    renameSync(`${file}.new`, file);
  };
  process.on('SIGUSR2', () =>
    leave((to) => {
      const { rss, heapUsed } = process.memoryUsage();
      writeFileSync(to, JSON.stringify({ rss, heapUsed }));
    }),
  );
  process.on('SIGWINCH', () => leave((to) => void writeHeapSnapshot(to)));
}
