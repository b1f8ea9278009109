/*
 * Lives of two to five masters on a virtual clock, with pauses, kills, lost answers and outages; script/simulate has as
 * many as one wants. What is found is mended, and its seed kept here.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { simulate } from '../../_helpers/simulation/simulation.js';
import type { SimulationOptions } from '../../_helpers/simulation/simulation.js';

const run = promisify(execFile);

async function goesWell(t: ExecutionContext, options: SimulationOptions): Promise<void> {
  const { blamed, lines, masterHours } = await simulate(options);
  t.deepEqual(blamed, [], `seed ${options.seed}:\n${lines.slice(-60).join('\n')}`);
  t.true(masterHours > options.hours, 'there was hardly a master');
}

for (const [seed, hours] of [[2, 1]] as const)
  test.serial(`seed ${seed}, ${hours} h: nothing goes wrong that never may`, (t) => goesWell(t, { seed, hours })); // prettier-ignore

test.serial('a seed that nobody has tried', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  t.log(`script/simulate --seed ${seed} --seeds 1 --each 0.4`);
  await goesWell(t, { seed, hours: 0.4 });
});

test.serial('the same seed tells the same story', async (t) => {
  const [one, other] = [await simulate({ seed: 7, hours: 0.2 }), await simulate({ seed: 7, hours: 0.2 })];
  t.true(one.lines.length > 50);
  t.deepEqual(one.lines, other.lines);
  t.notDeepEqual((await simulate({ seed: 8, hours: 0.2 })).lines, one.lines);
});

// Each with a seed that finds it soon.
for (const [breakage, seed, found] of [
  ['death is not noticed', '2', /seed \d+ failed: \w+ was declared dead, and rises again/],
  ['what others have claimed is built', '1', /seed \d+ failed: request \d+ is built twice at once/],
] as const)
  test.serial(`${breakage}: that is found`, async (t) => {
    const env = { ...process.env, BBCTL_BREAK: breakage };
    const args = ['--import', './build/test/_helpers/simulation/break.js', 'build/script/simulate.js', '--seed', seed, '--seeds', '3', '--each', '0.5']; // prettier-ignore
    const failed = await t.throwsAsync(run(process.execPath, args, { env }));
    t.regex(String((failed as { stdout?: string } | undefined)?.stdout), found);
  });
