import { Bench } from './bench.js';
import { endMasters } from './master-process.js';
import { measures } from './measures.js';
import { formatResult, heading, isMissed, type Result } from './report.js';
import { forget, readSettings } from './settings.js';

const settings = readSettings(process.argv.slice(2), process.env);
const bench = new Bench(settings, (text) => process.stderr.write(`# ${text}\n`));

async function measure(): Promise<Result[]> {
  const results: Result[] = [];
  console.log(heading());
  for (const one of measures.filter(({ name }) => settings.only.test(name))) {
    for await (const result of one.run(bench)) {
      results.push(result);
      console.log(formatResult(result));
    }
  }
  return results;
}

async function cleanUp(): Promise<void> {
  await endMasters();
  await bench.close();
  forget(settings);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
}

try {
  const results = await measure();
  const missed = results.filter(isMissed).length;
  console.log(missed === 0 ? 'All targets met.' : `${missed} of ${results.length} missed.`);
  if (missed > 0 && settings.strict) process.exitCode = 1;
} finally {
  await cleanUp();
}
