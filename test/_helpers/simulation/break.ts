/* Loads the core with one breakage in it: `node --import …/break.js` with BBCTL_BREAK set to its name. */
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { breakages } from './breakages.js';

type Load = (url: string, context: object) => Promise<{ format: string; source?: unknown }>;

const found = breakages[process.env['BBCTL_BREAK'] ?? ''];
if (!found) throw new Error(`BBCTL_BREAK is none of: ${Object.keys(breakages).join(', ')}`);
const parts = [found].flat();
if (isMainThread) register(import.meta.url);

/** Called by Node, in a thread of its own. */
export async function load(url: string, context: object, next: Load): Promise<object> {
  const breakage = parts.find(({ file }) => url.endsWith(`/build/${file}`));
  if (!breakage) return next(url, context);
  const whole = readFileSync(new URL(url), 'utf8');
  if (!whole.includes(breakage.text)) throw new Error(`${breakage.file} has no "${breakage.text}" any more`);
  return { format: 'module', source: whole.replace(breakage.text, breakage.instead), shortCircuit: true };
}
