import { markedProcesses } from '../../../src/lib/runtime/workers/marks.js';

/** Processes of builds that still live, in this folder. */
export function survivors(dir: string): string[] {
  return markedProcesses()
    .filter(({ mark }) => mark.includes(`:${dir}/`))
    .map(({ pid, mark }) => `process ${pid} of a build lives on (${mark})`);
}
