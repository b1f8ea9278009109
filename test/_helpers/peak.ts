/** Loaded into a program with --import; the peak of its memory is in TEST_PEAK_FILE when it ends, in KiB. */
export const peakReporter = `data:text/javascript,${encodeURIComponent(
  `import { readFileSync, writeFileSync } from 'node:fs';
   process.on('exit', () => writeFileSync(process.env.TEST_PEAK_FILE, /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]));`,
)}`;
