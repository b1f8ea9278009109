import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChaos, type ChaosOptions } from '../../test/_helpers/chaos/chaos.js';
import { longPace } from '../../test/_helpers/chaos/mischief.js';
import { ownDatabase } from '../../test/_helpers/chaos/own-server.js';
import { formatReport } from '../../test/_helpers/chaos/report.js';
import { runCounting } from '../../test/_helpers/counting/counting.js';
import { formatCounting } from '../../test/_helpers/counting/counting-report.js';
import type { EngineName } from '../../test/_helpers/database.js';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'sqlite' },
    minutes: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    masters: { type: 'string', default: '3' },
    counting: { type: 'boolean', default: false },
    clients: { type: 'string', default: '4' },
  },
});

const ends: (() => Promise<void> | void)[] = [];
const scope = { teardown: (end: () => Promise<void> | void): void => void ends.unshift(end) };

async function cleanUp(): Promise<void> {
  for (const end of ends.splice(0)) await Promise.resolve(end()).catch(() => {});
}

type Report = readonly [{ readonly problems: readonly string[] }, string];

async function chaos(options: ChaosOptions): Promise<Report> {
  const report = await runChaos(scope, options);
  return [report, formatReport(report)];
}

async function counting(options: ChaosOptions): Promise<Report> {
  const report = await runCounting(scope, { ...options, clients: Number(values.clients) });
  return [report, formatCounting(report)];
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
}

const dir = process.env['CHAOS_DIR'] ?? mkdtempSync(join(tmpdir(), `bbctl-chaos-${values.engine}-${values.seed}-`));
console.log(`${values.engine}, seed ${values.seed}, ${values.minutes} minutes; logs in ${dir}`);
try {
  const database = await ownDatabase(scope, values.engine as EngineName);
  const seconds = Number(values.minutes) * 60;
  const options = {
    database,
    seconds,
    seed: Number(values.seed),
    masters: Number(values.masters),
    pace: longPace,
    dir,
  };
  const [report, text] = await (values.counting ? counting(options) : chaos(options));
  writeFileSync(join(dir, 'report.json'), JSON.stringify(report, undefined, 2));
  console.log(text);
  process.exitCode = report.problems.length === 0 ? 0 : 1;
} finally {
  await cleanUp();
}
