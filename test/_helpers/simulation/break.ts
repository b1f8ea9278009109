/* Loads the core with one breakage in it: `node --import …/break.js` with BBCTL_BREAK set to its name. */
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { breakages } from './breakages.js';

type Load = (url: string, context: object) => Promise<{ format: string; source?: unknown }>;

const breakage = breakages[process.env['BBCTL_BREAK'] ?? ''];
if (!breakage) throw new Error(`BBCTL_BREAK is none of: ${Object.keys(breakages).join(', ')}`);
if (isMainThread) register(import.meta.url);

/** Called by Node, in a thread of its own. */
export async function load(url: string, context: object, next: Load): Promise<object> {
  if (!breakage || !url.endsWith(`/build/${breakage.file}`)) return next(url, context);
  const whole = readFileSync(new URL(url), 'utf8');
  if (!whole.includes(breakage.text)) throw new Error(`${breakage.file} has no "${breakage.text}" any more`);
  return { format: 'module', source: whole.replace(breakage.text, breakage.instead), shortCircuit: true };
}
