import type { Bench } from './bench.js';
import { bbctl, emptyNode, medians, runMeasured } from './process.js';
import type { Command } from './process.js';
import { memory, ratio, type Result } from './report.js';
import { sqliteUrl } from './sqlite-databases.js';

const rounds = 25;

/** With all that this user's environment sets: some of it makes Node itself slower to start. */
function here(command: Command): Command {
  return { ...command, env: { ...process.env, ...command.env } };
}

export async function* startUp(bench: Bench): AsyncGenerator<Result> {
  const fixture = await bench.fixtureSqlite();
  const version = bbctl(bench.dir, ['--version']);
  const services = bbctl(bench.dir, ['services', '--json', '--db', sqliteUrl(fixture)]);
  const bare = [emptyNode, version, services];
  const [node = NaN, versionMs = NaN, servicesMs = NaN] = await medians(bare, rounds);
  const [nodeHere = NaN, servicesHere = NaN] = await medians([here(emptyNode), here(services)], rounds);
  yield ratio('bbctl --version / node -e 0', versionMs, node, { atMost: 1.3 });
  yield ratio('bbctl services --json, SQLite fixture / node -e 0', servicesMs, node, { atMost: 2.6 });
  yield ratio('the same two in the environment of the caller', servicesHere, nodeHere, { atMost: 2.6 });
  yield memory('bbctl --version', (await runMeasured(bench.dir, version)).peakMb);
  yield memory('bbctl services --json', (await runMeasured(bench.dir, services)).peakMb);
}
