import { readFileSync, writeFileSync } from 'node:fs';

// Loaded into the measured program; leaves its peak resident memory in kilobytes.
const file = process.env.BENCH_PEAK_FILE;
if (file) process.on('exit', () => writeFileSync(file, String(peakKb())));

/** getrusage's maximum would count what the parent had at the fork; the high-water mark starts anew with the program. */
function peakKb(): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
