/* Lives of masters on a virtual clock, seed after seed; see script/simulate. */
import { parseArgs } from 'node:util';
import { simulate } from '../test/_helpers/simulation/simulation.js';
import type { Story } from '../test/_helpers/simulation/simulation.js';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '100' },
    seed: { type: 'string' },
    seeds: { type: 'string', default: 'Infinity' },
    masters: { type: 'string' },
    each: { type: 'string', default: '4' },
    verbose: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
  },
});
const first = Number(values.seed ?? Math.floor(Math.random() * 1e6));
const options = { hours: Number(values.each), ...(values.masters ? { masters: Number(values.masters) } : {}) };
/** The lines before a failure that are worth reading. */
const tail = 60;

function report({ seed, blamed, lines }: Story): void {
  console.log(`\nseed ${seed} failed: ${blamed.join('; ')}`);
  console.log(lines.slice(-tail).join('\n'));
  process.exitCode = 1;
}

let masterHours = 0;
let failed = 0;
const totals = new Map<string, number>();
const begun = process.cpuUsage();
for (let seed = first; masterHours < Number(values.hours) && seed < first + Number(values.seeds); seed++) {
  const story = await simulate({ seed, ...options });
  masterHours += story.masterHours;
  for (const [what, times] of Object.entries(story.counts)) totals.set(what, (totals.get(what) ?? 0) + times);
  if (values.verbose) console.log(story.lines.join('\n'));
  const { user, system } = process.cpuUsage(begun);
  const perMinute = masterHours / ((user + system) / 60e6);
  console.log(`seed ${seed}: ${masterHours.toFixed(0)} master-hours, ${perMinute.toFixed(0)} a minute of one core`);
  if (story.blamed.length === 0) continue;
  failed++;
  report(story);
  if (!values['keep-going']) break;
}
for (const [what, times] of [...totals].sort(([, a], [, b]) => b - a))
  if (values.verbose) console.log(`${times} × ${what}`);
console.log(failed === 0 ? 'All went well.' : `${failed} failed.`);
