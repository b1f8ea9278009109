/* A process that adds jobs that do nothing to a queue, or does them: `QUEUE add|work URL COUNT`. */
import { Logger, run, runMigrations } from 'graphile-worker';
import PgBoss from 'pg-boss';
import { withBare } from './bare.js';
import { ready, Tally } from './crew-member.js';

const [queue = '', mode = '', url = '', number = ''] = process.argv.slice(2);
const tally = new Tally();
const silent = (): Logger => new Logger(() => () => {});

const members = {
  'graphile-worker': { add: addToGraphile, work: workForGraphile },
  'pg-boss': { add: addToBoss, work: workForBoss },
};
await members[queue as keyof typeof members][mode as 'add' | 'work'](Number(number));

async function addToGraphile(count: number): Promise<void> {
  await runMigrations({ connectionString: url, logger: silent() });
  await ready();
  const spec = `json_populate_record(NULL::graphile_worker.job_spec, '{"identifier": "noop", "payload": {}}')`;
  await withBare(url, (bare) => bare.query(`SELECT graphile_worker.add_jobs(ARRAY(SELECT ${spec} FROM generate_series(1, ${count})))`)); // prettier-ignore
  tally.add(1);
}

async function workForGraphile(concurrency: number): Promise<void> {
  await ready();
  const settings = { connectionString: url, concurrency, maxPoolSize: concurrency, noHandleSignals: true, logger: silent() };
  const runner = await run({ ...settings, taskList: { noop: () => tally.begin() } });
  runner.events.on('job:complete', () => tally.add(1));
} // prettier-ignore

async function startBoss(max: number): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: url, max, supervise: false, schedule: false });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  return boss;
}

async function addToBoss(count: number): Promise<void> {
  const boss = await startBoss(1);
  await boss.createQueue('noop');
  await ready();
  await boss.insert(Array.from({ length: count }, () => ({ name: 'noop' })));
  tally.add(1);
}

/** Its own workers ask twice a second; this asks for the next job as soon as one is done. */
async function workForBoss(concurrency: number): Promise<void> {
  const boss = await startBoss(concurrency);
  await ready();
  const lane = async (): Promise<void> => {
    for (;;) {
      const [job] = await boss.fetch('noop');
      if (!job) return;
      tally.begin();
      await boss.complete('noop', job.id);
      tally.add(1);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}
